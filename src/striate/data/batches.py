"""Batches for training, varied as the recipe says, prepared ahead by threads; and batches for evaluation.

What is drawn for a picture is a function of (seed, epoch, picture) alone: neither the other pictures of its batch nor
the number of threads or processes changes it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from striate.data.batching import gather_batch, has_light_border, warp
from striate.data.color_jitter import color_jitter, normalized, principal_components
from striate.data.geometry import DRAWS, augmented_geometry
from striate.data.pictures import ImageSet
from striate.data.preprocessing import normalize, preprocess
from striate.tables import PCAColour, Table

_PREPARED_VALUES = 2**19
"""Values of small batches that are prepared at once: what is done for a batch as a whole costs as much as 64 digits."""
_EVALUATED_PIXELS, _EVALUATED_AT_LEAST = 2**18, 32
"""Pixels, and images, that are evaluated at once: more need more memory, and are no faster."""


@dataclass(frozen=True)
class Batch:
    """Normalized images float32 (N, channels, height, width), channels last in memory, their labels int64 (N,), and
    their indices in the set int64 (N,)."""

    images: Tensor
    labels: Tensor
    indices: Tensor


class Batches:
    """The training batches of a set, by a table's recipe, of which this process takes its share.

    An epoch has `steps` batches, which differ by one image at most; `workers` threads prepare them ahead (0: none, the
    caller's own). Of each batch the process `rank` of `world_size` has its part; together they have all of it.

    >>> from striate.data import load_dataset
    >>> from striate.tables import load_table
    >>> table = load_table("lenet5")
    >>> batches = Batches(load_dataset("digits", table=table).train, table)
    >>> next(batches.epoch(1)).images.shape
    torch.Size([63, 1, 32, 32])
    """

    def __init__(self, images: ImageSet, table: Table, *, workers: int = 1, rank: int = 0, world_size: int = 1) -> None:
        self.images, self.table, self.workers, self.rank, self.world_size = images, table, workers, rank, world_size
        self.steps = math.ceil(len(images) / table.recipe.batch_size)
        coloured = any(isinstance(step, PCAColour) for step in table.recipe.augmentation)
        self._components = principal_components(images.pictures) if coloured and table.input[0] == 3 else None
        self._inverted = has_light_border(images.pictures) if table.preprocessing.light_on_dark else None

    def epoch(self, number: int, first_step: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, counted from 1, from a step on, counted from 0.

        An error in a thread is raised here. Closing the iterator stops the threads.
        """
        recipe = self.table.recipe
        order = shuffled(len(self.images), self.steps, recipe.seed, number)[first_step:]
        shares = [batch.tensor_split(self.world_size)[self.rank] for batch in order]
        together = max(1, _PREPARED_VALUES // (recipe.batch_size * math.prod(self.table.input)))
        groups = [shares[begin : begin + together] for begin in range(0, len(shares), together)]
        draws = self._draws(number)

        def make(group: Sequence[Tensor]) -> list[Batch]:
            whole, sizes = self._make(torch.cat(list(group)), draws), [len(share) for share in group]
            parts = (torch.split(part, sizes) for part in (whole.images, whole.labels, whole.indices))
            return [Batch(*tensors) for tensors in zip(*parts, strict=True)]

        yield from chain.from_iterable(map(make, groups) if self.workers == 0 else _ahead(make, groups, self.workers))

    def _make(self, indices: Tensor, all_draws: Tensor) -> Batch:
        chosen, draws = indices.numpy(), all_draws[indices].double().numpy()
        pictures, size = self.images.pictures, (self.table.input[1], self.table.input[2])
        views = augmented_geometry(pictures.shapes[chosen], self.table, draws)
        inverted = None if self._inverted is None else self._inverted[chosen]
        bytes_NHWC = gather_batch(pictures, chosen, views, size, inverted)
        values_NHWC = warp(bytes_NHWC, views.warp) if (views.warp != np.eye(2)).any() else bytes_NHWC
        floats_NHWC = normalized(
            values_NHWC, self.table.preprocessing, color_jitter(self.table, draws, self._components)
        )
        images_NCHW = torch.from_numpy(floats_NHWC).permute(0, 3, 1, 2)
        return Batch(images_NCHW, self.images.labels[indices], indices)

    def _draws(self, epoch: int) -> Tensor:
        """Uniform numbers for every picture of the set (N, draws in all)."""
        recipe = self.table.recipe
        generator = torch.Generator().manual_seed(draw_seed(recipe.seed, epoch, "augmentation"))
        return torch.rand(len(self.images), sum(DRAWS[type(step)] for step in recipe.augmentation), generator=generator)


def validation_batches(images: ImageSet, table: Table, rank: int = 0, world_size: int = 1) -> Iterator[Tensor]:
    """The batches of `preprocessed_batches`, normalized: float32 (N, channels, height, width)."""
    for fitted_NCHW in preprocessed_batches(images, table, rank, world_size):
        yield normalize(fitted_NCHW, table.preprocessing)


def preprocessed_batches(
    images: ImageSet,
    table: Table,
    rank: int = 0,
    world_size: int = 1,
    view: Callable[[Tensor, Table], Tensor] = preprocess,
) -> Iterator[Tensor]:
    """Images as the network is used on them, `fit`, uint8 (N, channels, height, width), in order; or another view.

    Each process has some of the batches, the same ones whatever the number of processes; together they have all.
    """
    batches = torch.split(torch.arange(len(images)), eval_batch_size(table))
    begin, end = (len(batches) * number // world_size for number in (rank, rank + 1))
    for indices in batches[begin:end]:
        yield _viewed(images, indices, table, view)


def eval_batch_size(table: Table) -> int:
    """How many images a network is best given at once where it does not learn.

    >>> from striate.tables import load_table
    >>> eval_batch_size(load_table("lenet5")), eval_batch_size(load_table("alexnet"))
    (256, 32)
    """
    return max(_EVALUATED_AT_LEAST, _EVALUATED_PIXELS // math.prod(table.input[1:]))


def shuffled(images: int, steps: int, seed: int, epoch: int) -> tuple[Tensor, ...]:
    """Every image once, shuffled by (seed, epoch), in batches that differ by one image at most."""
    generator = torch.Generator().manual_seed(draw_seed(seed, epoch, "order"))
    return torch.randperm(images, generator=generator).tensor_split(steps)


def draw_seed(seed: int, epoch: int, purpose: Literal["order", "augmentation"]) -> int:
    """A seed for what is drawn in an epoch, far from those of its neighbours, of other runs and of other purposes.

    >>> draw_seed(0, 1, "order"), draw_seed(0, 1, "augmentation")
    (2, 3)
    """
    return (2 * (seed * 1_000_003 + epoch) + (purpose == "augmentation")) % 2**63


def _viewed(images: ImageSet, indices: Tensor, table: Table, view: Callable[[Tensor, Table], Tensor]) -> Tensor:
    """A view of these pictures; all at once where they have one size."""
    shapes = images.pictures.shapes[indices.numpy()]
    pictures_HWC = [images.pictures[i] for i in indices.tolist()]
    if (shapes == shapes[0]).all():
        return view(torch.from_numpy(np.stack(pictures_HWC)).permute(0, 3, 1, 2), table)
    return torch.cat([view(torch.from_numpy(part[None].copy()).permute(0, 3, 1, 2), table) for part in pictures_HWC])


def _ahead(
    make: Callable[[Sequence[Tensor]], list[Batch]], groups: Sequence[Sequence[Tensor]], workers: int
) -> Iterator[list[Batch]]:
    """Groups of batches in order, made by threads that are at most one group each, and one, ahead of the caller."""
    waiting: deque[Future[list[Batch]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="striate-batches")
    try:
        for group in groups:
            waiting.append(pool.submit(make, group))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
