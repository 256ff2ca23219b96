"""The patches of a set's pictures that excite a unit most: what the units of a map have learned to answer to.

Hubel and Wiesel showed a cell many stimuli and kept those it fired at; here the stimuli are the pictures themselves.
Source: Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, figure 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.analysis import receptive_fields
from striate.data import ImageSet, ProgressCallback, preprocessed_batches, validation_batches
from striate.errors import StriateError
from striate.inspection.hooks import record_activations
from striate.inspection.receptive_field import theoretical_field
from striate.nn import Network
from striate.tables import Plan

MAPS, PATCHES = 10, 8
"""How many maps are shown, and how many patches of each, unless the caller says so."""


@dataclass(frozen=True)
class Patch:
    """Where in a picture a map is excited most.

    `picture` is the picture's index in the set, `label` its class, `position` the unit's (row, column) in the map,
    `box` the unit's receptive field (top, left, bottom, right) in input pixels, the last two outside, which may hang
    over the border. `pixels_CHW` is uint8: of each axis the field, or the whole picture where that is smaller; the
    unit sees those where `seen_HW` is true, the others lie outside of the field, or of the picture, and are 0.
    """

    picture: int
    label: int
    value: float
    position: tuple[int, int]
    box: tuple[int, int, int, int]
    pixels_CHW: NDArray[np.uint8]
    seen_HW: NDArray[np.bool_]


@dataclass(frozen=True)
class MapPatches:
    """A map, or a unit of a Dense row, by its number: its patches, strongest first, and the first one's picture."""

    number: int
    patches: tuple[Patch, ...]
    fitted_CHW: NDArray[np.uint8]


@dataclass(frozen=True)
class TopPatches:
    """What excites a row most in a set of `images` pictures.

    `unit` says what the row has: a "map", or a "unit" without a place. `peaks` float32 (maps,) is the largest value of
    every map, `field` the (height, width) of the row's receptive field, `size` that of the network's input; `maps` are
    those that were chosen, without those that are 0 throughout.
    """

    path: str
    unit: Literal["map", "unit"]
    images: int
    field: tuple[int, int]
    size: tuple[int, int]
    peaks: NDArray[np.float32]
    maps: tuple[MapPatches, ...]


@dataclass(frozen=True)
class _Best:
    """The largest values so far, largest first: (k, maps) each; a position counts through a map's rows.

    `sums` (2, maps) are those of the largest values of all pictures so far, and of their squares.
    """

    values: Tensor
    pictures: Tensor
    positions: Tensor
    sums: Tensor


