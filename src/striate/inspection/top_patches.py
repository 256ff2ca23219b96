"""The patches of a set's pictures with the strongest activations of a map: what its units respond to.

Hubel and Wiesel showed a cell many stimuli and noted those to which it responded; here the pictures are the stimuli.
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
from striate.inspection.receptive_field import Box, theoretical_field, visible_field
from striate.nn import Network
from striate.tables import Plan

MAX_MAPS, PATCHES_PER_MAP = 10, 8
"""By default so many maps, and so many patches of each."""


@dataclass(frozen=True)
class Patch:
    """The receptive field of the unit with the largest activation of a map for one picture.

    `image_index` is the picture's index in the set, `label` its class, `position` the unit's (row, column) in the map,
    `box` the unit's receptive field, which may extend beyond the picture, and `visible` that of the pixels that can
    change it (`visible_field`). `pixels_CHW` is uint8: along each axis `box`, or the whole picture where that is
    smaller. Where `visible_HW` is false, pixels are outside `visible`, and are 0.
    """

    image_index: int
    label: int
    value: float
    position: tuple[int, int]
    box: Box
    visible: Box
    pixels_CHW: NDArray[np.uint8]
    visible_HW: NDArray[np.bool_]


@dataclass(frozen=True)
class MapPatches:
    """The patches of one map, or of one unit of a Dense row, strongest first, and the first patch's whole picture."""

    index: int
    patches: tuple[Patch, ...]
    fitted_CHW: NDArray[np.uint8]


@dataclass(frozen=True)
class TopPatches:
    """The strongest activations of a row over `images` pictures.

    `unit` is "map" for a row with maps, "unit" for a Dense row. `peaks` float32 (maps,) is the largest value of every
    map, `field` the (height, width) of the row's receptive field, `size` that of the network's input; `maps` are the
    chosen ones, without those that are 0 for every picture.
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
    """The largest values so far, largest first: (k, maps) each; a position is an index into the flattened map.

    `sums` (2, maps) are the sums of every picture's largest value so far, and of its square.
    """

    values: Tensor
    image_indices: Tensor
    positions: Tensor
    sums: Tensor


def top_patches(
    network: Network,
    images: ImageSet,
    path: str,
    *,
    maps: Sequence[int] | None = None,
    patches: int = PATCHES_PER_MAP,
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> TopPatches:
    """The patches with the strongest activations of a row's maps, at most one per picture; of a Dense row, pictures.

    Without `maps` the 10 maps are chosen whose patches stand out most from the other pictures. A map has fewer patches
    if its activation is 0 for the others. Pictures are processed a batch at a time, and only the best are kept in
    memory. StriateError if there is no such row or map, or no picture.
    """
    plan = network.plan
    shape = plan.step(path).output
    if unknown := [index for index in maps or () if not 0 <= index < shape[0]]:
        raise StriateError(f"row {path}: there is no map {unknown[0]}; it has {shape[0]}, counted from 0")
    if not len(images):
        raise StriateError(f"row {path}: there are no images to search")
    best = _collect_best(network, images, path, patches, on_progress)
    peaks = best.values[0].numpy()
    chosen = sorted(_rank_maps(best, len(images)).tolist()[:MAX_MAPS]) if maps is None else maps
    fields = receptive_fields(plan)[path]
    return TopPatches(
        path,
        "map" if len(shape) == 3 else "unit",
        len(images),
        (fields.height[0], fields.width[0]),
        plan.table.input[1:],
        peaks,
        tuple(_map_patches(index, best, images, path, plan) for index in chosen if peaks[index] != 0),
    )


def _collect_best(network: Network, images: ImageSet, path: str, patches: int, on_progress: ProgressCallback) -> _Best:
    best, done = None, 0
    for images_NCHW in validation_batches(images, network.table):
        output = record_activations(network, images_NCHW, [path])[path].output
        values, positions = output.reshape(*output.shape[:2], -1).max(dim=2)
        image_indices = torch.arange(done, done + len(output)).unsqueeze(1).expand_as(values)
        sums = torch.stack([values.double().sum(dim=0), values.double().square().sum(dim=0)])
        best = _merge(best, _Best(values, image_indices, positions, sums), patches)
        done += len(output)
        on_progress(done, len(images))
    assert best is not None
    return best


def _merge(best: _Best | None, more: _Best, patches: int) -> _Best:
    """The largest of both; of equal values the earlier picture's comes first."""
    if best is not None:
        more = _Best(
            torch.cat([best.values, more.values]),
            torch.cat([best.image_indices, more.image_indices]),
            torch.cat([best.positions, more.positions]),
            best.sums + more.sums,
        )
    order = more.values.argsort(dim=0, descending=True, stable=True)[:patches]
    return _Best(
        more.values.gather(0, order), more.image_indices.gather(0, order), more.positions.gather(0, order), more.sums
    )


