"""The arithmetic of one unit for each kind of row: for a convolution the notes' convolution sum.

In double precision, from the row's input. Maps are x[k, i, j] here (map, row, column); a unit is (map, row, column), or
(unit,) after a Dense.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate import equations
from striate.nn import LocalResponseNorm, SparseConv2D, activation_module
from striate.tables import Activation, AveragePool, Conv, MaxPool, Step, Subsample, Window

Doubles = NDArray[np.float64]
Unit = tuple[int, ...]


TRACE_WORDS = {
    "products": "sum of {:,} products",
    "bias": "plus the bias {:.4g}",
    "relu": "ReLU: not below 0",
    "tanh": "tanh",
    "scaled_tanh": f"{equations.SCALED_TANH_A} tanh(2/3 of it)",
    "largest": "largest of {} cells",
    "mean": "mean of {} cells",
    "cells": "sum of {} cells",
    "coefficient": "times the map's coefficient {:.4g}",
    "map_bias": "plus the map's bias {:.4g}",
    "centred": "minus the mean {:.4g}",
    "standardized": "divided by the standard deviation {:.4g}",
    "scaled": "times the scale {:.4g}",
    "shifted": "plus the shift {:.4g}",
    "squares": "sum of squares over maps {} to {}",
    "damping": "{:.4g} + {:g} times it",
    "damped": "{:.4g} divided by it to the power {:g}",
    "distance": "sum of {} squared differences",
    "negated": "negated",
    "zero": "a map of zeros",
    "same": "unchanged",
    "body": "output of the body",
    "shortcut": "plus the shortcut's {:.4g}",
    "branch": "map {} of branch {}",
}
"""Each kind of step in words, with a place for its operands."""


@dataclass(frozen=True)
class TraceStep:
    """A step of the arithmetic: its kind, the value after it, and the operands that it adds."""

    kind: str
    value: float
    operands: tuple[float, ...] = ()

    @property
    def description(self) -> str:
        """The step in words.

        >>> TraceStep("bias", 0.75, (0.25,)).description
        'plus the bias 0.25'
        """
        return TRACE_WORDS[self.kind].format(*self.operands)


@dataclass(frozen=True)
class Trace:
    """How one unit's value is computed: the last of `steps` has it.

    `window` is the part of the row's input that the unit reads: (input maps, rows, columns), 0 in the padding, nan
    where padding does not count; or (units,). `maps` are the indices of these input maps, `corner` the row and column
    of the window's first cell in them. `weights` and `products` have the window's shape; they are None where the cells
    have no weights of their own. Of an RBF the products are squared differences, (window - weights)^2.
    """

    window: Doubles
    steps: tuple[TraceStep, ...]
    maps: tuple[int, ...] = ()
    corner: tuple[int, int] | None = None
    weights: Doubles | None = None
    products: Doubles | None = None


def convolution(step: Step, module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """z = b + sum of x w over the window (the notes, "convolution sum"), then the activation."""
    row, (k, *place) = cast(Conv, step.row), unit
    weight = module.dense_weight() if isinstance(module, SparseConv2D) else module.get_parameter("weight")
    if row.connections is not None:
        maps = row.connections[k]
        weights = as_float64(weight)[k][list(maps)]
    else:
        first = k // (row.maps // row.groups) * (len(x) // row.groups)
        maps, weights = tuple(range(first, first + len(x) // row.groups)), as_float64(weight)[k]
    window, corner = _window(x, maps, step.window, place, fill=0.0)
    steps = _weighted_sum(window * weights, module, k, row.activation)
    return Trace(window, steps, maps, corner, weights, window * weights)


def dense(step: Step, module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """The weighted sum of all inputs, maps flattened one after the other, then the activation."""
    window, weights = x.reshape(-1), as_float64(module.get_parameter("weight"))[unit[0]]
    steps = _weighted_sum(window * weights, module, unit[0], getattr(step.row, "activation", None))
    return Trace(window, steps, weights=weights, products=window * weights)


def pooling(row: MaxPool | AveragePool | Subsample, step: Step, module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """The largest value of the window or its mean, without the padding; or LeNet-5's subsampling."""
    k, *place = unit
    window, corner = _window(x, (k,), step.window, place, fill=np.nan)
    cells = int(np.isfinite(window).sum())
    match row:
        case MaxPool():
            steps = [TraceStep("largest", float(np.nanmax(window)), (cells,))]
        case AveragePool():
            steps = [TraceStep("mean", float(np.nanmean(window)), (cells,))]
        case Subsample():
            coefficient, bias = (float(as_float64(module.get_parameter(name))[k]) for name in ("weight", "bias"))
            total = float(window.sum())
            steps = [
                TraceStep("cells", total, (cells,)),
                TraceStep("coefficient", total * coefficient, (coefficient,)),
                TraceStep("map_bias", total * coefficient + bias, (bias,)),
            ]
        case _:
            assert_never(row)
    return Trace(window, _activated(steps, row.activation), (k,), corner)


def adaptive_pooling(step: Step, x: Doubles, unit: Unit) -> Trace:
    """The mean of the cells of the unit's bin (torch's adaptive pooling)."""
    k, *place = unit
    (top, bottom), (left, right) = (
        equations.adaptive_windows(step.input[1 + axis], step.output[1 + axis])[place[axis]] for axis in (0, 1)
    )
    window = x[k : k + 1, top:bottom, left:right]
    return Trace(window, (TraceStep("mean", float(window.mean()), (window.size,)),), (k,), (top, left))


