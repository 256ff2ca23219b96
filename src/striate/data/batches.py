"""Batches for training, augmented as the recipe says, prepared ahead by threads; and batches for evaluation.

To a device other than the CPU the threads' bytes are sent, and what follows is computed there (`pixel_batch`).

The random draws for a picture are a function of (seed, epoch, picture) alone: neither the other pictures of its batch
nor the number of threads or processes changes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from striate.data.collate import collate, flip, light_pictures, warp, warp_sources
from striate.data.color_jitter import (
    ColorJitter,
    ValueScaling,
    color_jitter,
    principal_components,
    scale_values,
    value_scaling,
)
from striate.data.geometry import DRAWS, CropGeometry, Reals, augmented_geometry, fixed_geometry, split_draws
from striate.data.pictures import Bytes, ImageSet
from striate.data.pixel_batch import PixelBatch, to_images
from striate.data.prefetch import prefetch
from striate.data.preprocessing import normalize, preprocess
from striate.runtime import Uploads, pin
from striate.tables import Augmentation, PCAColour, Table

_GROUP_VALUES = 2**19
"""Values of small batches that are prepared together: the work for a batch as a whole costs as much as 64 digits."""
_EVAL_PIXELS, _MIN_EVAL_IMAGES = 2**18, 32
"""Pixels, and images, that are evaluated together: more need more memory, and are no faster."""


@dataclass(frozen=True)
class Batch:
    """Normalized images float32 (N, channels, height, width), channels last in memory, and their labels int64 (N,), on
    the device that trains; and their indices in the set int64 (N,), on the CPU."""

    images: Tensor
    labels: Tensor
    indices: Tensor


@dataclass(frozen=True)
class Variation:
    """What one step of a recipe's augmentation does by itself to each of N pictures: to their geometry, and to their
    colours (None: nothing). `fixed` is their geometry without augmentation."""

    step: Augmentation
    fixed: CropGeometry
    geometry: CropGeometry
    jitter: ColorJitter | None


class Batches:
    """The training batches of a set, by a table's recipe, of which this process has its share.

    An epoch has `steps` batches, which differ by one image at most; `workers` threads prepare them ahead (0: the
    caller's own thread). Of each batch the process `rank` of `world_size` has its part; together they have all of it.
    The images are on `device` (None: the CPU), where they are also augmented and normalized; nothing waits for it.
    `components` (3, 3) are those of PCA colour (None: the images' own `principal_components`).

    >>> from striate.data import load_dataset
    >>> from striate.tables import load_table
    >>> table = load_table("lenet5")
    >>> batches = Batches(load_dataset("digits", table=table).train, table)
    >>> next(batches.epoch(1)).images.shape
    torch.Size([63, 1, 32, 32])
    """

    def __init__(
        self,
        images: ImageSet,
        table: Table,
        *,
        workers: int = 1,
        rank: int = 0,
        world_size: int = 1,
        device: torch.device | None = None,
        components: Reals | None = None,
    ) -> None:
        self.images, self.table, self.workers, self.rank, self.world_size = images, table, workers, rank, world_size
        self.device = device or torch.device("cpu")
        self.steps = math.ceil(len(images) / table.recipe.batch_size)
        with_pca = any(isinstance(step, PCAColour) for step in table.recipe.augmentation)
        if components is None and with_pca and table.input[0] == 3:
            components = principal_components(images.pictures)
        self._components = components
        self._inverted = light_pictures(images.pictures) if table.preprocessing.light_on_dark else None

    def epoch(self, number: int, first_step: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, counted from 1, from a step on, counted from 0.

        An error in a thread is raised here. Closing the iterator stops the threads.
        """
        recipe = self.table.recipe
        order = shuffle(len(self.images), self.steps, recipe.seed, number)[first_step:]
        shares = [batch.tensor_split(self.world_size)[self.rank] for batch in order]
        together = max(1, _GROUP_VALUES // (recipe.batch_size * math.prod(self.table.input)))
        groups = [shares[begin : begin + together] for begin in range(0, len(shares), together)]
        draws = self._draws(number)

        def make(group: Sequence[Tensor]) -> list[Batch]:
            return _split(self._make(torch.cat(list(group)), draws), group)

        def make_pixels(group: Sequence[Tensor]) -> PixelBatch:
            return PixelBatch.of(pin(self._make_pixels(torch.cat(list(group)), draws), self.device))

        # While the caller has one group, each thread makes another.
        ahead = {"workers": self.workers, "ahead": self.workers + 1}
        if self.device.type == "cpu":
            yield from chain.from_iterable(prefetch(make, groups, **ahead))
            return
        uploads = Uploads(self.device)
        for group, pixels in zip(groups, prefetch(make_pixels, groups, **ahead), strict=True):
            sent = PixelBatch.of(uploads.send(pixels))
            yield from _split(Batch(to_images(sent), sent.labels, torch.cat(list(group))), group)

    def variations(self, number: int) -> list[Variation]:
        """What each step of the augmentation draws for every picture of the set in an epoch, by itself."""
        table, shapes = self.table, self.images.pictures.shapes
        fixed = fixed_geometry(shapes, table.preprocessing, (table.input[1], table.input[2]))
        result = []
        draws = self._draws(number).double().numpy()
        for step, numbers in zip(table.recipe.augmentation, split_draws(table, draws), strict=True):
            alone = replace(table, recipe=replace(table.recipe, augmentation=(step,)))
            geometry = augmented_geometry(shapes, alone, numbers.T)
            result.append(Variation(step, fixed, geometry, color_jitter(alone, numbers.T, self._components)))
        return result

    def _make(self, indices: Tensor, all_draws: Tensor) -> Batch:
        """A batch by the CPU alone."""
        values_NHWC, geometry, scaling = self._cut(indices, all_draws)
        flip(values_NHWC, geometry.flipped)
        warped_NHWC = warp(values_NHWC, geometry.warp) if geometry.is_warped else values_NHWC
        images_NCHW = torch.from_numpy(scale_values(warped_NHWC, scaling)).permute(0, 3, 1, 2)
        return Batch(images_NCHW, self.images.labels[indices], indices)

    def _make_pixels(self, indices: Tensor, all_draws: Tensor) -> PixelBatch:
        """The CPU's half of a batch for a device."""
        bytes_NHWC, geometry, scaling = self._cut(indices, all_draws)
        size = (self.table.input[1], self.table.input[2])
        return PixelBatch(
            torch.from_numpy(bytes_NHWC),
            self.images.labels[indices],
            torch.from_numpy(scaling.scale),
            torch.from_numpy(scaling.shift),
            torch.from_numpy(geometry.flipped) if geometry.flipped.any() else None,
            warp_sources(geometry.warp, size) if geometry.is_warped else None,
            None if scaling.least is None else torch.from_numpy(scaling.least),
            None if scaling.most is None else torch.from_numpy(scaling.most),
        )

    def _cut(self, indices: Tensor, all_draws: Tensor) -> tuple[Bytes, CropGeometry, ValueScaling]:
        """The bytes of a batch (N, height, width, channels), and what is still to be done to them."""
        chosen, draws = indices.numpy(), all_draws[indices].double().numpy()
        pictures, size = self.images.pictures, (self.table.input[1], self.table.input[2])
        geometry = augmented_geometry(pictures.shapes[chosen], self.table, draws)
        inverted = None if self._inverted is None else self._inverted[chosen]
        bytes_NHWC = collate(pictures, chosen, geometry, size, inverted)
        jitter = color_jitter(self.table, draws, self._components)
        return bytes_NHWC, geometry, value_scaling(self.table.preprocessing, self.table.input[0], jitter)

    def _draws(self, epoch: int) -> Tensor:
        """Uniform random numbers for every picture of the set (N, draws in all)."""
        recipe = self.table.recipe
        generator = torch.Generator().manual_seed(draw_seed(recipe.seed, epoch, "augmentation"))
        return torch.rand(len(self.images), sum(DRAWS[type(step)] for step in recipe.augmentation), generator=generator)


def _split(batch: Batch, group: Sequence[Tensor]) -> list[Batch]:
    """A group's batches, each of as many images as its part of the group has indices."""
    sizes = [len(indices) for indices in group]
    parts = (torch.split(part, sizes) for part in (batch.images, batch.labels, batch.indices))
    return [Batch(*tensors) for tensors in zip(*parts, strict=True)]


def validation_batches(
    images: ImageSet,
    table: Table,
    rank: int = 0,
    world_size: int = 1,
    *,
    device: torch.device | None = None,
    workers: int = 0,
) -> Iterator[Tensor]:
    """The batches of `preprocessed_batches`, normalized: float32 (N, channels, height, width).

    On a device other than the CPU they are normalized there; `workers` threads prepare them ahead.
    """
    if device is None or device.type == "cpu":
        for inputs_NCHW in preprocessed_batches(images, table, rank, world_size):
            yield normalize(inputs_NCHW, table.preprocessing)
        return

    uploads = Uploads(device)
    for inputs_NCHW in preprocessed_batches(images, table, rank, world_size, workers=workers):
        (sent_NCHW,) = uploads.send(pin([inputs_NCHW], device))
        yield normalize(sent_NCHW, table.preprocessing)


def preprocessed_batches(
    images: ImageSet,
    table: Table,
    rank: int = 0,
    world_size: int = 1,
    view: Callable[[Tensor, Table], Tensor] = preprocess,
    workers: int = 0,
) -> Iterator[Tensor]:
    """Images without augmentation, as `preprocess` makes them, uint8 (N, channels, height, width), in order; or as
    another `view` does, such as `ten_crops`; prepared ahead by `workers` threads (0: by the caller's own).

    Each process has some of the batches, the same ones whatever the number of processes; together they have all.
    """
    batches = torch.split(torch.arange(len(images)), eval_batch_size(table))
    begin, end = (len(batches) * number // world_size for number in (rank, rank + 1))
    yield from prefetch(
        lambda indices: _viewed(images, indices, table, view),
        batches[begin:end],
        workers=workers,
        ahead=workers + 1,
    )


def eval_batch_size(table: Table) -> int:
    """Images of a batch where a network is not trained: more need more memory, and are no faster.

    >>> from striate.tables import load_table
    >>> eval_batch_size(load_table("lenet5")), eval_batch_size(load_table("alexnet"))
    (256, 32)
    """
    return max(_MIN_EVAL_IMAGES, _EVAL_PIXELS // math.prod(table.input[1:]))


def shuffle(images: int, steps: int, seed: int, epoch: int) -> tuple[Tensor, ...]:
    """Every image's index once, shuffled by (seed, epoch), in batches that differ by one image at most."""
    generator = torch.Generator().manual_seed(draw_seed(seed, epoch, "order"))
    return torch.randperm(images, generator=generator).tensor_split(steps)


def draw_seed(seed: int, epoch: int, purpose: Literal["order", "augmentation"]) -> int:
    """The seed of an epoch's random draws, far from those of its neighbours, of other runs and of other purposes.

    >>> draw_seed(0, 1, "order"), draw_seed(0, 1, "augmentation")
    (2, 3)
    """
    return (2 * (seed * 1_000_003 + epoch) + (purpose == "augmentation")) % 2**63


def _viewed(images: ImageSet, indices: Tensor, table: Table, view: Callable[[Tensor, Table], Tensor]) -> Tensor:
    """A view of these pictures; all together where they have one size."""
    shapes = images.pictures.shapes[indices.numpy()]
    pictures_HWC = [images.pictures[i] for i in indices.tolist()]
    if (shapes == shapes[0]).all():
        return view(torch.from_numpy(np.stack(pictures_HWC)).permute(0, 3, 1, 2), table)
    return torch.cat([view(torch.from_numpy(part[None].copy()).permute(0, 3, 1, 2), table) for part in pictures_HWC])
