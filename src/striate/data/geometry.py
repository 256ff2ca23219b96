"""Which window of a picture is shown, and where in a network's input: the geometry of preprocessing and augmentation.

Numbers only, in whole pixels, for many pictures at once; `preprocessing` and `collate` move the pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from striate.data.pictures import Integers
from striate.tables import (
    Affine,
    Augmentation,
    Brightness,
    HorizontalFlip,
    PCAColour,
    Preprocessing,
    RandomCrop,
    RandomResizedCrop,
    RandomTranslation,
    Rotation,
    Table,
)

Reals = NDArray[np.float64]
DRAWS: dict[type[Augmentation], int] = {
    RandomCrop: 3,
    RandomResizedCrop: 4,
    RandomTranslation: 2,
    HorizontalFlip: 1,
    Rotation: 1,
    Affine: 3,
    Brightness: 1,
    PCAColour: 3,
}
"""How many uniform random numbers each takes for a picture."""


@dataclass
class CropGeometry:
    """For each of N pictures, all (N,): the window `top`, `left`, `height`, `width`, which is inside the picture; the
    place `y`, `x`, `rows`, `columns` to which it is scaled in the input, which may reach beyond the input's edges; and
    what is done to the whole input then: `flipped` left to right, and warped: `warp` (N, 2, 2) times the (x, y) of a
    pixel, from the middle of the input, is where its value comes from."""

    top: Integers
    left: Integers
    height: Integers
    width: Integers
    y: Integers
    x: Integers
    rows: Integers
    columns: Integers
    flipped: NDArray[np.bool_]
    warp: Reals

    @property
    def is_warped(self) -> bool:
        """Whether a picture of these is warped."""
        return bool((self.warp != np.eye(2)).any())

    def window(self, index: int) -> tuple[int, int, int, int]:
        """(top, left, height, width) of one picture."""
        return int(self.top[index]), int(self.left[index]), int(self.height[index]), int(self.width[index])

    def place(self, index: int) -> tuple[int, int, int, int]:
        """(y, x, rows, columns) of one picture."""
        return int(self.y[index]), int(self.x[index]), int(self.rows[index]), int(self.columns[index])


def fit_window(
    height: int, width: int, preprocessing: Preprocessing, size: tuple[int, int]
) -> tuple[int, int, int, int, int, int, int, int]:
    """How a picture of this height and width comes to an input of `size`, (height, width).

    By fit "crop" the largest middle window of the content's aspect ratio, and of it the share `crop` of each side,
    fills the content; by "pad" the whole picture is scaled to lie within it. The content is in the input's middle.
    Returns the window (top, left, height, width), then its place in the input (y, x, rows, columns).

    >>> fit_window(300, 400, Preprocessing(crop=0.875), (224, 224))
    (19, 69, 262, 262, 0, 0, 224, 224)
    """
    content = preprocessing.content or size
    if preprocessing.fit == "crop":
        window_height = max(1, round(preprocessing.crop * min(height, width * content[0] / content[1])))
        window_width = max(1, round(preprocessing.crop * min(width, height * content[1] / content[0])))
        rows, columns = content
    else:
        window_height, window_width = height, width
        scale = min(content[0] / height, content[1] / width)
        rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (height - window_height) // 2, (width - window_width) // 2
    return top, left, window_height, window_width, (size[0] - rows) // 2, (size[1] - columns) // 2, rows, columns


def fixed_geometry(shapes: Integers, preprocessing: Preprocessing, size: tuple[int, int]) -> CropGeometry:
    """The geometry without augmentation, `fit_window`, of pictures of these shapes (N, 2)."""
    different = shapes[:1] if (shapes == shapes[:1]).all() else shapes
    numbers = [fit_window(height, width, preprocessing, size) for height, width in different.tolist()]
    top, left, height, width, y, x, rows, columns = np.broadcast_to(
        np.array(numbers, dtype=np.int64).reshape(-1, 8), (len(shapes), 8)
    ).T
    flipped, warp = np.zeros(len(shapes), dtype=np.bool_), np.tile(np.eye(2), (len(shapes), 1, 1))
    return CropGeometry(top, left, height, width, y, x, rows, columns, flipped, warp)


def augmented_geometry(shapes: Integers, table: Table, draws: Reals) -> CropGeometry:
    """What a table's augmentation makes of pictures of these shapes (N, 2), for uniform draws (N, draws in all)."""
    size = (table.input[1], table.input[2])
    geometry = fixed_geometry(shapes, table.preprocessing, size)
    for step, numbers in zip(table.recipe.augmentation, split_draws(table, draws), strict=True):
        _apply(step, numbers, geometry, shapes, size)
    return geometry


