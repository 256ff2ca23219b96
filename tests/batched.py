"""Sets of pictures for the tests, and the batches that are made of them."""

import threading

import numpy as np
import torch

from striate.data import ArrayPictures, Batches, ImageSet, Pictures
from striate.tables import Conv, Preprocessing, Recipe, Table


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


def image_set(pictures, labels=None):
    """A set of pictures (N, channels, height, width), or of arrays of any shapes (height, width, channels).

    Without labels each picture is a class of its own.
    """
    if isinstance(pictures, torch.Tensor):
        store = ArrayPictures(pictures.permute(0, 2, 3, 1).numpy())
    else:
        store = Pictures.from_arrays(pictures)
    return ImageSet(store, torch.arange(len(pictures)) if labels is None else labels)


def prefetch_threads():
    """The threads that prepare batches."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("striate-prefetch")]


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
