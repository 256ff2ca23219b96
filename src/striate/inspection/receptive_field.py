"""A unit's receptive field: the theoretical one of its table, its part in the picture, and the effective one.

The first is arithmetic (`analysis.receptive_fields`), as if the picture went on beyond its edges; through branches and
shortcuts it is that of the widest path. The second is exact: the pixels that can change the unit. The third is
measured: the gradient of the unit's value by each pixel. Source: Luo et al., "Understanding the Effective Receptive
Field in Deep Convolutional Neural Networks", 2016.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.analysis import receptive_fields
from striate.errors import StriateError
from striate.inspection.hooks import record_activations
from striate.inspection.pixels_read import pixels_read
from striate.nn import Network
from striate.tables import Plan

_DRAWS = 4
_EFFECTIVE_SHARE = 0.95


@dataclass(frozen=True)
class Box:
    """A rectangle of the picture, in pixels; it may extend beyond the picture."""

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """The row after the last one."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """The column after the last one."""
        return self.left + self.width

    def contains(self, other: Box) -> bool:
        """Whether another box lies inside this one."""
        return (
            self.top <= other.top
            and self.left <= other.left
            and other.bottom <= self.bottom
            and other.right <= self.right
        )

    def to_dict(self) -> dict[str, int]:
        """The four numbers by their names, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class ReceptiveFieldMap:
    """The receptive field of the units at one place of a row.

    `gradient_HW` is the mean magnitude of the gradient by each pixel, with the sum 1. `theoretical` is the receptive
    field by the table, `visible` the smallest box with all pixels that can change the units, `nonzero` that with all of
    the gradient, `effective` the box between its quantiles of 2.5 % and 97.5 % along each axis.
    """

    path: str
    place: tuple[int, int] | None
    theoretical: Box
    visible: Box
    nonzero: Box
    effective: Box
    gradient_HW: NDArray[np.float64]


def theoretical_field(plan: Plan, path: str, place: tuple[int, int] | None) -> Box:
    """The receptive field of the units at (row, column) of a row's maps; for units after a Dense the place is None.

    It may extend beyond the picture: `visible_field` is its part in it.

    >>> from striate.tables import load_plan
    >>> theoretical_field(load_plan("lenet5"), "S2", (0, 1))
    Box(top=0, left=2, height=6, width=6)
    """
    step = plan.step(path)
    check_place(path, step.output, place)
    field = receptive_fields(plan)[path]
    row, column = place or (0, 0)
    (height, row_stride, top), (width, column_stride, left) = field.height, field.width
    return Box(top + row * row_stride, left + column * column_stride, height, width)


def visible_field(plan: Plan, path: str, place: tuple[int, int] | None, *, map_index: int | None = None) -> Box:
    """The smallest box with all pixels of the picture that can change the unit at a place, of one map or of any.

    At the edges it may be smaller than the part of `theoretical_field` in the picture: a window of an inner row hangs
    over the edge of its maps there, and reads padding, not pixels. Its height is 0 if the unit reads padding only.

        >>> from striate.tables import load_plan
        >>> plan = load_plan("alexnet:tiny")
        >>> theoretical_field(plan, "S2", (0, 0)), visible_field(plan, "S2", (0, 0))
        (Box(top=-2, left=-2, height=11, width=11), Box(top=0, left=0, height=9, width=9))
    """
    check_place(path, plan.step(path).output, place)
    return _hull(pixels_read(plan, path, place, map_index))


def check_place(path: str, shape: tuple[int, ...], place: tuple[int, int] | None) -> None:
    """StriateError if a row of this shape has no unit there."""
    if len(shape) == 1:
        if place is not None:
            raise StriateError(f"row {path}: its units have no row and column")
    elif place is None or not all(0 <= i < size for i, size in zip(place, shape[1:], strict=True)):
        most = " and ".join(str(size - 1) for size in shape[1:])
        raise StriateError(f"row {path}: there is no place {place}; expected row and column from 0 to {most}")


def receptive_field_map(
    network: Network,
    images_NCHW: Tensor,
    path: str,
    place: tuple[int, int] | None,
    *,
    map_index: int | None = None,
    seed: int = 0,
) -> ReceptiveFieldMap:
    """The receptive field of the units at a place: the theoretical one, and by the gradient over normalized images.

    Of one map, or of all: then the gradient is that of sums over the maps with normally distributed factors, so that
    maps do not cancel each other; a single image is used with four such sums. StriateError if there is no such place.
    """
    theoretical = theoretical_field(network.plan, path, place)
    visible = visible_field(network.plan, path, place, map_index=map_index)
    images = images_NCHW.expand(_DRAWS, -1, -1, -1) if len(images_NCHW) == 1 else images_NCHW
    images = images.clone().requires_grad_()
    output = record_activations(network, images, [path])[path].output
    units = output if place is None else output[:, :, place[0], place[1]]
    factors = torch.randn(units.shape, generator=torch.Generator().manual_seed(seed))
    chosen = (units * factors).sum() if map_index is None else units[:, map_index].sum()
    (gradient_NCHW,) = torch.autograd.grad(chosen, images)
    gradient_HW = gradient_NCHW.abs().sum(dim=(0, 1)).double().numpy()
    total = gradient_HW.sum()
    if not total > 0:  # a ReLU that is 0 for all of them
        empty = Box(visible.top, visible.left, 0, 0)
        return ReceptiveFieldMap(path, place, theoretical, visible, empty, empty, gradient_HW)
    shares = gradient_HW / total
    return ReceptiveFieldMap(path, place, theoretical, visible, _hull(shares > 0), _effective_box(shares), shares)


def _hull(pixels_HW: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(pixels_HW.any(axis=1)), np.flatnonzero(pixels_HW.any(axis=0))
    if not rows.size:
        return Box(0, 0, 0, 0)
    return _box(int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1]))


def _effective_box(shares_HW: NDArray[np.float64]) -> Box:
    tail = (1 - _EFFECTIVE_SHARE) / 2
    ends = []
    for axis in (1, 0):
        sums = np.cumsum(shares_HW.sum(axis=axis))
        ends += [int(np.searchsorted(sums, tail)), min(int(np.searchsorted(sums, 1 - tail)), len(sums) - 1)]
    return _box(*ends)


def _box(top: int, bottom: int, left: int, right: int) -> Box:
    return Box(top, left, bottom - top + 1, right - left + 1)
