"""A step of the walk made a torch module: what every network is put together from."""

from __future__ import annotations

from collections import OrderedDict
from math import prod
from typing import Literal, assert_never

from torch import nn

from striate.errors import TableError
from striate.nn import layers, pooling
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


def check_name(path: str, name: str) -> None:
    """TableError if a row or head has a name that torch's modules need for themselves."""
    if hasattr(nn.Sequential, name) or name in ("training", "table", "plan"):
        raise TableError(f"row {path}: the name {name!r} is taken by torch.nn.Module")


def build_modules(steps: tuple[Step, ...]) -> OrderedDict[str, nn.Module]:
    """The modules of steps in order, each under its row's name. TableError if torch needs a name for itself."""
    named: OrderedDict[str, nn.Module] = OrderedDict()
    for step in steps:
        check_name(step.path, step.row.name)
        named[step.row.name] = build_module(step)
    return named


def build_module(step: Step) -> nn.Module:
    """The module of one step, its parameters not yet drawn."""
    match step.row:
        case Conv() as row:
            return _conv(row, step)
        case MaxPool() as row:
            return _pool("max", row, step)
        case AveragePool() as row:
            return _pool("average", row, step)
        case Subsample() as row:
            assert step.window is not None
            return pooling.Subsample2D(step.input[0], step.window, activation=row.activation)
        case AdaptiveAveragePool():
            return nn.AdaptiveAvgPool2d(step.output[1:])
        case Identity():
            assert step.window is not None
            return pooling.StridedIdentity(step.input[0], step.output[0], step.window.stride)
        case LRN() as row:
            return layers.LocalResponseNorm(row.size, row.alpha, row.beta, row.k, row.convention, row.groups)
        case BatchNorm() as row:
            return layers.BatchNorm(step.input, epsilon=row.epsilon, momentum=row.momentum, activation=row.activation)
        case Dropout() as row:
            return nn.Dropout(row.rate)
        case Dense() as row:
            return layers.Dense(prod(step.input), row.units, bias=row.bias, activation=row.activation)
        case RBF() as row:
            return layers.RBF(row.prototypes)
        case Concat():
            concat = layers.Concat()
            for number, branch in enumerate(step.branches, 1):
                concat.add_module(f"branch{number}", nn.Sequential(build_modules(branch)))
            return concat
        case Add() as row:
            body, shortcut = (nn.Sequential(build_modules(branch)) for branch in step.branches)
            return layers.Add(body, shortcut, activation=row.activation)
        case row:
            assert_never(row)


def _conv(row: Conv, step: Step) -> nn.Module:
    assert step.window is not None
    if row.connections is not None:
        return layers.SparseConv2D(
            step.input[0], row.connections, step.window, bias=row.bias, activation=row.activation
        )
    return layers.Conv2D(
        step.input[0], row.maps, step.window, groups=row.groups, bias=row.bias, activation=row.activation
    )


def _pool(kind: Literal["max", "average"], row: MaxPool | AveragePool, step: Step) -> nn.Module:
    assert step.window is not None
    return pooling.Pool2D(kind, step.window, ceil=row.ceil, activation=row.activation)
