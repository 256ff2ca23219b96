"""Which part of each stored picture a network sees, and where in its input: windows of whole pixels.

The geometry of `preprocess.fit`, and of a recipe's augmentation, for many pictures at once.
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
"""How many uniform numbers each takes for a picture."""


@dataclass
class CropGeometry:
    """For each of N pictures, all (N,): the window `top`, `left`, `height`, `width` in pixels of the picture, which is
    inside it; the place `y`, `x`, `rows`, `columns` that it takes in the input, which may hang over; what is done to
    the whole input then: `flipped` left to right, and warped: `warp` (N, 2, 2) times the (x, y) of a pixel, from the
    middle of the input, is where its value comes from."""

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


def fixed_geometry(shapes: Integers, table: Table) -> CropGeometry:
    """What `preprocess.fit` shows of pictures of these shapes (N, 2)."""
    (height, width), (full_height, full_width) = shapes.T, table.input[1:]
    content = table.preprocessing.content or (full_height, full_width)
    if table.preprocessing.fit == "crop":
        crop = table.preprocessing.crop
        window_height = _whole(crop * np.minimum(height, width * content[0] / content[1]))
        window_width = _whole(crop * np.minimum(width, height * content[1] / content[0]))
        rows, columns = np.full_like(height, content[0]), np.full_like(width, content[1])
    else:
        window_height, window_width = height, width
        scale = np.minimum(content[0] / height, content[1] / width)
        rows, columns = _whole(height * scale), _whole(width * scale)
    return CropGeometry(
        top=(height - window_height) // 2,
        left=(width - window_width) // 2,
        height=window_height,
        width=window_width,
        y=(full_height - rows) // 2,
        x=(full_width - columns) // 2,
        rows=rows,
        columns=columns,
        flipped=np.zeros(len(shapes), dtype=np.bool_),
        warp=np.tile(np.eye(2), (len(shapes), 1, 1)),
    )


def augmented_geometry(shapes: Integers, table: Table, draws: Reals) -> CropGeometry:
    """What the table's augmentation shows of pictures of these shapes (N, 2), for uniform draws (N, draws in all)."""
    views = fixed_geometry(shapes, table)
    for step, numbers in zip(table.recipe.augmentation, by_step(table, draws), strict=True):
        _move(step, numbers, views, shapes, (table.input[1], table.input[2]))
    return views


def by_step(table: Table, draws: Reals) -> list[Reals]:
    """The draws of each step of the augmentation, (draws, N)."""
    ends = np.cumsum([DRAWS[type(step)] for step in table.recipe.augmentation])
    return np.split(draws.T, ends[:-1]) if len(ends) else []


def _move(step: Augmentation, draws: Reals, views: CropGeometry, shapes: Integers, size: tuple[int, int]) -> None:
    height, width = shapes.T
    match step:
        case RandomCrop():
            least, most = step.range
            share = min(size) / (least + draws[0] * (most - least))
            window_height = share * np.minimum(height, width * size[0] / size[1])
            window_width = share * np.minimum(width, height * size[1] / size[0])
            _cut(views, shapes, size, (window_height, window_width), draws[1:])
        case RandomResizedCrop(area=area, aspect=aspect):
            side = np.sqrt((area[0] + draws[0] * (area[1] - area[0])) * height * width)
            root = np.exp(0.5 * (math.log(aspect[0]) + draws[1] * math.log(aspect[1] / aspect[0])))
            _cut(views, shapes, size, (side / root, side * root), draws[2:])
        case RandomTranslation(cells=cells):
            views.y = views.y + _below(draws[0], 2 * cells + 1) - cells
            views.x = views.x + _below(draws[1], 2 * cells + 1) - cells
        case HorizontalFlip():
            views.flipped = views.flipped ^ (draws[0] < 0.5)
        case Rotation(degrees=degrees):
            views.warp = views.warp @ _turn(np.deg2rad(degrees) * (2 * draws[0] - 1))
        case Affine():
            views.warp = views.warp @ _affine(step, 2 * draws - 1)
        case Brightness() | PCAColour():
            pass
        case _:
            assert_never(step)


def _cut(
    views: CropGeometry, shapes: Integers, size: tuple[int, int], window: tuple[Reals, Reals], draws: Reals
) -> None:
    """A window of this size anywhere inside the picture fills the input."""
    views.height, views.width = (np.minimum(_whole(sides), most) for sides, most in zip(window, shapes.T, strict=True))
    views.top = _below(draws[0], shapes[:, 0] - views.height + 1)
    views.left = _below(draws[1], shapes[:, 1] - views.width + 1)
    views.y, views.x = np.zeros_like(views.y), np.zeros_like(views.x)
    views.rows, views.columns = np.full_like(views.rows, size[0]), np.full_like(views.columns, size[1])


def _turn(angles: Reals) -> Reals:
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
