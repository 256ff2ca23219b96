"""Batches: the geometry exact where it can be, the spread as stated, every picture's draw its own, whoever makes it."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.data import batches as batches_module
from striate.data.assemble import light
from striate.data.augment import draw_seed as former_draw_seed
from striate.data.batches import Batches, draw_seed, held_out_batches
from striate.data.colours import principal_components
from striate.data.pictures import ArrayPictures, ImageSet, Pictures
from striate.data.preprocess import _invert_light, fit, normalize
from striate.data.views import fitted, varied
from striate.tables import Conv, Preprocessing, Recipe, Table, load_table
from striate.tables.augmentation import (
    Brightness,
    HorizontalFlip,
    PCAColour,
    RandomCrop,
    Rotation,
    ScaleAndAspect,
    Shift,
)


def table(*augmentation, size=8, channels=3, batch_size=1000, **preprocessing):
    rows = (Conv("c", maps=1, kernel=1),)
    return Table(
        "t",
        (channels, size, size),
        rows,
        recipe=Recipe(augmentation=augmentation, batch_size=batch_size),
        preprocessing=Preprocessing(**{"mean": (0.0,), "std": (1 / 255,), **preprocessing}),  # values 0 to 255
    )


def noise(images=6, size=8, channels=3, seed=0):
    """Pictures (N, channels, size, size)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (images, channels, size, size), dtype=torch.uint8, generator=generator)


def image_set(pictures):
    """A set of pictures (N, channels, height, width), or of arrays of any shapes (height, width, channels)."""
    if isinstance(pictures, torch.Tensor):
        store = ArrayPictures(pictures.permute(0, 2, 3, 1).numpy())
    else:
        sizes = [part.size for part in pictures]
        offsets = np.cumsum([0, *sizes[:-1]])
        shapes = np.array([part.shape[:2] for part in pictures], dtype=np.int64)
        store = Pictures(np.concatenate([part.reshape(-1) for part in pictures]), offsets, shapes, pictures[0].shape[2])
    return ImageSet(store, torch.arange(len(pictures)))


def ragged(images=30, least=9, most=24, channels=3):
    generator = np.random.default_rng(0)
    shapes = generator.integers(least, most, (images, 2))
    return [generator.integers(0, 256, (*shape, channels), dtype=np.uint8) for shape in shapes]


def epoch_of(pictures, recipe_table, epoch=1, **options):
    """Every picture once, varied, in the order of the set: (N, channels, height, width), values 0 to 255."""
    made = list(Batches(image_set(pictures), recipe_table, **options).epoch(epoch))
    indices = torch.cat([batch.indices for batch in made])
    assert torch.equal(torch.cat([batch.labels for batch in made]), indices)
    return torch.cat([batch.images for batch in made])[indices.argsort()]


def test_none_shows_pictures_as_they_are_used():
    for preprocessing in (
        {}, {"fit": "pad"}, {"crop": 0.8}, {"content": (6, 4)}, {"content": (5, 7), "fit": "pad"}, {"light_on_dark": True},
    ):  # fmt: skip
        plain = table(size=8, **preprocessing)
        for pictures in (noise(20), noise(20, size=13), noise(9, size=5), noise(9, size=10), ragged()):
            used = torch.cat([images for images, _ in held_out_batches(image_set(pictures), plain, 7)])
            varied_images = epoch_of(pictures, plain)
            assert varied_images.is_contiguous(memory_format=torch.channels_last)
            torch.testing.assert_close(varied_images, used, rtol=0, atol=1.01)


def test_evaluation_is_fit_and_normalize_and_has_every_image_once_in_order():
    pictures, t = noise(23, size=11), table(crop=0.9, mean=(0.1, 0.2, 0.3), std=(0.5,))
    expected = normalize(fit(pictures, t), t.preprocessing)
    for ranks in (1, 2, 3):
        parts = [part for rank in range(ranks) for part in held_out_batches(image_set(pictures), t, 5, rank, ranks)]
        assert torch.equal(torch.cat([images for images, _ in parts]), expected)
        assert torch.cat([labels for _, labels in parts]).tolist() == list(range(23))
    several = ragged()
    expected = torch.cat(
        [normalize(fit(torch.from_numpy(part.transpose(2, 0, 1)[None]), t), t.preprocessing) for part in several]
    )
    assert torch.equal(torch.cat([images for images, _ in held_out_batches(image_set(several), t, 7)]), expected)
    assert list(held_out_batches(image_set(noise(1)), t, 5, rank=1, ranks=2)) == []


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
    varied_images = epoch_of(stored, table(Shift(cells=2)))
    padded = torch.nn.functional.pad(pictures.float(), (2, 2, 2, 2))
    moves = set()
    for before, after in zip(padded, varied_images, strict=False):
        found = [
            (y, x) for y in range(5) for x in range(5) if (before[:, y : y + 8, x : x + 8] - after).abs().max() < 1e-2
        ]
        assert len(found) == 1
        moves.update(found)
    assert len(moves) == 25


