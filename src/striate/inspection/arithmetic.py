"""How each kind of row works out one unit: the notes' convolution sum, and what stands in its place elsewhere.

In double precision, from what the row was given. Maps are x[k, i, j] here (map, row, column); a unit is (map, row,
column), or (unit,) after a Dense.
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
    "centred": "less the mean {:.4g}",
    "standardized": "over the standard deviation {:.4g}",
    "scaled": "times the scale {:.4g}",
    "shifted": "plus the shift {:.4g}",
    "squares": "sum of squares over maps {} to {}",
    "damping": "{:.4g} + {:g} times it",
    "damped": "{:.4g} over it to the power {:g}",
    "distance": "sum of {} squared differences",
    "negated": "with a minus",
    "zero": "a map of zeros",
    "same": "the same",
    "body": "what the body gives",
    "shortcut": "plus {:.4g} by the shortcut",
    "branch": "map {} of branch {}",
}
"""What each kind of stage does, with its operands in it."""


@dataclass(frozen=True)
class TraceStep:
    """A step of the arithmetic, the numbers that it brings in, and what it comes to."""

    kind: str
    value: float
    operands: tuple[float, ...] = ()

    @property
    def says(self) -> str:
        """The step in words.

        >>> TraceStep("bias", 0.75, (0.25,)).says
        'plus the bias 0.25'
        """
        return TRACE_WORDS[self.kind].format(*self.operands)


@dataclass(frozen=True)
class Trace:
    """What one unit sees and does with it; `stages` leads to its value.

    `window` is what it sees of its row's input: (input maps, rows, columns), 0 in the padding, nan where padding does
    not count; or (units,). `maps` are the numbers of those input maps, `corner` the row and column of the
    window's first cell in them. `weights` and `products` have the window's shape; they are None where cells have no
    weights of their own.
    """

    window: Doubles
    stages: tuple[TraceStep, ...]
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
        weights = doubles(weight)[k][list(maps)]
    else:
        first = k // (row.maps // row.groups) * (len(x) // row.groups)
        maps, weights = tuple(range(first, first + len(x) // row.groups)), doubles(weight)[k]
    window, corner = _window(x, maps, step.window, place, outside=0.0)
    stages = _weighted_sum(window * weights, module, k, row.activation)
    return Trace(window, stages, maps, corner, weights, window * weights)


def dense(step: Step, module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """The weighted sum of all inputs, maps laid out one after the other, then the activation."""
    window, weights = x.reshape(-1), doubles(module.get_parameter("weight"))[unit[0]]
    stages = _weighted_sum(window * weights, module, unit[0], getattr(step.row, "activation", None))
    return Trace(window, stages, weights=weights, products=window * weights)


def pooling(row: MaxPool | AveragePool | Subsample, step: Step, module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """The largest value of the window or the mean of it, padding left out; or LeNet-5's subsampling."""
    k, *place = unit
    window, corner = _window(x, (k,), step.window, place, outside=np.nan)
    cells = int(np.isfinite(window).sum())
    match row:
        case MaxPool():
            stages = [TraceStep("largest", float(np.nanmax(window)), (cells,))]
        case AveragePool():
            stages = [TraceStep("mean", float(np.nanmean(window)), (cells,))]
        case Subsample():
            coefficient, bias = (float(doubles(module.get_parameter(name))[k]) for name in ("weight", "bias"))
            total = float(window.sum())
            stages = [
                TraceStep("cells", total, (cells,)),
                TraceStep("coefficient", total * coefficient, (coefficient,)),
                TraceStep("map_bias", total * coefficient + bias, (bias,)),
            ]
        case _:
            assert_never(row)
    return Trace(window, _activated(stages, row.activation), (k,), corner)


def adaptive_pooling(step: Step, x: Doubles, unit: Unit) -> Trace:
    """The mean of the cells between two borders (torch's adaptive pooling)."""
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
    mean, variance, scale, shift = (float(doubles(cast(Tensor, part))[k]) for part in numbers)
    value = float(x[unit])
    deviation = (variance + norm.eps) ** 0.5
    standard = (value - mean) / deviation
    stages = [
        TraceStep("centred", value - mean, (mean,)),
        TraceStep("standardized", standard, (deviation,)),
        TraceStep("scaled", standard * scale, (scale,)),
        TraceStep("shifted", standard * scale + shift, (shift,)),
    ]
    return _one_cell(x, unit, _activated(stages, getattr(step.row, "activation", None)))


