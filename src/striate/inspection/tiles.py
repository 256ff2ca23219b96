"""Many small maps or kernels as one picture: tiles with gaps between them, numbered at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from striate.inspection.plotting import MAGNITUDE, SIGNED, SMALL

Floats = NDArray[Any]
_GAP_COLOUR = "#c4c4c4"


def join_tiles(tiles_RCHW: Floats, gap: int = 1) -> Floats:
    """Tiles (rows, columns, height, width) in one array, with nan in the gaps; a tile of nan is empty.

    >>> join_tiles(np.ones((2, 3, 4, 5))).shape
    (9, 17)
    """
    rows, columns, height, width = tiles_RCHW.shape
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for row in range(rows):
        for column in range(columns):
            top, left = row * (height + gap), column * (width + gap)
            sheet[top : top + height, left : left + width] = tiles_RCHW[row, column]
    return sheet


def arrange_tiles(tiles_NHW: Floats, columns: int) -> Floats:
    """Tiles (count, height, width) in rows of so many columns, with empty ones at the end.

    >>> arrange_tiles(np.ones((5, 2, 2)), 3).shape
    (2, 3, 2, 2)
    """
    count, height, width = tiles_NHW.shape
    rows = -(-count // columns)
    padded = np.full((rows * columns, height, width), np.nan)
    padded[:count] = tiles_NHW
    return padded.reshape(rows, columns, height, width)


def show_tiles(axis: Axes, tiles_RCHW: Floats, *, largest: float | None = None, signed: bool = True) -> AxesImage:
    """Draw tiles as one picture; `largest` is the magnitude with full colour, by default that of the tiles."""
    scale = largest or float(np.nanmax(np.abs(tiles_RCHW))) or 1.0
    colours = matplotlib.colormaps[SIGNED if signed else MAGNITUDE].with_extremes(bad=_GAP_COLOUR)
    axis.set_frame_on(False)
    axis.tick_params(length=0, labelsize=SMALL)
    axis.set(xticks=[], yticks=[])
    sheet = join_tiles(tiles_RCHW, tile_gap(tiles_RCHW))
    return axis.imshow(sheet, cmap=colours, vmin=-scale if signed else 0, vmax=scale, interpolation="nearest")


def show_rgb_tiles(axis: Axes, kernels_RKCHW: Floats) -> float:
    """Draw kernels over red, green and blue (rows, columns, 3, height, width) as one picture: zero is gray, and the
    largest weight of all, which is returned, has full colour."""
    scale = float(np.nanmax(np.abs(kernels_RKCHW))) or 1.0
    shades = 0.5 + kernels_RKCHW / (2 * scale)
    gap = tile_gap(shades[:, :, 0])
    sheet = np.stack([join_tiles(shades[:, :, channel], gap) for channel in range(3)], axis=2)
    axis.set_frame_on(False)
    axis.tick_params(length=0, labelsize=SMALL)
    axis.set(xticks=[], yticks=[])
    axis.imshow(np.nan_to_num(sheet, nan=1), interpolation="nearest")
    return scale


def number_tiles(
    axis: Axes, tiles_RCHW: Floats, *, rows: Sequence[object] | None = None, columns: Sequence[object] | None = None
) -> None:
    """Write the names of the rows at the left, of the columns on top."""
    height, width = tiles_RCHW.shape[2:]
    gap = tile_gap(tiles_RCHW)
    if columns is not None:
        axis.set_xticks([i * (width + gap) + (width - 1) / 2 for i in range(len(columns))], list(map(str, columns)))
        axis.xaxis.tick_top()
        axis.xaxis.set_label_position("top")
    if rows is not None:
        axis.set_yticks([i * (height + gap) + (height - 1) / 2 for i in range(len(rows))], list(map(str, rows)))


def tile_gap(tiles_RCHW: Floats) -> int:
    """The number of cells between two tiles."""
    return max(1, int(tiles_RCHW.shape[3]) // 14)
