"""What an instrument shows of augmentation is what training gets: the same pictures, made again here by what was drawn."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.data import ArrayPictures, Batches, ImageSet
from striate.errors import StriateError
from striate.inspection import AUGMENTATION_RECIPES, augment_picture, augmentation_of, class_probabilities
from striate.inspection.augmentation import _components
from striate.nn import build
from striate.tables import (
    Affine,
    Brightness,
    HorizontalFlip,
    PCAColour,
    RandomCrop,
    RandomResizedCrop,
    RandomTranslation,
    Rotation,
    load_table,
)

TABLE = load_table("resnet20")


def photo(height=32, width=32):
    """Smooth colours, of which each corner is another."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([7 * x, 6 * y, 100 + 2 * x - y], axis=2).clip(0, 255).astype(np.uint8)


def drawn(*steps, picture=None, draws=16, table=TABLE):
    picture = photo() if picture is None else picture
    made = augment_picture(picture, table, steps, draws=draws)
    return made, [{step.kind: step.numbers for step in each} for each in made.steps]


def test_the_largest_number_of_a_component_is_positive():
    pictures = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 3), dtype=np.uint8)
    pictures[..., 1] = 255 - pictures[..., 0]
    components = _components(ImageSet(ArrayPictures(pictures), torch.zeros(50, dtype=torch.int64)))
    assert all(component[np.abs(component).argmax()] > 0 for component in components[1:])
    assert np.sign(components[-1][:2]).tolist() in ([1, -1], [-1, 1])


def test_the_pictures_are_those_of_a_training_batch():
    made = augment_picture(photo(), TABLE, draws=8, seed=3)
    images = ImageSet(ArrayPictures(np.repeat(photo()[None], 8, axis=0)), torch.zeros(8, dtype=torch.int64))
    batches = Batches(images, replace(TABLE, recipe=replace(TABLE.recipe, seed=3, batch_size=4)), workers=0)
    seen = {}
    for batch in batches.epoch(1):
        seen.update(zip(batch.indices.tolist(), batch.images, strict=True))
    assert torch.equal(made.inputs_NCHW, torch.stack([seen[index] for index in range(8)]))
    assert made.unchanged_CHW.shape == (3, 32, 32)
    assert len({bytes(picture.numpy()) for picture in made.pictures_NCHW}) == 8


