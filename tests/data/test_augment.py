"""Augmentation: each picture's draw its own, the geometry exact where it can be, the spread as stated."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.data.augment import Augmenter, _principal_components, _Window, training_pictures
from striate.tables import Conv, Preprocessing, Recipe, Table, load_table
from striate.tables.augmentation import Brightness, HorizontalFlip, PCAColour, RandomCrop, ScaleAndAspect, Shift


def table(*augmentation, size=8, channels=3):
    rows = (Conv("c", maps=1, kernel=1),)
    return Table("t", (channels, size, size), rows, recipe=Recipe(augmentation=augmentation))


def noise(images=6, size=8, channels=3):
    return torch.randint(
        0, 256, (images, channels, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


EVERY = torch.arange(6)


def test_none_leaves_pictures_alone():
    assert torch.equal(Augmenter(table(), noise())(EVERY, 1), noise())


def test_a_flip_is_a_flip_and_about_half_are():
    pictures = noise(200)
    varied = Augmenter(table(HorizontalFlip()), pictures)(torch.arange(200), 1)
    kept = (varied - pictures).abs().amax(dim=(1, 2, 3)) < 1e-3
    flipped = (varied - pictures.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-3
    assert torch.equal(kept, ~flipped)
    assert 70 < flipped.sum() < 130


def test_a_shift_moves_whole_pixels_and_zeros_come_in():
    pictures = noise(300)
    varied = Augmenter(table(Shift(cells=2)), pictures)(torch.arange(300), 1)
    padded = torch.nn.functional.pad(pictures.float(), (2, 2, 2, 2))
    moves = set()
    for before, after in zip(padded, varied, strict=True):
        found = [
            (y, x) for y in range(5) for x in range(5) if (before[:, y : y + 8, x : x + 8] - after).abs().max() < 1e-2
        ]
        assert len(found) == 1
        moves.update(found)
    assert len(moves) == 25


def test_a_crop_is_a_part_of_the_larger_picture():
    crop = table(RandomCrop(of=10))
    pictures = noise(100, size=10)
    assert training_pictures(noise(2, size=20), crop).shape == (2, 3, 10, 10)
    varied = Augmenter(crop, pictures)(torch.arange(100), 1)
    assert varied.shape == (100, 3, 8, 8)
    for before, after in zip(pictures.float(), varied, strict=True):
        inside = [before[:, y : y + 8, x : x + 8] for y in range(3) for x in range(3)]
        # Anywhere between whole pixels: no value outside the range of the picture, and near one of nine crops.
        assert after.min() >= before.min() - 1e-3
        assert after.max() <= before.max() + 1e-3
        assert min((part - after).abs().mean() for part in inside) < 60


def test_pictures_are_kept_as_large_as_the_crops_need():
    shapes = {
        name: tuple(training_pictures(noise(1, size=300), load_table(name)).shape[2:])
        for name in ("alexnet", "resnet34", "googlenet", "resnet20")
    }
    assert shapes == {"alexnet": (256, 256), "resnet34": (256, 256), "googlenet": (256, 256), "resnet20": (32, 32)}


@given(st.sampled_from([ScaleAndAspect(), RandomCrop(of=(8, 16))]), st.integers(1, 50))
def test_crops_stay_inside_the_picture(augmentation, epoch):
    """A white picture stays white: no crop takes in what lies around it."""
    white = torch.full((6, 3, 9, 9), 255, dtype=torch.uint8)
    varied = Augmenter(table(augmentation), white)(EVERY, epoch)
    assert varied.min() > 254.9


def windows(step, images=4000, picture=(100, 100)):
    """The windows that a step draws on pictures: (y, x, height, width) of each."""
    augmenter = Augmenter(table(step, size=8), noise(images, size=9))
    ones = torch.ones(images)
    window = _Window(ones * 50, ones * 50, ones * picture[0], ones * picture[1])
    draws = augmenter._draws(1)
    augmenter._move(step, draws.unbind(dim=1), window, picture)
    return window


def test_a_random_crop_draws_place_and_scale_over_their_whole_range():
    window = windows(RandomCrop(of=(10, 32)))
    shorter = 8 * 100 / window.height  # the side that the picture would have, were the window the input
    assert (shorter.min().item(), shorter.max().item()) == pytest.approx((10, 32), rel=0.01)
    assert shorter.mean().item() == pytest.approx(21, rel=0.02)
    for centre, size in ((window.y, window.height), (window.x, window.width)):
        place = (centre - size / 2) / (100 - size)
        assert (place.min().item(), place.mean().item(), place.max().item()) == pytest.approx((0, 0.5, 1), abs=0.02)


def test_scale_and_aspect_draw_their_whole_range():
    window = windows(ScaleAndAspect(area=(0.1, 0.5), aspect=(0.5, 2.0)))
    area, aspect = window.height * window.width / 100**2, window.width / window.height
    assert (area.min().item(), area.mean().item(), area.max().item()) == pytest.approx((0.1, 0.3, 0.5), rel=0.03)
    logarithm = aspect.log2()
    assert (logarithm.min().item(), logarithm.max().item()) == pytest.approx((-1, 1), abs=0.02)
    assert logarithm.mean().item() == pytest.approx(0, abs=0.03)


def test_components_come_from_all_through_the_set():
    """A set in the order of its classes: half of it varies in red, the other in blue."""
    pictures = torch.full((2000, 3, 2, 2), 128, dtype=torch.uint8)
    values = torch.randint(28, 229, (1000, 2, 2), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    pictures[:1000, 0], pictures[1000:, 2] = values, values
    lengths = _principal_components(pictures).abs().sum(dim=0)
    assert lengths[0].item() == pytest.approx(lengths[2].item(), rel=0.1)
    assert lengths[1].item() == pytest.approx(0, abs=1e-6)


def test_brightness_multiplies():
    varied = Augmenter(table(Brightness(by=0.5)), torch.full((500, 3, 2, 2), 100, dtype=torch.uint8))(
        torch.arange(500), 1
    )
    factors = varied[:, 0, 0, 0] / 100
    assert varied.amax(dim=(1, 2, 3)).sub(varied.amin(dim=(1, 2, 3))).abs().max() < 1e-3
    assert 0.5 <= factors.min() < 0.53
    assert 1.47 < factors.max() <= 1.5
    assert factors.mean() == pytest.approx(1, abs=0.05)


def test_colours_move_along_the_principal_components():
    """Pictures that vary in red alone change in red alone, by sigma times the variance."""
    pictures = torch.full((400, 3, 4, 4), 128, dtype=torch.uint8)
    pictures[:, 0] = torch.randint(28, 229, (400, 4, 4), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    moved = (Augmenter(table(PCAColour(sigma=0.1), size=4), pictures)(torch.arange(400), 1) - pictures)[:, :, 0, 0]
    variance = (pictures[:, 0].double() / 255).var().item()
    assert moved[:, 0].std().item() == pytest.approx(255 * 0.1 * variance, rel=0.1)
    assert moved[:, 1:].abs().max() < 1e-3


def test_gray_pictures_have_no_colours_to_move():
    gray = noise(channels=1)
    assert torch.allclose(Augmenter(table(PCAColour(), channels=1), gray)(EVERY, 1), gray.float(), atol=1e-2)


EVERYTHING = (RandomCrop(of=10), HorizontalFlip(), Shift(cells=1), Brightness(), PCAColour())


def test_a_picture_is_varied_alike_whatever_stands_beside_it():
    augmenter = Augmenter(table(*EVERYTHING), noise(size=10))
    together, alone = augmenter(EVERY, 3), augmenter(torch.tensor([4]), 3)
    torch.testing.assert_close(together[4:5], alone)
    assert not torch.allclose(augmenter(EVERY, 4), together)
    other = Augmenter(replace(table(*EVERYTHING), recipe=Recipe(augmentation=EVERYTHING, seed=1)), noise(size=10))
    assert not torch.allclose(other(EVERY, 3), together)


def test_light_on_dark_is_kept_for_larger_pictures():
    dark = replace(table(RandomCrop(of=10)), preprocessing=Preprocessing(light_on_dark=True))
    assert training_pictures(torch.full((1, 3, 8, 8), 255, dtype=torch.uint8), dark).max() == 0
