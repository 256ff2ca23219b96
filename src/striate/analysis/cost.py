"""The cost of each row of a table: parameters, multiply-adds, connections, neurons.

One MAC is one multiply-add of a convolution or dense layer; a bias is no MAC, and pooling, normalization and the
fixed RBF count none. Connections are LeCun et al. 1998's: the links of the units, biases included. Neurons are
the units with trainable connections or a prototype, as Krizhevsky et al. 2012 count them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, prod
from typing import assert_never

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
    flatten,
)


@dataclass(frozen=True)
class Cost:
    """Counts for one image. `buffers` are numbers that a model keeps but does not train."""

    parameters: int = 0
    macs: int = 0
    connections: int = 0
    neurons: int = 0
    buffers: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.parameters + other.parameters,
            self.macs + other.macs,
            self.connections + other.connections,
            self.neurons + other.neurons,
            self.buffers + other.buffers,
        )


def row_cost(step: Step) -> Cost:
    """The cost of one row; a combinator itself costs nothing.

    >>> from striate.tables import load_plan
    >>> row_cost(load_plan("lenet5").step("C1"))
    Cost(parameters=156, macs=117600, connections=122304, neurons=4704, buffers=0)
    """
    match step.row:
        case Conv() as row:
            return _conv(row, step)
        case Subsample():
            maps, positions = step.output[0], prod(step.output[1:])
            connections = equations.subsample_connections(_area(step), maps, positions)
            return Cost(parameters=2 * maps, connections=connections, neurons=prod(step.output))
        case MaxPool() | AveragePool():
            return Cost(connections=_area(step) * prod(step.output))
        case AdaptiveAveragePool():
            return Cost(connections=_adaptive_cells(step) * step.output[0])
        case BatchNorm():
            return Cost(parameters=2 * step.output[0], buffers=2 * step.output[0])
        case Dense(units=units, bias=bias):
            inputs = prod(step.input)
            parameters = equations.dense_parameters(inputs, units, bias=bias)
            return Cost(parameters, equations.dense_macs(inputs, units), parameters, units)
        case RBF(prototypes=prototypes):
            cells = prod(step.input) * len(prototypes)
            return Cost(connections=cells, neurons=len(prototypes), buffers=cells)
        case LRN() | Dropout() | Identity() | Concat() | Add():
            return Cost()
        case row:
            assert_never(row)


def step_cost(step: Step) -> Cost:
    """The cost of one row with all rows inside it.

    >>> from striate.tables import load_plan
    >>> step_cost(load_plan("googlenet").step("inception_3a")).parameters
    163696
    """
    return sum(map(row_cost, flatten((step,))), Cost())


def total_cost(plan: Plan) -> Cost:
    """The sum over all rows, without auxiliary heads.

    >>> from striate.tables import load_plan
    >>> total_cost(load_plan("lenet5")).connections
    340908
    """
    return sum(map(row_cost, plan.flat), Cost())


def trained_cost(plan: Plan) -> Cost:
    """The sum over all rows and those of the auxiliary heads: all that is trained.

    >>> from striate.tables import load_plan
    >>> trained_cost(load_plan("googlenet")).parameters
    13378280
    """
    return sum(map(row_cost, plan.flat_with_heads), Cost())


def _conv(row: Conv, step: Step) -> Cost:
    kernels, area, positions = row.kernels(step.input[0]), _area(step), prod(step.output[1:])
    biases = row.maps if row.bias else 0
    return Cost(
        parameters=equations.conv_parameters(kernels, area, biases),
        macs=equations.conv_macs(kernels, area, positions),
        connections=equations.conv_connections(kernels, area, biases, positions),
        neurons=prod(step.output),
    )


def _adaptive_cells(step: Step) -> int:
    """Cells of all windows over one map: along an axis windows share a cell but where one ends as the next begins."""
    rows, columns = (
        size + outputs - gcd(size, outputs) for size, outputs in zip(step.input[1:], step.output[1:], strict=True)
    )
    return rows * columns


def _area(step: Step) -> int:
    assert step.window is not None
    return step.window.area
