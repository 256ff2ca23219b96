"""The pixels of the input that can change a unit: the table followed back from it, row by row.

Sets of cells, not sizes and strides: where a window hangs over the edge of its maps, the cells of the padding are read
from nowhere; dilation leaves gaps; a map of a sparse row or of a branch has only its own inputs.
"""

from __future__ import annotations

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from striate import equations
from striate.tables import (
    LRN,
    RBF,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Identity,
    MaxPool,
    Plan,
    Step,
    Subsample,
)

Cells = NDArray[np.bool_]
"""Which cells of a row's maps are read, (maps, height, width); of a row without maps (units, 1, 1)."""


def pixels_read(
    plan: Plan, path: str, place: tuple[int, int] | None, map_index: int | None = None
) -> NDArray[np.bool_]:
    """Which pixels, (height, width), the unit at a place of one map depends on, or of any map if it is None.

    A unit after a Dense has no place.

        >>> from striate.tables import load_plan
        >>> pixels_read(load_plan("resnet20"), "conv1", (0, 5)).nonzero()
        (array([0, 0, 0, 1, 1, 1]), array([4, 5, 6, 4, 5, 6]))
    """
    *before, step = _steps_to(plan, path)
    cells = np.zeros(_maps(step.output), np.bool_)
    cells[slice(None) if map_index is None else map_index, *(place or (0, 0))] = True
    return _union(_read_by_all((*before, step), cells))


def _union(parts: Cells | list[Cells]) -> Cells:
    """The cells of any part; none of no parts."""
    union: Cells = np.logical_or.reduce(parts, axis=0)
    return union


def _maps(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return (shape[0], 1, 1) if len(shape) == 1 else (shape[0], shape[1], shape[2])


def _steps_to(plan: Plan, path: str) -> tuple[Step, ...]:
    """The steps from the input to a row, inclusive: those before it in the branches around it, and before these."""
    if found := _within(plan.steps, path):
        return found
    for head in plan.heads:
        if found := _within(head.steps, path):
            return (*_steps_to(plan, head.head.after), *found)
    raise AssertionError(f"the plan has a row {path}")


def _within(steps: tuple[Step, ...], path: str) -> tuple[Step, ...]:
    for index, step in enumerate(steps):
        if step.path == path:
            return steps[: index + 1]
        for branch in step.branches:
            if found := _within(branch, path):
                return (*steps[:index], *found)
    return ()


def _read_by_all(steps: tuple[Step, ...], cells: Cells) -> Cells:
    """The cells of the first step's input that these cells of the last one's output depend on."""
    for step in reversed(steps):
        cells = _read_by(step, cells)
    return cells


def _read_by(step: Step, cells: Cells) -> Cells:
    match step.row:
        case Concat():
            ends = np.cumsum([branch[-1].output[0] for branch in step.branches])[:-1]
            parts = zip(step.branches, np.split(cells, ends), strict=True)
            return _union([_read_by_all(branch, part) for branch, part in parts])
        case Add():
            return _union([_read_by_all(branch, cells) for branch in step.branches])
        case Conv(connections=None, groups=groups):
            by_group = np.stack([_union(part) for part in np.split(cells, groups)])
            return np.repeat(_under_window(step, by_group), step.input[0] // groups, axis=0)
        case Conv(connections=connections):
            readers = np.zeros((step.input[0], len(cells)), np.bool_)
            for index, inputs in enumerate(connections or ()):
                readers[list(inputs), index] = True
            return _under_window(step, np.stack([_union(cells[reads]) for reads in readers]))
        case MaxPool() | AveragePool() | Subsample():
            return _under_window(step, cells)
        case Identity():
            return _under_window(step, cells[: step.input[0]])
        case AdaptiveAveragePool():
            return _under_bins(step, cells)
        case LRN(groups=groups) as row:
            before, after = equations.lrn_reach(row.size, row.convention)
            return np.concatenate([_with_neighbours(part, before, after) for part in np.split(cells, groups)])
        case BatchNorm() | Dropout():
            return cells
        case Dense() | RBF():
            return np.ones(_maps(step.input), np.bool_)
        case row:
            assert_never(row)


def _under_window(step: Step, cells: Cells) -> Cells:
    """The cells of the input under the windows of these cells of the output, without the padding."""
    window = step.window
    if window is None:
        return cells
    for axis in (0, 1):
        along = np.moveaxis(cells, 1 + axis, 0)
        read = np.zeros((step.input[1 + axis], *along.shape[1:]), np.bool_)
        first_taps = np.arange(len(along)) * window.stride[axis] - window.padding[axis][0]
        for tap in range(window.kernel[axis]):
            places = first_taps + tap * window.dilation[axis]
            inside = (places >= 0) & (places < len(read))
            read[places[inside]] |= along[inside]
        cells = np.moveaxis(read, 0, 1 + axis)
    return cells


def _under_bins(step: Step, cells: Cells) -> Cells:
    """The cells of the input in the bins of adaptive pooling."""
    for axis in (1, 2):
        along = np.moveaxis(cells, axis, 0)
        read = np.zeros((step.input[axis], *along.shape[1:]), np.bool_)
        for (begin, end), cell in zip(equations.adaptive_windows(len(read), len(along)), along, strict=True):
            read[begin:end] |= cell
        cells = np.moveaxis(read, 0, axis)
    return cells


def _with_neighbours(cells: Cells, before: int, after: int) -> Cells:
    """The maps, and those from `before` maps before each to `after` maps after it."""
    return np.stack([_union(cells[max(0, index - after) : index + before + 1]) for index in range(len(cells))])