def test_a_seed_repeats():
    first, again, other = (augment_picture(photo(), TABLE, draws=4, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.pictures_NCHW, again.pictures_NCHW)
    assert first.steps == again.steps
    assert not torch.equal(first.pictures_NCHW, other.pictures_NCHW)


def test_a_translation_and_a_flip_moved_the_picture_as_they_say():
    made, steps = drawn(RandomTranslation(cells=4), HorizontalFlip())
    for picture_CHW, numbers in zip(made.pictures_NCHW, steps, strict=True):
        down, right = (int(numbers["RandomTranslation"][name]) for name in ("down", "right"))
        padded_HWC = np.pad(photo(), ((4, 4), (4, 4), (0, 0)))
        expected_HWC = padded_HWC[4 - down : 36 - down, 4 - right : 36 - right]
        if numbers["HorizontalFlip"]["flipped"]:
            expected_HWC = expected_HWC[:, ::-1]
        np.testing.assert_array_equal(picture_CHW.permute(1, 2, 0).numpy(), expected_HWC)
    assert {int(numbers["HorizontalFlip"]["flipped"]) for numbers in steps} == {0, 1}


def test_a_crop_is_the_part_of_the_picture_that_it_says():
    picture = photo(48, 64)[:40]
    made, steps = drawn(RandomCrop(of=40), picture=picture)
    assert made.size == (40, 64)
    for picture_CHW, numbers in zip(made.pictures_NCHW, steps, strict=True):
        top, left, height, width = (int(number) for number in numbers["RandomCrop"].values())
        assert (height, width) == (32, 32)
        np.testing.assert_array_equal(
            picture_CHW.permute(1, 2, 0).numpy(), picture[top : top + height, left : left + width]
        )


def test_a_crop_of_another_shape_is_within_the_picture_and_is_scaled():
    made, steps = drawn(RandomResizedCrop())
    for picture_CHW, numbers in zip(made.pictures_NCHW, steps, strict=True):
        top, left, height, width = (int(number) for number in numbers["RandomResizedCrop"].values())
        assert 0 <= top <= 32 - height
        assert 0 <= left <= 32 - width
        part = photo()[top : top + height, left : left + width].astype(float)
        assert abs(picture_CHW.float().mean().item() - part.mean()) < 6


def test_brightness_multiplies_and_pca_colour_adds():
    made, steps = drawn(Brightness(by=0.3), draws=4)
    for picture_CHW, numbers in zip(made.pictures_NCHW, steps, strict=True):
        expected = (photo() * numbers["Brightness"]["factor"]).clip(0, 255)
        np.testing.assert_allclose(picture_CHW.permute(1, 2, 0).numpy(), expected, atol=1)
    made, steps = drawn(PCAColour(sigma=0.5), draws=4)
    for picture_CHW, numbers in zip(made.pictures_NCHW, steps, strict=True):
        shift = [numbers["PCAColour"][name] for name in ("red", "green", "blue")]
        expected = (photo() + np.array(shift)).clip(0, 255)
        np.testing.assert_allclose(picture_CHW.permute(1, 2, 0).numpy(), expected, atol=1)


def middle_of_mass(picture_HW):
    y, x = np.mgrid[0 : picture_HW.shape[0], 0 : picture_HW.shape[1]] - (picture_HW.shape[0] - 1) / 2
    return (x * picture_HW).sum() / picture_HW.sum(), (y * picture_HW).sum() / picture_HW.sum()


def test_a_rotation_turns_counterclockwise_by_its_degrees():
    """A spot to the right of the middle goes up where the angle is positive."""
    spot = np.zeros((32, 32, 3), np.uint8)
    spot[14:18, 24:28] = 200
    made, steps = drawn(Rotation(degrees=40), picture=spot)
    for picture_CHW, numbers in zip(made.pictures_NCHW, steps, strict=True):
        x, y = middle_of_mass(picture_CHW[0].double().numpy())
        assert np.degrees(np.arctan2(-y, x)) == pytest.approx(numbers["Rotation"]["degrees"], abs=1.5)


def test_an_affine_change_has_the_width_height_and_shear_that_it_says():
    spot = np.zeros((32, 32, 3), np.uint8)
    spot[20:24, 14:18] = 200  # below the middle
    spot_y = middle_of_mass(spot[..., 0].astype(float))[1]
    made, steps = drawn(Affine(scale=0.2, squeeze=0.2, shear=0.5), picture=spot)
    for picture_CHW, numbers in zip(made.pictures_NCHW, steps, strict=True):
        affine = numbers["Affine"]
        x, y = middle_of_mass(picture_CHW[0].double().numpy())
        assert y == pytest.approx(spot_y * affine["height"], abs=0.2)
        assert x == pytest.approx(affine["shear"] * y, abs=0.2)
    assert len({round(numbers["Affine"]["width"], 3) for numbers in steps}) == 16


def test_gray_pictures_have_no_colours_to_shift():
    _, steps = drawn(PCAColour(), picture=photo()[..., :1], table=load_table("lenet5"), draws=2)
    assert steps == [{"PCAColour": {}}, {"PCAColour": {}}]


@pytest.mark.parametrize("table", ["lenet5", "resnet20", "alexnet:small"])
@pytest.mark.parametrize("name", AUGMENTATION_RECIPES)
def test_every_recipe_varies_pictures_of_every_network(table, name):
    table = load_table(table)
    made = augment_picture(photo(60, 50), table, augmentation_of(name, table), draws=3)
    assert made.pictures_NCHW.shape == (3, *table.input)
    assert len(made.steps[0]) == len(load_table(name).recipe.augmentation)
    assert not torch.equal(made.pictures_NCHW[0], made.pictures_NCHW[1])
    probabilities = class_probabilities(build(table, seed=0), made.inputs_NCHW)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(3, dtype=torch.float64))


def test_a_recipe_without_augmentation_gives_the_picture_itself():
    made, steps = drawn(draws=2)
    assert steps == [{}, {}]
    assert torch.equal(made.pictures_NCHW, made.unchanged_CHW.expand(2, -1, -1, -1))


@pytest.mark.parametrize("draws", [0, 65])
def test_too_many_draws_are_said(draws):
    with pytest.raises(StriateError, match="draws: expected"):
        augment_picture(photo(), TABLE, draws=draws)
