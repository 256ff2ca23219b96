"""The arithmetic of one unit of a network for one picture; its result equals what the network computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import torch
from torch import Tensor

from striate.errors import StriateError
from striate.inspection import arithmetic
from striate.inspection.arithmetic import Trace, Unit, as_float64
from striate.inspection.hooks import Activations, record_activations
from striate.nn import Network
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
    Step,
    Subsample,
)


@dataclass(frozen=True)
class UnitArithmetic:
    """How one unit's value is computed, beside the value that the network itself computes in float32."""

    step: Step
    unit: Unit
    trace: Trace
    network_value: float

    @property
    def value(self) -> float:
        """The result of the trace, in double precision."""
        return self.trace.steps[-1].value


def unit_arithmetic(network: Network, image_NCHW: Tensor, path: str, unit: Unit) -> UnitArithmetic:
    """The arithmetic of a unit for one normalized image (1, channels, height, width).

    `unit` is (map, row, column), or (unit,) after a Dense, counted from 0. StriateError if there is no such row, or no
    such unit in it.

        >>> from striate.nn import build
        >>> unit = unit_arithmetic(build("lenet5", seed=0), torch.ones(1, 1, 32, 32), "C1", (2, 0, 0))
        >>> unit.trace.products.shape, abs(unit.value - unit.network_value) < 1e-5
        ((1, 5, 5), True)
    """
    step = network.plan.step(path)
    check_unit(step, unit)
    with torch.no_grad():
        activations = record_activations(network, image_NCHW, rows_needed(step))
    return trace_unit(network, step, unit, activations)


def rows_needed(step: Step) -> list[str]:
    """The rows whose activations `trace_unit` needs for a row: itself, and the last row of each branch."""
    return [step.path, *(branch[-1].path for branch in step.branches if branch)]


def check_unit(step: Step, unit: Unit) -> None:
    """StriateError if a row has no such unit."""
    if len(unit) != len(step.output) or not all(0 <= i < size for i, size in zip(unit, step.output, strict=True)):
        kind = "map, row and column" if len(step.output) == 3 else "number"
        most = ", ".join(str(size - 1) for size in step.output)
        raise StriateError(f"row {step.path}: there is no unit {list(unit)}; expected {kind} from 0 to {most}")


def strongest_unit(output_NCHW: Tensor) -> Unit:
    """The unit with the largest value, for the first image.

    >>> strongest_unit(torch.tensor([[[[0.0, 3.0], [1.0, -5.0]]]]))
    (0, 0, 1)
    """
    return tuple(int(i) for i in np.unravel_index(int(output_NCHW[0].argmax()), output_NCHW[0].shape))


def trace_unit(network: Network, step: Step, unit: Unit, activations: Mapping[str, Activations]) -> UnitArithmetic:
    """The arithmetic of a unit, from the activations of the `rows_needed` for one image."""
    trace = _trace(network, step, unit, activations)
    return UnitArithmetic(step, unit, trace, float(activations[step.path].output[0][unit]))


def _trace(network: Network, step: Step, unit: Unit, activations: Mapping[str, Activations]) -> Trace:
    x, module = as_float64(activations[step.path].input[0]), network.get_submodule(step.path)
    match step.row:
        case Conv():
            return arithmetic.convolution(step, module, x, unit)
        case Dense():
            return arithmetic.dense(step, module, x, unit)
        case MaxPool() | AveragePool() | Subsample() as row:
            return arithmetic.pooling(row, step, module, x, unit)
        case AdaptiveAveragePool():
            return arithmetic.adaptive_pooling(step, x, unit)
        case BatchNorm():
            return arithmetic.batch_norm(step, module, x, unit)
        case LRN():
            return arithmetic.response_norm(module, x, unit)
        case RBF():
            return arithmetic.rbf(module, x, unit)
        case Identity() | Dropout():
            return arithmetic.identity(step, x, unit)
        case Concat():
            return arithmetic.concatenated([as_float64(activations[b[-1].path].output[0]) for b in step.branches], unit)
        case Add():
            body, shortcut = (as_float64(activations[b[-1].path].output[0]) if b else x for b in step.branches)
            return arithmetic.added(step, body, shortcut, unit)
        case row:
            assert_never(row)