def top_patches(
    network: Network,
    images: ImageSet,
    path: str,
    *,
    maps: Sequence[int] | None = None,
    patches: int = PATCHES,
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> TopPatches:
    """The patches that excite maps of a row most, one of a picture at most; of a Dense row, whole pictures.

    Without `maps` 10 are taken, those whose patches stand out most from the other pictures. What a ReLU leaves at 0
    does not excite, so a map may have fewer patches. Pictures go through the network a batch at a time, and only the
    best are kept. StriateError if there is no such row or map, or no picture.
    """
    plan = network.plan
    shape = plan.step(path).output
    if unknown := [number for number in maps or () if not 0 <= number < shape[0]]:
        raise StriateError(f"row {path}: there is no map {unknown[0]}; it has {shape[0]}, counted from 0")
    if not len(images):
        raise StriateError(f"row {path}: without a picture nothing excites it")
    best = _best(network, images, path, patches, on_progress)
    peaks = best.values[0].numpy()
    chosen = sorted(_standing_out(best, len(images)).tolist()[:MAPS]) if maps is None else maps
    field = receptive_fields(plan)[path]
    return TopPatches(
        path,
        "map" if len(shape) == 3 else "unit",
        len(images),
        (field.height[0], field.width[0]),
        plan.table.input[1:],
        peaks,
        tuple(_excited(number, best, images, path, plan) for number in chosen if peaks[number] != 0),
    )


def _best(network: Network, images: ImageSet, path: str, patches: int, on_progress: ProgressCallback) -> _Best:
    best, done = None, 0
    for images_NCHW in validation_batches(images, network.table):
        output = record_activations(network, images_NCHW, [path])[path].output
        values, positions = output.reshape(*output.shape[:2], -1).max(dim=2)
        pictures = torch.arange(done, done + len(output)).unsqueeze(1).expand_as(values)
        sums = torch.stack([values.double().sum(dim=0), values.double().square().sum(dim=0)])
        best = _merged(best, _Best(values, pictures, positions, sums), patches)
        done += len(output)
        on_progress(done, len(images))
    assert best is not None
    return best


def _merged(best: _Best | None, more: _Best, patches: int) -> _Best:
    """The largest of both; of equal values the earlier picture's stands first."""
    if best is not None:
        more = _Best(
            torch.cat([best.values, more.values]),
            torch.cat([best.pictures, more.pictures]),
            torch.cat([best.positions, more.positions]),
            best.sums + more.sums,
        )
    order = more.values.argsort(dim=0, descending=True, stable=True)[:patches]
    return _Best(
        more.values.gather(0, order), more.pictures.gather(0, order), more.positions.gather(0, order), more.sums
    )


def _standing_out(best: _Best, images: int) -> Tensor:
    """The maps' numbers, those first whose patches stand out most from the other pictures.

    A map is judged by its weakest patch, in standard deviations above the mean of the pictures' largest values: a
    large peak alone may be a large scale. A value that is not above 0 is no excitement, and a map that is as large in
    every picture, because it is saturated or answers to the ground, tells none of them apart.
    """
    mean, square = best.sums / images
    deviation, weakest = (square - mean.square()).clamp(min=0).sqrt(), best.values[-1]
    varies = deviation > 1e-4 * mean.abs()
    above = torch.where(varies & (weakest > 0), (weakest - mean) / deviation, 0)
    return above.argsort(descending=True, stable=True)


def _excited(number: int, best: _Best, images: ImageSet, path: str, plan: Plan) -> MapPatches:
    excites = best.values[:, number] != 0
    values, indices, positions = (
        found[excites, number].tolist() for found in (best.values, best.pictures, best.positions)
    )
    fitted_NCHW = torch.cat(list(preprocessed_batches(images.subset(indices), plan.table))).numpy()
    shape = plan.step(path).output
    patches = []
    for index, value, position, fitted_CHW in zip(indices, values, positions, fitted_NCHW, strict=True):
        row, column = divmod(position, shape[-1] if len(shape) == 3 else 1)
        sees = theoretical_field(plan, path, (row, column) if len(shape) == 3 else None)
        box = sees.top, sees.left, sees.top + sees.height, sees.left + sees.width
        patches.append(Patch(index, int(images.labels[index]), value, (row, column), box, *cut_out(fitted_CHW, box)))
    return MapPatches(number, tuple(patches), fitted_NCHW[0])


def cut_out(
    fitted_CHW: NDArray[np.uint8], box: tuple[int, int, int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A box (top, left, bottom, right) of a picture, and which of its pixels are picture and box at once.

    Along an axis where the box is larger than the picture, all of the picture is kept.

    >>> pixels, seen = cut_out(np.full((1, 3, 9), 7, np.uint8), (-2, -1, 2, 3))
    >>> pixels[0].tolist()
    [[0, 7, 7, 7], [0, 7, 7, 7], [0, 0, 0, 0]]
    """
    top, left, bottom, right = box
    (rows, seen_rows), (columns, seen_columns) = (
        _along(begin, end, length)
        for begin, end, length in zip((top, left), (bottom, right), fitted_CHW.shape[1:], strict=True)
    )
    seen_HW = seen_rows[:, None] & seen_columns
    return fitted_CHW[:, rows[:, None], columns] * seen_HW, seen_HW


def _along(begin: int, end: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The pixels of an axis that are shown, and which of them are in the field and in the picture."""
    shown = np.arange(begin, end) if end - begin <= length else np.arange(length)
    seen = (shown >= max(begin, 0)) & (shown < min(end, length))
    return shown.clip(0, length - 1), seen