def batch_norm(step: Step, module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """(x - mean) / sqrt(variance + epsilon) of the map's running statistics, scaled, shifted, then the activation."""
    norm, k = cast(nn.BatchNorm2d, module.get_submodule("norm")), unit[0]
    numbers = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, variance, scale, shift = (float(as_float64(cast(Tensor, part))[k]) for part in numbers)
    value = float(x[unit])
    deviation = (variance + norm.eps) ** 0.5
    standard = (value - mean) / deviation
    steps = [
        TraceStep("centred", value - mean, (mean,)),
        TraceStep("standardized", standard, (deviation,)),
        TraceStep("scaled", standard * scale, (scale,)),
        TraceStep("shifted", standard * scale + shift, (shift,)),
    ]
    return _one_cell(x, unit, _activated(steps, getattr(step.row, "activation", None)))


def response_norm(module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """a / (k + alpha * sum of a_j^2 over neighbouring maps j)^beta (the notes, "LRN")."""
    norm, (k, i, j) = cast(LocalResponseNorm, module), unit
    own = len(x) // norm.groups
    first = k // own * own  # a tower's maps are neighbours of each other only
    low, high = max(first, k - norm.before), min(first + own - 1, k + norm.after)
    window = x[low : high + 1, i : i + 1, j : j + 1]
    squares = float((window**2).sum())
    total = norm.k + norm.alpha * squares
    steps = (
        TraceStep("squares", squares, (low, high)),
        TraceStep("damping", total, (norm.k, norm.alpha)),
        TraceStep("damped", float(x[unit]) * total**-norm.beta, (float(x[unit]), norm.beta)),
    )
    return Trace(window, steps, tuple(range(low, high + 1)), (i, j))


def rbf(module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """Minus the sum of (x_j - w_j)^2, the squared distance from the class's prototype (LeCun 1998, equation 7)."""
    prototype = as_float64(module.get_buffer("prototypes"))[unit[0]]
    squares = (x - prototype) ** 2
    total = float(squares.sum())
    steps = (TraceStep("distance", total, (squares.size,)), TraceStep("negated", -total))
    return Trace(x, steps, weights=prototype, products=squares)


def identity(step: Step, x: Doubles, unit: Unit) -> Trace:
    """The cell of the input itself, every stride-th of a map; zero in the maps beyond the input's."""
    if unit[0] >= step.input[0]:
        return Trace(np.zeros((1, 1, 1)), (TraceStep("zero", 0.0),))
    stride = (1, 1) if step.window is None else step.window.stride
    place = (unit[0], *(i * s for i, s in zip(unit[1:], stride, strict=False)))
    return _one_cell(x, place, [TraceStep("same", float(x[place]))])


def added(step: Step, body: Doubles, shortcut: Doubles, unit: Unit) -> Trace:
    """body(x) + shortcut(x), then the activation (He et al. 2016, equation 1)."""
    parts = np.array([body[unit], shortcut[unit]])
    steps = [
        TraceStep("body", float(parts[0])),
        TraceStep("shortcut", float(parts.sum()), (float(parts[1]),)),
    ]
    return Trace(parts, _activated(steps, getattr(step.row, "activation", None)))


def concatenated(branches: Sequence[Doubles], unit: Unit) -> Trace:
    """The unit of the branch that the map comes from."""
    k, *place = unit
    for number, branch in enumerate(branches, 1):
        if k < len(branch):
            return _one_cell(branch, (k, *place), [TraceStep("branch", float(branch[(k, *place)]), (k, number))])
        k -= len(branch)
    raise AssertionError("every map belongs to a branch")


def as_float64(tensor: Tensor) -> Doubles:
    """A tensor as an array in double precision."""
    return tensor.detach().cpu().double().numpy()  # not every device has double precision


def _window(
    x: Doubles, maps: Sequence[int], window: Window | None, place: Sequence[int], *, fill: float
) -> tuple[Doubles, tuple[int, int]]:
    """The cells under a window (maps, rows, columns), and the place of the first one: i' = i * s_h + u."""
    assert window is not None
    rows, columns = (
        place[axis] * window.stride[axis]
        - window.padding[axis][0]
        + np.arange(window.kernel[axis]) * window.dilation[axis]
        for axis in (0, 1)
    )
    inside_rows, inside_columns = (
        (cells >= 0) & (cells < size) for cells, size in ((rows, x.shape[1]), (columns, x.shape[2]))
    )
    cells = np.full((len(maps), len(rows), len(columns)), fill)
    part = x[np.ix_(list(maps), rows[inside_rows], columns[inside_columns])]
    cells[np.ix_(np.arange(len(maps)), np.flatnonzero(inside_rows), np.flatnonzero(inside_columns))] = part
    return cells, (int(rows[0]), int(columns[0]))


def _weighted_sum(
    products: Doubles, module: nn.Module, index: int, activation: Activation | None
) -> tuple[TraceStep, ...]:
    total, bias = float(products.sum()), getattr(module, "bias", None)
    steps = [TraceStep("products", total, (products.size,))]
    if bias is not None:
        own = float(as_float64(bias)[index])
        steps.append(TraceStep("bias", total + own, (own,)))
    return _activated(steps, activation)


def _activated(steps: list[TraceStep], activation: Activation | None) -> tuple[TraceStep, ...]:
    if activation in (None, "softmax"):  # softmax is left to the loss: the network gives logits
        return tuple(steps)
    value = activation_module(activation)(torch.tensor(steps[-1].value, dtype=torch.float64)).item()
    return (*steps, TraceStep(activation, value))


def _one_cell(x: Doubles, place: Unit, steps: Sequence[TraceStep]) -> Trace:
    """The trace of a unit that reads one cell only."""
    if len(place) == 1:
        return Trace(x[place[0] : place[0] + 1], tuple(steps))
    k, i, j = place
    return Trace(x[k : k + 1, i : i + 1, j : j + 1], tuple(steps), (k,), (i, j))