def test_a_shift_further_than_the_picture_shows_nothing():
    far = epoch_of(noise(100, size=4) | 1, table(Shift(cells=9), size=4))
    assert 20 < (far.amax(dim=(1, 2, 3)) == 0).sum() < 100


def test_content_smaller_than_the_input_is_moved_with_its_border():
    t = table(Shift(cells=3), size=8, content=(4, 4))
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


@given(st.sampled_from([ScaleAndAspect(), RandomCrop(of=(8, 16))]), st.integers(1, 50))
def test_crops_stay_inside_the_picture(augmentation, epoch):
    """A white picture stays white, whatever lies beside it in memory: no crop takes in what is around it."""
    white = [np.full((9 + i % 5, 9 + i % 3, 3), 255 if i % 2 == 0 else 0, dtype=np.uint8) for i in range(7)]
    varied_images = epoch_of(white, table(augmentation), epoch)
    assert varied_images[::2].min() > 254.9
    assert varied_images[1::2].max() < 0.1


def views(step, images=4000, picture=(100, 100)):
    t = table(step)
    draws = Batches(image_set(noise(images, size=1)), t)._draws(1).double().numpy()
    return varied(np.full((images, 2), picture), t, draws)


def test_a_random_crop_draws_place_and_scale_over_their_whole_range():
    seen = views(RandomCrop(of=(10, 32)), picture=(1000, 1000))
    shorter = 8 * 1000 / seen.height  # the side that the picture would have, were the window the input
    assert (shorter.min(), shorter.max()) == pytest.approx((10, 32), rel=0.01)
    assert shorter.mean() == pytest.approx(21, rel=0.02)
    for begin, size in ((seen.top, seen.height), (seen.left, seen.width)):
        place = begin / (1000 - size)
        assert (place.min(), place.mean(), place.max()) == pytest.approx((0, 0.5, 1), abs=0.02)


def test_scale_and_aspect_draw_their_whole_range():
    seen = views(ScaleAndAspect(area=(0.1, 0.5), aspect=(0.5, 2.0)), picture=(1000, 1000))
    area, logarithm = seen.height * seen.width / 1000**2, np.log2(seen.width / seen.height)
    assert (area.min(), area.mean(), area.max()) == pytest.approx((0.1, 0.3, 0.5), rel=0.03)
    assert (logarithm.min(), logarithm.max()) == pytest.approx((-1, 1), abs=0.02)
    assert logarithm.mean() == pytest.approx(0, abs=0.03)


@given(
    st.sampled_from([(), (ScaleAndAspect(),), (RandomCrop(of=(8, 20)),), (Shift(cells=3),)]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.sampled_from(["crop", "pad"]),
)
def test_windows_lie_inside_pictures_of_any_shape(augmentation, picture, size, fit_):
    t = replace(table(*augmentation, fit=fit_), input=(3, *size))
    shapes = np.full((50, 2), picture)
    draws = np.random.default_rng(0).random((50, 4 if augmentation else 0))
    draws = (
        draws[:, : {RandomCrop: 3, ScaleAndAspect: 4, Shift: 2}.get(type(augmentation[0]), 0)]
        if augmentation
        else draws
    )
    seen = varied(shapes, t, draws)
    assert (seen.height >= 1).all() and (seen.width >= 1).all() and (seen.top >= 0).all() and (seen.left >= 0).all()
    assert (seen.top + seen.height <= picture[0]).all() and (seen.left + seen.width <= picture[1]).all()
    assert (seen.rows <= size[0]).all() and (seen.columns <= size[1]).all()


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(["crop", "pad"]), st.floats(0.3, 1.0), st.booleans())
def test_the_geometry_is_that_of_fit(height, width, fit_, crop, small):
    t = table(fit=fit_, crop=crop, size=16, **({"content": (9, 12)} if small else {}))
    seen = fitted(np.array([[height, width]]), t)
    picture = np.zeros((height, width, 3), np.uint8)
    picture[seen.top[0] : seen.top[0] + seen.height[0], seen.left[0] : seen.left[0] + seen.width[0]] = 255
    shown = fit(torch.from_numpy(picture.transpose(2, 0, 1)[None]), t)[0, 0] == 255
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
def test_light_pictures_are_inverted_where_the_others_are_light_on_dark(size):
    pictures = noise(40, size=size) // 4 + torch.tensor([0, 190]).repeat(20).to(torch.uint8).view(-1, 1, 1, 1)
    assert np.array_equal(light(image_set(pictures).pictures), [i % 2 == 1 for i in range(40)])
    assert np.array_equal(
        light(image_set([*pictures.permute(0, 2, 3, 1).numpy(), *ragged()]).pictures)[:40],
        [i % 2 == 1 for i in range(40)],
    )
    dark = table(Shift(cells=1), light_on_dark=True)
    assert epoch_of(pictures, dark).max() <= 66
    plain = epoch_of(_invert_light(pictures), table(Shift(cells=1)))
    torch.testing.assert_close(epoch_of(pictures, dark), plain, rtol=0, atol=1.01)