def _rank_maps(best: _Best, images: int) -> Tensor:
    """The maps' indices, first those whose patches stand out most from the other pictures.

    A map is ranked by its weakest patch, in standard deviations above the mean of all pictures' largest values: a large
    peak alone may be due to a large scale. Values of 0 or less do not count, nor do maps that are equally large for
    every picture, because they are saturated or respond to the background.
    """
    mean, square = best.sums / images
    deviation, weakest = (square - mean.square()).clamp(min=0).sqrt(), best.values[-1]
    varies = deviation > 1e-4 * mean.abs()
    above = torch.where(varies & (weakest > 0), (weakest - mean) / deviation, 0)
    return above.argsort(descending=True, stable=True)


def _map_patches(map_index: int, best: _Best, images: ImageSet, path: str, plan: Plan) -> MapPatches:
    nonzero = best.values[:, map_index] != 0
    values, indices, positions = (
        part[nonzero, map_index].tolist() for part in (best.values, best.image_indices, best.positions)
    )
    fitted_NCHW = torch.cat(list(preprocessed_batches(images.subset(indices), plan.table))).numpy()
    shape = plan.step(path).output
    patches = []
    for index, value, position, fitted_CHW in zip(indices, values, positions, fitted_NCHW, strict=True):
        row, column = divmod(position, shape[-1] if len(shape) == 3 else 1)
        place = (row, column) if len(shape) == 3 else None
        box = theoretical_field(plan, path, place)
        visible = visible_field(plan, path, place, map_index=map_index)
        pixels = crop(fitted_CHW, box, visible)
        patches.append(Patch(index, int(images.labels[index]), value, (row, column), box, visible, *pixels))
    return MapPatches(map_index, tuple(patches), fitted_NCHW[0])


def crop(fitted_CHW: NDArray[np.uint8], box: Box, visible: Box) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A box of a picture, and which of its pixels are in `visible`, a box in the picture; the others are 0.

    Along an axis where the box is larger than the picture, the whole picture is kept.

    >>> pixels, visible = crop(np.full((1, 3, 9), 7, np.uint8), Box(-2, -1, 4, 4), Box(0, 0, 2, 3))
    >>> pixels[0].tolist()
    [[0, 7, 7, 7], [0, 7, 7, 7], [0, 0, 0, 0]]
    """
    height, width = fitted_CHW.shape[1:]
    rows, columns = _shown(box.top, box.bottom, height), _shown(box.left, box.right, width)
    visible_rows = (rows >= visible.top) & (rows < visible.bottom)
    visible_columns = (columns >= visible.left) & (columns < visible.right)
    visible_HW = visible_rows[:, None] & visible_columns
    pixels_CHW = fitted_CHW[:, rows.clip(0, height - 1)[:, None], columns.clip(0, width - 1)]
    return pixels_CHW * visible_HW, visible_HW


def _shown(begin: int, end: int, length: int) -> NDArray[np.int64]:
    """The pixels of an axis that are shown, some of them perhaps outside the picture."""
    return np.arange(begin, end) if end - begin <= length else np.arange(length)