def split_draws(table: Table, draws: Reals) -> list[Reals]:
    """The draws (N, draws in all) of each step of the augmentation, (draws of the step, N)."""
    ends = np.cumsum([DRAWS[type(step)] for step in table.recipe.augmentation])
    return np.split(draws.T, ends[:-1]) if len(ends) else []


def _apply(step: Augmentation, draws: Reals, geometry: CropGeometry, shapes: Integers, size: tuple[int, int]) -> None:
    """One step of the augmentation, in place."""
    height, width = shapes.T
    match step:
        case RandomCrop():
            least, most = step.range
            share = min(size) / (least + draws[0] * (most - least))
            window_height = share * np.minimum(height, width * size[0] / size[1])
            window_width = share * np.minimum(width, height * size[1] / size[0])
            _crop(geometry, shapes, size, (window_height, window_width), draws[1:])
        case RandomResizedCrop(area=area, aspect=aspect):
            side = np.sqrt((area[0] + draws[0] * (area[1] - area[0])) * height * width)
            root = np.exp(0.5 * (math.log(aspect[0]) + draws[1] * math.log(aspect[1] / aspect[0])))
            _crop(geometry, shapes, size, (side / root, side * root), draws[2:])
        case RandomTranslation(cells=cells):
            geometry.y = geometry.y + _below(draws[0], 2 * cells + 1) - cells
            geometry.x = geometry.x + _below(draws[1], 2 * cells + 1) - cells
        case HorizontalFlip():
            geometry.flipped = geometry.flipped ^ (draws[0] < 0.5)
        case Rotation(degrees=degrees):
            geometry.warp = geometry.warp @ _rotations(np.deg2rad(degrees) * (2 * draws[0] - 1))
        case Affine():
            geometry.warp = geometry.warp @ _affine(step, 2 * draws - 1)
        case Brightness() | PCAColour():
            pass
        case _:
            assert_never(step)


def _crop(
    geometry: CropGeometry, shapes: Integers, size: tuple[int, int], window: tuple[Reals, Reals], draws: Reals
) -> None:
    """A window of this size anywhere inside the picture fills the input."""
    geometry.height, geometry.width = (
        np.minimum(_whole(sides), most) for sides, most in zip(window, shapes.T, strict=True)
    )
    geometry.top = _below(draws[0], shapes[:, 0] - geometry.height + 1)
    geometry.left = _below(draws[1], shapes[:, 1] - geometry.width + 1)
    geometry.y, geometry.x = np.zeros_like(geometry.y), np.zeros_like(geometry.x)
    geometry.rows, geometry.columns = np.full_like(geometry.rows, size[0]), np.full_like(geometry.columns, size[1])


def _rotations(angles: Reals) -> Reals:
    """Rotations by these angles (N, 2, 2)."""
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack([cosine, -sine, sine, cosine], axis=1).reshape(-1, 2, 2)


def _affine(step: Affine, draws: Reals) -> Reals:
    """Scales, squeezes and shears for draws from -1 to 1, (3, N), as matrices (N, 2, 2)."""
    scale, squeeze = np.exp(draws[0] * math.log1p(step.scale)), np.exp(draws[1] * math.log1p(step.squeeze))
    rows = [scale * squeeze, step.shear * draws[2], np.zeros_like(scale), scale / squeeze]
    return np.stack(rows, axis=1).reshape(-1, 2, 2)


def _whole(sides: Reals) -> Integers:
    """Whole numbers of pixels, one at least."""
    return np.maximum(1, np.rint(sides)).astype(np.int64)


def _below(uniform: Reals, numbers: Integers | int) -> Integers:
    """Whole numbers from 0 to below `numbers`, all equally likely."""
    return np.floor(uniform * numbers).astype(np.int64)
