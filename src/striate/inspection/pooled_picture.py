"""Pooling on any picture, with any window: what is left of it, and what a shift of the picture changes.

The notes, "pooling": it makes maps smaller, and brings location invariance. How much of that is true is measured here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from striate.data import FillMode
from striate.inspection.filters import Floats
from striate.inspection.perturbations import shift
from striate.inspection.pooling_variants import PoolingKind
from striate.nn import Network
from striate.tables import AveragePool, MaxPool, Table


def pool_picture(picture_CHW: Tensor, kernel: int = 2, stride: int = 2, kind: PoolingKind = "max") -> Floats:
    """A picture (channels, height, width) pooled, each channel for itself: (channels, height', width').

    "none" takes the first value of every `stride` along both axes, without a window. The network of a table of one row
    computes it, so that its sizes are those of any pooling row. TableError if the window does not fit.

    >>> picture = torch.tensor([[[1, 3, 0, 0], [2, 8, 0, 4]]])
    >>> pool_picture(picture), pool_picture(picture, kind="average"), pool_picture(picture, kind="none")
    (array([[[8., 4.]]], dtype=float32), array([[[3.5, 1. ]]], dtype=float32), array([[[1., 0.]]], dtype=float32))
    """
    pool = AveragePool if kind == "average" else MaxPool
    row = pool("pooling", kernel=1 if kind == "none" else kernel, stride=stride)
    channels, height, width = picture_CHW.shape
    network = Network(Table("pooling", (channels, height, width), (row,)).plan()).eval()
    with torch.no_grad():
        maps: Tensor = network(picture_CHW.float()[None])
    return maps[0].numpy()


@dataclass(frozen=True)
class ShiftedPooling:
    """A picture uint8 (channels, height, width), the same shifted to the right by some pixels, and both pooled.

    `input_change` and `output_change` say how much the shift changes a value of the picture, and one of the pooled
    maps: the mean absolute difference, in gray levels. `followed_change` is the output's when the pooled maps are moved
    back by `cells`, the whole number that leaves the least, without the columns at the edges that have no partner: 0 if
    the maps have only moved along.
    """

    picture_CHW: Tensor
    shifted_CHW: Tensor
    pooled_CHW: Floats
    pooled_shifted_CHW: Floats
    input_change: float
    output_change: float
    cells: int
    followed_change: float


def pooling_under_shift(
    picture_CHW: Tensor,
    kernel: int = 2,
    stride: int = 2,
    kind: PoolingKind = "max",
    *,
    right: int = 1,
    fill: FillMode = "zeros",
) -> ShiftedPooling:
    """Pool a picture uint8 (channels, height, width) as it is and shifted, and compare. TableError if the window does
    not fit.

    >>> line = torch.tensor([[[0, 0, 0, 240, 0, 0]]], dtype=torch.uint8)
    >>> result = pooling_under_shift(line, kernel=1, right=2)
    >>> result.input_change, result.output_change, result.cells, result.followed_change
    (80.0, 0.0, 0, 0.0)
    """
    shifted_CHW = shift(picture_CHW[None], right, fill)[0]
    pooled, pooled_shifted = (pool_picture(each, kernel, stride, kind) for each in (picture_CHW, shifted_CHW))
    moves = range(min(-(-right // stride) + 1, pooled.shape[2]))
    followed = {cells: _moved_change(pooled, pooled_shifted, cells) for cells in moves}
    cells = min(followed, key=lambda cells: followed[cells])
    return ShiftedPooling(
        picture_CHW,
        shifted_CHW,
        pooled,
        pooled_shifted,
        _change(picture_CHW.float().numpy(), shifted_CHW.float().numpy()),
        _change(pooled, pooled_shifted),
        cells,
        followed[cells],
    )


def _moved_change(before_CHW: Floats, after_CHW: Floats, cells: int) -> float:
    """The change of maps that are moved back by so many columns."""
    return _change(before_CHW[:, :, : before_CHW.shape[2] - cells], after_CHW[:, :, cells:])


def _change(before_CHW: Floats, after_CHW: Floats) -> float:
    """The mean absolute difference."""
    return float(np.abs(after_CHW - before_CHW).mean(dtype=np.float64))
