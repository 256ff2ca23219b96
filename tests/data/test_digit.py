"""A digit anywhere in a picture is centred as MNIST's are: 20 pixels large, centred by its mass in 28x28."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from handwriting import PHOTOS, digit

from striate.data.digit import _max_filter, center_digit
from striate.data.preprocessing import preprocess
from striate.tables import load_table

LENET = load_table("lenet5")
MADE = replace(LENET, preprocessing=replace(LENET.preprocessing, light_on_dark=True, figure=(20, 28)))


def tensor(image):
    return torch.from_numpy(np.array(image))


@pytest.mark.parametrize("name", PHOTOS)
def test_size_place_and_ground(name):
    for number in (0, 1, 7):
        found = center_digit(tensor(digit(number, **PHOTOS[name])), 20, 28).double()
        assert found.max() == 255
        assert (found == 0).double().mean() > 0.5
        assert 18 <= (found > 60).any(dim=1).sum() <= 20
        for axis in (0, 1):
            place = (found.sum(dim=1 - axis) * (torch.arange(28) + 0.5)).sum() / found.sum()
            assert place.item() == pytest.approx(14, abs=0.51)


def test_the_same_digit_wherever_and_however_it_is_drawn():
    expected = center_digit(tensor(digit(5)), 20, 28).double()
    for name in ("chalk on a board", "gray paper, uneven light, noise", "upright"):
        found = center_digit(tensor(digit(5, **PHOTOS[name])), 20, 28).double()
        assert torch.corrcoef(torch.stack([found.flatten(), expected.flatten()]))[0, 1] > 0.6, name  # a pixel aside


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3, 2), (28, 29), (900, 40)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_picture_without_a_digit_is_black(size, value):
    assert not center_digit(torch.full(size, value, dtype=torch.uint8), 20, 28).any()


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (3, 3), (5, 400), (27, 28)])
def test_noise_of_any_size_does_not_fail(size):
    noise = torch.randint(0, 256, size, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert center_digit(noise, 20, 28).shape == (28, 28)


def test_only_where_the_table_says_so_and_never_a_picture_of_that_size():
    small = tensor(digit(3, size=(28, 28), height=12, middle=(9, 18), pen=2))[None, None]
    assert torch.equal(preprocess(small, MADE)[:, :, 2:30, 2:30], 255 - small)
    large = tensor(digit(3))[None, None]
    assert torch.equal(preprocess(large, MADE)[0, 0, 2:30, 2:30], center_digit(large[0, 0], 20, 28))
    assert torch.equal(preprocess(large.expand(1, 3, -1, -1), MADE), preprocess(large, MADE))
    assert not torch.equal(preprocess(large, LENET), preprocess(large, MADE))


@pytest.mark.parametrize("window", [1, 3, 5, 7, 25, 49])
def test_a_large_window_is_made_of_small_ones(window):
    values = torch.randn(50, 61, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.max_pool2d(values[None, None], window, 1, window // 2)[0, 0]
    assert torch.equal(_max_filter(values, window), expected)
