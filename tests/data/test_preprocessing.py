"""From pictures to input: size, padding, polarity, colours, numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.preprocessing import normalize, preprocess
from striate.errors import DataError
from striate.tables import Preprocessing, load_table

LENET = load_table("lenet5")
PHOTO = load_table("minivggnet")


def pictures(*shape, seed=0):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def test_28x28_digits_stand_unchanged_in_32x32():
    images = pictures(3, 1, 28, 28)
    fitted = preprocess(images, LENET)
    assert fitted.shape == (3, 1, 32, 32)
    assert torch.equal(fitted[:, :, 2:30, 2:30], images)
    assert fitted.sum() == images.sum()


def test_background_is_minus_0_1_and_ink_1_175():
    scaled = normalize(torch.tensor([0, 255], dtype=torch.uint8).view(1, 1, 1, 2), LENET.preprocessing)
    assert scaled.flatten().tolist() == pytest.approx([-0.1, 1.175])


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (500, 3), (28, 32), (1000, 999), (1, 1_000_000)])
def test_any_size_fits(size):
    for table in (LENET, PHOTO):
        assert preprocess(pictures(2, table.input[0], *size), table).shape == (2, *table.input)


def test_pad_keeps_the_whole_picture_and_crop_its_middle():
    wide = torch.zeros(1, 1, 10, 30, dtype=torch.uint8)
    wide[..., :10], wide[..., 10:20] = 50, 200
    padded = preprocess(wide, replace(LENET, preprocessing=Preprocessing(content=(30, 30), fit="pad")))[0, 0]
    assert padded[16, 2] == 50
    assert padded[16, 16] == 200
    assert padded[3].sum() == 0
    cropped = preprocess(wide, replace(LENET, preprocessing=Preprocessing(content=(10, 10), fit="crop")))[0, 0]
    assert (cropped[11:21, 11:21] == 200).all()


def test_scaling_is_pillows():
    image = pictures(1, 1, 50, 40)
    table = replace(LENET, preprocessing=Preprocessing(fit="crop"), input=(1, 25, 20))
    theirs = Image.fromarray(image[0, 0].numpy()).resize((20, 25), Image.Resampling.BILINEAR)
    assert np.abs(preprocess(image, table)[0, 0].numpy().astype(int) - np.asarray(theirs)).max() <= 1


def test_ink_on_paper_is_inverted_where_training_was_light_on_dark():
    digit = torch.zeros(2, 1, 28, 28, dtype=torch.uint8)
    digit[:, :, 8:20, 12:16] = 255
    digit[1] = 255 - digit[1]
    both = replace(LENET, preprocessing=replace(LENET.preprocessing, light_on_dark=True))
    light, dark = preprocess(digit, both)
    assert torch.equal(light, dark)
    assert not torch.equal(*preprocess(digit, LENET))


def test_colours():
    gray = pictures(1, 1, 32, 32)
    assert torch.equal(preprocess(gray, PHOTO), gray.expand(1, 3, 32, 32))
    rgb = pictures(1, 3, 28, 28)
    theirs = np.asarray(Image.fromarray(rgb[0].permute(1, 2, 0).numpy()).convert("L"))
    ours = preprocess(rgb, LENET)[0, 0, 2:30, 2:30].numpy()
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_other_numbers_of_channels_are_refused():
    with pytest.raises(DataError, match="table lenet5: its input has 2 channels, pictures have 1"):
        preprocess(pictures(1, 1, 28, 28), replace(LENET, input=(2, 32, 32)))


def test_mean_and_std_of_each_channel():
    preprocessing = Preprocessing(mean=(0.0, 0.5, 1.0), std=(1.0, 0.5, 0.25))
    scaled = normalize(torch.full((1, 3, 1, 1), 255, dtype=torch.uint8), preprocessing)
    assert scaled.flatten().tolist() == pytest.approx([1.0, 1.0, 0.0])
