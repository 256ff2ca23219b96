"""Augmentation: the geometry exact where it can be, the spread as stated, colours, and light pictures among dark."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from batched import epoch_of, image_set, noise, ragged, table
from hypothesis import given
from hypothesis import strategies as st

from striate.data.batches import Batches
from striate.data.collate import light_pictures
from striate.data.color_jitter import principal_components
from striate.data.geometry import augmented_geometry, fixed_geometry
from striate.data.preprocessing import normalize, preprocess
from striate.data.transforms import has_light_border, invert_light_images
from striate.tables import (
    Affine,
    Brightness,
    HorizontalFlip,
    PCAColour,
    RandomCrop,
    RandomResizedCrop,
    RandomTranslation,
    Recipe,
    Rotation,
)


def test_values_are_normalized():
    t = table(mean=(0.0, 0.5, 1.0), std=(1.0, 0.5, 0.25))
    torch.testing.assert_close(epoch_of(noise(), t), normalize(noise(), t.preprocessing))
    tinted = replace(t, recipe=Recipe(augmentation=(Brightness(by=0.0),)))
    torch.testing.assert_close(epoch_of(noise(), tinted), normalize(noise(), t.preprocessing))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_flip_is_a_flip_and_about_half_are(channels):
    pictures = noise(200, channels=channels)
    varied_images = epoch_of(pictures, table(HorizontalFlip(), channels=channels))
    kept = (varied_images - pictures).abs().amax(dim=(1, 2, 3)) < 1e-3
    flipped = (varied_images - pictures.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-3
    assert torch.equal(kept, ~flipped)
    assert 70 < flipped.sum() < 130


@pytest.mark.parametrize("store", ["one size", "several sizes"])
def test_a_shift_moves_whole_pixels_and_zeros_come_in(store):
    pictures = noise(300)
    stored = pictures if store == "one size" else [*pictures.permute(0, 2, 3, 1).numpy(), ragged(1)[0]]
    varied_images = epoch_of(stored, table(RandomTranslation(cells=2)))
    padded = torch.nn.functional.pad(pictures.float(), (2, 2, 2, 2))
    moves = set()
    for before, after in zip(padded, varied_images, strict=False):
        found = [
            (y, x) for y in range(5) for x in range(5) if (before[:, y : y + 8, x : x + 8] - after).abs().max() < 1e-2
        ]
        assert len(found) == 1
        moves.update(found)
    assert len(moves) == 25


def test_a_shift_by_more_than_the_picture_leaves_zeros():
    far = epoch_of(noise(100, size=4) | 1, table(RandomTranslation(cells=9), size=4))
    assert 20 < (far.amax(dim=(1, 2, 3)) == 0).sum() < 100


def test_content_smaller_than_the_input_is_moved_with_its_border():
    t = table(RandomTranslation(cells=3), size=8, content=(4, 4))
    varied_images = epoch_of(noise(100, size=4) | 1, t)
    rows = (varied_images[:, 0] > 0).any(dim=2).sum(dim=1)
    assert (rows.min(), rows.max()) == (3, 4)  # from a border of two, one row at most goes over the edge


def test_a_crop_is_a_part_of_the_larger_picture():
    pictures = noise(100, size=10)
    varied_images = epoch_of(pictures, table(RandomCrop(of=10)))
    places = set()
    for before, after in zip(pictures.float(), varied_images, strict=True):
        found = [(y, x) for y in range(3) for x in range(3) if torch.equal(before[:, y : y + 8, x : x + 8], after)]
        assert len(found) == 1
        places.update(found)
    assert len(places) == 9


@given(st.sampled_from([RandomResizedCrop(), RandomCrop(of=(8, 16))]), st.integers(1, 50))
def test_crops_stay_inside_the_picture(augmentation, epoch):
    """A white picture stays white, whatever lies beside it in memory: no crop takes in what is around it."""
    white = [np.full((9 + i % 5, 9 + i % 3, 3), 255 if i % 2 == 0 else 0, dtype=np.uint8) for i in range(7)]
    varied_images = epoch_of(white, table(augmentation), epoch)
    assert varied_images[::2].min() > 254.9
    assert varied_images[1::2].max() < 0.1


def views(step, images=4000, picture=(100, 100)):
    t = table(step)
    draws = Batches(image_set(noise(images, size=1)), t)._draws(1).double().numpy()
    return augmented_geometry(np.full((images, 2), picture), t, draws)


def test_a_random_crop_draws_place_and_scale_over_their_whole_range():
    seen = views(RandomCrop(of=(10, 32)), picture=(1000, 1000))
    shorter = 8 * 1000 / seen.height  # the side that the picture would have, were the window the input
    assert (shorter.min(), shorter.max()) == pytest.approx((10, 32), rel=0.01)
    assert shorter.mean() == pytest.approx(21, rel=0.02)
    for begin, size in ((seen.top, seen.height), (seen.left, seen.width)):
        place = begin / (1000 - size)
        assert (place.min(), place.mean(), place.max()) == pytest.approx((0, 0.5, 1), abs=0.02)


def test_scale_and_aspect_draw_their_whole_range():
    seen = views(RandomResizedCrop(area=(0.1, 0.5), aspect=(0.5, 2.0)), picture=(1000, 1000))
    area, logarithm = seen.height * seen.width / 1000**2, np.log2(seen.width / seen.height)
    assert (area.min(), area.mean(), area.max()) == pytest.approx((0.1, 0.3, 0.5), rel=0.03)
    assert (logarithm.min(), logarithm.max()) == pytest.approx((-1, 1), abs=0.02)
    assert logarithm.mean() == pytest.approx(0, abs=0.03)


@given(
    st.sampled_from([(), (RandomResizedCrop(),), (RandomCrop(of=(8, 20)),), (RandomTranslation(cells=3),)]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.sampled_from(["crop", "pad"]),
)
def test_windows_lie_inside_pictures_of_any_shape(augmentation, picture, size, fit_):
    t = replace(table(*augmentation, fit=fit_), input=(3, *size))
    shapes = np.full((50, 2), picture)
    draws = np.random.default_rng(0).random((50, 4 if augmentation else 0))
    draws = (
        draws[:, : {RandomCrop: 3, RandomResizedCrop: 4, RandomTranslation: 2}.get(type(augmentation[0]), 0)]
        if augmentation
        else draws
    )
    seen = augmented_geometry(shapes, t, draws)
    assert (seen.height >= 1).all() and (seen.width >= 1).all() and (seen.top >= 0).all() and (seen.left >= 0).all()
    assert (seen.top + seen.height <= picture[0]).all() and (seen.left + seen.width <= picture[1]).all()
    assert (seen.rows <= size[0]).all() and (seen.columns <= size[1]).all()


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(["crop", "pad"]), st.floats(0.3, 1.0), st.booleans())
def test_preprocess_fills_the_place_of_the_geometry(height, width, fit_, crop, small):
    t = table(fit=fit_, crop=crop, size=16, **({"content": (9, 12)} if small else {}))
    seen = fixed_geometry(np.array([[height, width]]), t.preprocessing, (16, 16))
    picture = np.zeros((height, width, 3), np.uint8)
    picture[seen.top[0] : seen.top[0] + seen.height[0], seen.left[0] : seen.left[0] + seen.width[0]] = 255
    shown = preprocess(torch.from_numpy(picture.transpose(2, 0, 1)[None]), t)[0, 0] == 255
    expected = torch.zeros(16, 16, dtype=torch.bool)
    expected[seen.y[0] : seen.y[0] + seen.rows[0], seen.x[0] : seen.x[0] + seen.columns[0]] = True
    assert torch.equal(shown, expected)


def test_a_rotation_turns_about_the_middle_and_zeros_come_in():
    disc = torch.zeros(200, 1, 17, 17, dtype=torch.uint8)
    disc[:, :, 8, 12] = 250  # four pixels to the right of the middle
    turned = epoch_of(disc, table(Rotation(degrees=90), size=17, channels=1))[:, 0]
    weight = turned.sum(dim=(1, 2))
    cells = torch.arange(17.0) - 8
    y, x = (turned.sum(dim=2) @ cells) / weight, (turned.sum(dim=1) @ cells) / weight
    torch.testing.assert_close(y.hypot(x), torch.full((200,), 4.0), rtol=0, atol=0.15)
    angles = torch.rad2deg(torch.atan2(y, x))
    assert -92 < angles.min() < -85
    assert 85 < angles.max() < 92
    assert angles.std().item() == pytest.approx(180 / 12**0.5, rel=0.1)
    white = epoch_of(torch.full((50, 1, 9, 9), 255, dtype=torch.uint8), table(Rotation(degrees=45), size=9, channels=1))
    assert (white[:, 0, 2:7, 2:7] > 254).all()
    assert (white[:, 0, 0, 0] < 250).float().mean() > 0.8


def test_a_rotation_keeps_distances_where_the_input_is_not_square():
    dot = torch.zeros(100, 1, 17, 33, dtype=torch.uint8)
    dot[:, :, 8, 21] = 250  # five pixels to the right of the middle
    t = replace(table(Rotation(degrees=180), channels=1), input=(1, 17, 33))
    turned = epoch_of(dot, t)[:, 0]
    weight = turned.sum(dim=(1, 2))
    y = (turned.sum(dim=2) @ (torch.arange(17.0) - 8)) / weight
    x = (turned.sum(dim=1) @ (torch.arange(33.0) - 16)) / weight
    torch.testing.assert_close(y.hypot(x), torch.full((100,), 5.0), rtol=0, atol=0.15)


def test_brightness_multiplies():
    pictures = torch.full((500, 3, 2, 2), 100, dtype=torch.uint8)
    varied_images = epoch_of(pictures, table(Brightness(by=0.5), size=2))
    factors = varied_images[:, 0, 0, 0] / 100
    assert varied_images.amax(dim=(1, 2, 3)).sub(varied_images.amin(dim=(1, 2, 3))).abs().max() < 1e-3
    assert 0.5 <= factors.min() < 0.53
    assert 1.47 < factors.max() <= 1.5
    assert factors.mean() == pytest.approx(1, abs=0.05)
    assert epoch_of(pictures + 150, table(Brightness(by=0.5), size=2)).max() == pytest.approx(255, abs=1e-3)


def test_colours_move_along_the_principal_components():
    """Pictures that vary in red alone change in red alone, by sigma times the variance."""
    pictures = torch.full((400, 3, 4, 4), 128, dtype=torch.uint8)
    pictures[:, 0] = torch.randint(28, 229, (400, 4, 4), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    moved = (epoch_of(pictures, table(PCAColour(sigma=0.1), size=4)) - pictures)[:, :, 0, 0]
    variance = (pictures[:, 0].double() / 255).var().item()
    assert moved[:, 0].std().item() == pytest.approx(255 * 0.1 * variance, rel=0.1)
    assert moved[:, 1:].abs().max() < 1e-3


def test_components_come_from_all_through_the_set():
    """A set in the order of its classes: half of it varies in red, the other in blue."""
    pictures = torch.full((2000, 3, 2, 2), 128, dtype=torch.uint8)
    values = torch.randint(28, 229, (1000, 2, 2), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    pictures[:1000, 0], pictures[1000:, 2] = values, values
    lengths = np.abs(principal_components(image_set(pictures).pictures)).sum(axis=0)
    assert lengths[0] == pytest.approx(lengths[2], rel=0.1)
    assert lengths[1] == pytest.approx(0, abs=1e-6)


def test_gray_pictures_have_no_colours_to_move():
    gray = noise(channels=1)
    assert torch.allclose(epoch_of(gray, table(PCAColour(), channels=1)), gray.float(), atol=1e-2)


@pytest.mark.parametrize("size", [8, 12])
def test_light_pictures_are_inverted_where_training_is_light_on_dark(size):
    pictures = noise(40, size=size) // 4 + torch.tensor([0, 190]).repeat(20).to(torch.uint8).view(-1, 1, 1, 1)
    assert np.array_equal(light_pictures(image_set(pictures).pictures), [i % 2 == 1 for i in range(40)])
    assert np.array_equal(
        light_pictures(image_set([*pictures.permute(0, 2, 3, 1).numpy(), *ragged()]).pictures)[:40],
        [i % 2 == 1 for i in range(40)],
    )
    dark = table(RandomTranslation(cells=1), light_on_dark=True)
    assert epoch_of(pictures, dark).max() <= 66
    plain = epoch_of(invert_light_images(pictures), table(RandomTranslation(cells=1)))
    torch.testing.assert_close(epoch_of(pictures, dark), plain, rtol=0, atol=1.01)


@given(st.integers(0, 2**32), st.sampled_from([1, 3]))
def test_a_border_is_light_by_its_median(seed, channels):
    """Near mid-gray, with ties; of two values in the middle the lower counts, as by torch."""
    pictures = 126 + noise(30, size=3, channels=channels, seed=seed) % 4
    edges = (pictures[:, :, 0], pictures[:, :, -1], pictures[:, :, :, 0], pictures[:, :, :, -1])
    expected = torch.cat([edge.flatten(1) for edge in edges], dim=1).median(dim=1).values >= 128
    assert np.array_equal(has_light_border(pictures.permute(0, 2, 3, 1).numpy()), expected.numpy())
    assert np.array_equal(light_pictures(image_set(pictures).pictures), expected.numpy())
    assert torch.equal((invert_light_images(pictures) != pictures).flatten(1).any(dim=1), expected)


@pytest.mark.parametrize(
    ("step", "down", "across"),
    [
        (Affine(scale=0.25), (4, 6.25), (4, 6.25)),
        (Affine(squeeze=0.25), (4, 6.25), (4, 6.25)),
        (Affine(shear=0.5), (5, 5), (2.5, 7.5)),
    ],
)
def test_an_affine_distortion_moves_what_is_not_in_the_middle(step, down, across):
    dot = torch.zeros(300, 1, 25, 33, dtype=torch.uint8)
    dot[:, :, 17, 21] = 250  # five pixels below the middle, five to the right
    moved = epoch_of(dot, replace(table(step, channels=1), input=(1, 25, 33)))[:, 0]
    weight = moved.sum(dim=(1, 2))
    y = (moved.sum(dim=2) @ (torch.arange(25.0) - 12)) / weight
    x = (moved.sum(dim=1) @ (torch.arange(33.0) - 16)) / weight
    assert [y.min(), y.max(), x.min(), x.max()] == pytest.approx([*down, *across], abs=0.2)
    if step.scale:
        torch.testing.assert_close(x, y, rtol=0, atol=0.2)
    if step.squeeze:
        torch.testing.assert_close(x * y, torch.full((300,), 25.0), rtol=0, atol=1.5)