def response_norm(module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """a / (k + alpha * sum of a_j^2 over neighbouring maps j)^beta (the notes, "LRN")."""
    norm, (k, i, j) = cast(LocalResponseNorm, module), unit
    own = len(x) // norm.groups
    first = k // own * own  # a tower's maps are neighbours of each other only
    low, high = max(first, k - norm.before), min(first + own - 1, k + norm.after)
    window = x[low : high + 1, i : i + 1, j : j + 1]
    squares = float((window**2).sum())
    total = norm.k + norm.alpha * squares
    stages = (
        TraceStep("squares", squares, (low, high)),
        TraceStep("damping", total, (norm.k, norm.alpha)),
        TraceStep("damped", float(x[unit]) * total**-norm.beta, (float(x[unit]), norm.beta)),
    )
    return Trace(window, stages, tuple(range(low, high + 1)), (i, j))


def rbf(module: nn.Module, x: Doubles, unit: Unit) -> Trace:
    """Minus the sum of (x_j - w_j)^2: how far the units are from the class's prototype (LeCun 1998, equation 7)."""
    prototype = doubles(module.get_buffer("prototypes"))[unit[0]]
    squares = (x - prototype) ** 2
    total = float(squares.sum())
    stages = (TraceStep("distance", total, (squares.size,)), TraceStep("negated", -total))
    return Trace(x, stages, weights=prototype, products=squares)


def identity(step: Step, x: Doubles, unit: Unit) -> Trace:
    """The cell itself, every stride-th of a map; or zero in the maps that are added to the input's."""
    if unit[0] >= step.input[0]:
        return Trace(np.zeros((1, 1, 1)), (TraceStep("zero", 0.0),))
    stride = (1, 1) if step.window is None else step.window.stride
    place = (unit[0], *(i * s for i, s in zip(unit[1:], stride, strict=False)))
    return _one_cell(x, place, [TraceStep("same", float(x[place]))])


def added(step: Step, body: Doubles, shortcut: Doubles, unit: Unit) -> Trace:
    """body(x) + shortcut(x), then the activation (He et al. 2016, equation 1)."""
    parts = np.array([body[unit], shortcut[unit]])
    stages = [
        TraceStep("body", float(parts[0])),
        TraceStep("shortcut", float(parts.sum()), (float(parts[1]),)),
    ]
    return Trace(parts, _activated(stages, getattr(step.row, "activation", None)))


def concatenated(branches: Sequence[Doubles], unit: Unit) -> Trace:
    """The unit of the branch that the map comes from."""
    k, *place = unit
    for number, branch in enumerate(branches, 1):
        if k < len(branch):
            return _one_cell(branch, (k, *place), [TraceStep("branch", float(branch[(k, *place)]), (k, number))])
        k -= len(branch)
    raise AssertionError("a map belongs to a branch")


def doubles(tensor: Tensor) -> Doubles:
    """A tensor in double precision, outside of torch."""
    return tensor.detach().double().cpu().numpy()


def _window(
    x: Doubles, maps: Sequence[int], window: Window | None, place: Sequence[int], *, outside: float
) -> tuple[Doubles, tuple[int, int]]:
    """The cells under a window (maps, rows, columns), and where its first one is: i' = i * s_h + u."""
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
    cells = np.full((len(maps), len(rows), len(columns)), outside)
    part = x[np.ix_(list(maps), rows[inside_rows], columns[inside_columns])]
    cells[np.ix_(np.arange(len(maps)), np.flatnonzero(inside_rows), np.flatnonzero(inside_columns))] = part
    return cells, (int(rows[0]), int(columns[0]))


def _weighted_sum(
    products: Doubles, module: nn.Module, index: int, activation: Activation | None
) -> tuple[TraceStep, ...]:
    total, bias = float(products.sum()), getattr(module, "bias", None)
    stages = [TraceStep("products", total, (products.size,))]
    if bias is not None:
        own = float(doubles(bias)[index])
        stages.append(TraceStep("bias", total + own, (own,)))
    return _activated(stages, activation)


def _activated(stages: list[TraceStep], activation: Activation | None) -> tuple[TraceStep, ...]:
    if activation in (None, "softmax"):  # softmax is left to the loss: the network gives logits
        return tuple(stages)
    value = activation_module(activation)(torch.tensor(stages[-1].value, dtype=torch.float64)).item()
    return (*stages, TraceStep(activation, value))


def _one_cell(x: Doubles, place: Unit, stages: Sequence[TraceStep]) -> Trace:
    """A unit that sees one unit only."""
    if len(place) == 1:
        return Trace(x[place[0] : place[0] + 1], tuple(stages))
    k, i, j = place
    return Trace(x[k : k + 1, i : i + 1, j : j + 1], tuple(stages), (k,), (i, j))