@given(st.integers(0, 2**32))
def test_light_is_judged_as_by_fit(seed):
    """Borders near mid-gray, with ties."""
    pictures = 126 + noise(30, size=3, channels=1, seed=seed) % 4
    inverted = (_invert_light(pictures) != pictures).flatten(1).any(dim=1)
    assert np.array_equal(light(image_set(pictures).pictures), inverted.numpy())


EVERYTHING = (RandomCrop(of=10), HorizontalFlip(), Shift(cells=1), Rotation(), Brightness(), PCAColour())
RECIPES = {
    "crop and all that follows": EVERYTHING,
    "scale and aspect": (ScaleAndAspect(), HorizontalFlip(), Brightness()),
    "shift and flip": (Shift(cells=2), HorizontalFlip()),
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_picture_is_varied_alike_whatever_stands_beside_it(name):
    t, pictures = table(*RECIPES[name]), ragged()
    together = epoch_of(pictures, t, 3)
    for batch_size in (1, 7):
        alone = replace(t, recipe=replace(t.recipe, batch_size=batch_size))
        assert torch.equal(epoch_of(pictures, alone, 3), together)
    assert not torch.allclose(epoch_of(pictures, t, 4), together)
    assert not torch.allclose(epoch_of(pictures, replace(t, recipe=replace(t.recipe, seed=1)), 3), together)


def stream(t, pictures, first_step=0, **options):
    return list(Batches(image_set(pictures), t, **options).epoch(2, first_step))


@pytest.mark.parametrize("name", RECIPES)
def test_the_same_batches_in_the_same_order_whoever_makes_them(name):
    t, pictures = table(*RECIPES[name], batch_size=8), ragged(30)
    expected = stream(t, pictures, workers=0)
    assert [len(batch.labels) for batch in expected] == [8, 8, 7, 7]
    for workers in (1, 2, 5):
        for ours, theirs in zip(stream(t, pictures, workers=workers), expected, strict=True):
            assert torch.equal(ours.images, theirs.images)
            assert torch.equal(ours.indices, theirs.indices)
    for ranks in (2, 3, 9):
        shares = [stream(t, pictures, workers=rank % 2, rank=rank, ranks=ranks) for rank in range(ranks)]
        for parts, whole in zip(zip(*shares, strict=True), expected, strict=True):
            assert torch.equal(torch.cat([part.images for part in parts]), whole.images)
            assert torch.equal(torch.cat([part.labels for part in parts]), whole.labels)
    for ours, theirs in zip(stream(t, pictures, first_step=3, workers=2), expected[3:], strict=True):
        assert torch.equal(ours.images, theirs.images)
    assert stream(t, pictures, first_step=4) == []


def test_the_order_is_a_permutation_by_seed_and_epoch():
    t = table(batch_size=7)
    orders = [torch.cat([batch.indices for batch in Batches(image_set(noise(50)), t).epoch(e)]) for e in (1, 2, 1)]
    generator = torch.Generator().manual_seed(draw_seed(0, 1, "order"))
    assert torch.equal(orders[0], torch.randperm(50, generator=generator))
    assert torch.equal(orders[0], orders[2])
    assert not torch.equal(orders[0], orders[1])
    for arguments in ((0, 1, "order"), (7, 3, "augmentation")):
        assert draw_seed(*arguments) == former_draw_seed(*arguments)


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("striate-batches")]


def test_closing_stops_the_threads():
    batches = Batches(image_set(noise(100)), table(batch_size=2), workers=3)
    epoch = batches.epoch(1)
    next(epoch)
    assert threads()
    epoch.close()
    assert not threads()
    list(batches.epoch(1))
    assert not threads()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_reaches_the_caller_in_its_turn(monkeypatch, workers):
    t = table(batch_size=10)
    batches = Batches(image_set(noise(100)), t, workers=workers)
    made = batches._make
    broken = list(batches.epoch(1))[3].indices

    def make(indices, draws):
        if torch.equal(indices, broken):
            raise ValueError("no")
        return made(indices, draws)

    monkeypatch.setattr(batches, "_make", make)
    epoch = batches.epoch(1)
    for _ in range(3):
        next(epoch)
    with pytest.raises(ValueError, match="no"):
        next(epoch)
    assert not threads()


def test_only_a_few_batches_are_made_ahead(monkeypatch):
    made = []
    monkeypatch.setattr(
        batches_module, "assemble", lambda *a: made.append(1) or np.zeros((len(a[1]), 8, 8, 3), np.uint8)
    )
    epoch = Batches(image_set(noise(100)), table(batch_size=1), workers=2).epoch(1)
    next(epoch)
    time.sleep(0.2)
    assert len(made) <= 3
    epoch.close()


def test_named_networks_take_pictures_of_any_size():
    for name in ("alexnet:tiny", "resnet18:tiny", "googlenet:tiny", "lenet5", "minivggnet:tiny"):
        t = load_table(name)
        t = replace(t, recipe=replace(t.recipe, batch_size=5))
        made = list(Batches(image_set(ragged(10, 5, 400, t.input[0])), t).epoch(1))
        assert [batch.images.shape for batch in made] == [(5, *t.input)] * 2
        assert all(batch.images.isfinite().all() for batch in made)
