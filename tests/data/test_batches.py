"""Batches: random draws by picture, whatever the threads and processes; the order; the batches of evaluation."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from batched import epoch_of, image_set, noise, prefetch_threads, ragged, table

from striate.data import batches as batches_module
from striate.data.batches import Batches, draw_seed, validation_batches
from striate.data.preprocessing import normalize, preprocess
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


def test_without_augmentation_training_images_are_those_of_evaluation():
    for preprocessing in (
        {}, {"fit": "pad"}, {"crop": 0.8}, {"content": (6, 4)}, {"content": (5, 7), "fit": "pad"}, {"light_on_dark": True},
    ):  # fmt: skip
        plain = table(size=8, **preprocessing)
        for pictures in (noise(20), noise(20, size=13), noise(9, size=5), noise(9, size=10), ragged()):
            used = torch.cat(list(validation_batches(image_set(pictures), plain)))
            varied_images = epoch_of(pictures, plain)
            assert varied_images.is_contiguous(memory_format=torch.channels_last)
            torch.testing.assert_close(varied_images, used, rtol=0, atol=1.01)


def test_evaluation_preprocesses_every_image_once_in_order(monkeypatch):
    monkeypatch.setattr(batches_module, "_EVAL_PIXELS", 0)
    monkeypatch.setattr(batches_module, "_MIN_EVAL_IMAGES", 5)
    pictures, t = noise(23, size=11), table(crop=0.9, mean=(0.1, 0.2, 0.3), std=(0.5,))
    expected = normalize(preprocess(pictures, t), t.preprocessing)
    alone = list(validation_batches(image_set(pictures), t))
    assert [len(part) for part in alone] == [5, 5, 5, 5, 3]
    for ranks in (1, 2, 3, 7):
        parts = [part for rank in range(ranks) for part in validation_batches(image_set(pictures), t, rank, ranks)]
        assert [len(part) for part in parts] == [len(part) for part in alone]
        assert torch.equal(torch.cat(parts), expected)
    several = ragged()
    expected = torch.cat(
        [normalize(preprocess(torch.from_numpy(part.transpose(2, 0, 1)[None]), t), t.preprocessing) for part in several]
    )
    assert torch.equal(torch.cat(list(validation_batches(image_set(several), t))), expected)
    assert list(validation_batches(image_set(noise(1)), t, rank=0, world_size=2)) == []


EVERYTHING = (
    RandomCrop(of=10),
    HorizontalFlip(),
    RandomTranslation(cells=1),
    Rotation(),
    Affine(scale=0.1, shear=0.1),
    Brightness(),
    PCAColour(),
)
RECIPES = {
    "crop and all that follows": EVERYTHING,
    "scale and aspect": (RandomResizedCrop(), HorizontalFlip(), Brightness()),
    "shift and flip": (RandomTranslation(cells=2), HorizontalFlip()),
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_augmentation_of_a_picture_does_not_depend_on_its_batch(name):
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
def test_the_same_batches_for_any_number_of_threads_and_processes(name):
    t, pictures = table(*RECIPES[name], batch_size=8), ragged(30)
    expected = stream(t, pictures, workers=0)
    assert [len(batch.labels) for batch in expected] == [8, 8, 7, 7]
    for workers in (1, 2, 5):
        for ours, theirs in zip(stream(t, pictures, workers=workers), expected, strict=True):
            assert torch.equal(ours.images, theirs.images)
            assert torch.equal(ours.indices, theirs.indices)
    for ranks in (2, 3, 9):
        shares = [stream(t, pictures, workers=rank % 2, rank=rank, world_size=ranks) for rank in range(ranks)]
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


def test_closing_stops_the_prefetch_threads():
    batches = Batches(image_set(noise(100)), table(batch_size=2), workers=3)
    epoch = batches.epoch(1)
    next(epoch)
    assert prefetch_threads()
    epoch.close()
    assert not prefetch_threads()
    list(batches.epoch(1))
    assert not prefetch_threads()


@pytest.mark.parametrize("together", [1, 3, 100])
def test_batches_do_not_depend_on_how_many_are_prepared_together(monkeypatch, together):
    t = table(RandomTranslation(cells=2), Rotation(degrees=20), Brightness(by=0.3), batch_size=7)
    expected = list(Batches(image_set(noise(100)), t).epoch(2))
    monkeypatch.setattr(batches_module, "_GROUP_VALUES", together * 7 * 8 * 8 * 3)
    for first in (0, 4):
        made = list(Batches(image_set(noise(100)), t).epoch(2, first_step=first))
        for one, other in zip(made, expected[first:], strict=True):
            assert torch.equal(one.images, other.images)
            assert torch.equal(one.labels, other.labels)
            assert torch.equal(one.indices, other.indices)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_reaches_the_caller_in_its_turn(monkeypatch, workers):
    monkeypatch.setattr(batches_module, "_GROUP_VALUES", 1)  # each batch on its own
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
    assert not prefetch_threads()


def test_only_a_few_batches_are_made_ahead(monkeypatch):
    made = []
    monkeypatch.setattr(
        batches_module, "collate", lambda *a: made.append(1) or np.zeros((len(a[1]), 8, 8, 3), np.uint8)
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
