"""A table made a torch module: the walk's steps in order, each row's module under the row's name."""

from __future__ import annotations

from collections import OrderedDict
from math import prod
from typing import assert_never

import torch
from torch import nn

from striate.errors import TableError
from striate.nn import layers
from striate.nn.initialize import initialize
from striate.tables import (
    LRN,
    RBF,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    MaxPool,
    Step,
    Subsample,
    Table,
    load_table,
    walk,
)


class Network(nn.Sequential):
    """A network built from its table: images (N, channels, height, width) to logits (N, classes).

    `network.table` is the table; a row's module is found by its name (`network.C1`, or by path with
    `get_submodule("inception_3a.branch1.conv")`) and returns the row's output.
    """

    def __init__(self, table: Table, modules: OrderedDict[str, nn.Module]) -> None:
        super().__init__(modules)
        self.table = table

    def __getitem__(self, index: slice | int) -> nn.Module:  # type: ignore[override]
        """A row's module, or for a slice the rows as a plain Sequential (`network[:4]` is a feature extractor)."""
        rows = OrderedDict(list(self.named_children())[index]) if isinstance(index, slice) else None
        return super().__getitem__(index) if rows is None else nn.Sequential(rows)


def build(table: Table | str, *, classes: int | None = None, seed: int | None = None) -> Network:
    """Build a table, or the table of a name, with first weights drawn as the table says.

    `classes` replaces the last row's units; `seed` makes the weights reproducible without touching torch's global
    generator. TableError if the table is impossible.

        >>> network = build("lenet5", seed=0)
        >>> sum(parameter.numel() for parameter in network.parameters())
        60000
    """
    table = load_table(table) if isinstance(table, str) else table
    if classes is not None:
        table = table.with_classes(classes)
    network = assemble(table)
    initialize(network, table.initialization, None if seed is None else torch.Generator().manual_seed(seed))
    return network


def assemble(table: Table) -> Network:
    """The network of a table with whatever numbers its memory held, for weights that come from elsewhere."""
    return Network(table, _modules(walk(table)))


def _modules(steps: tuple[Step, ...]) -> OrderedDict[str, nn.Module]:
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for step in steps:
        if hasattr(nn.Sequential, step.row.name) or step.row.name in ("training", "table"):
            raise TableError(f"row {step.path}: the name {step.row.name!r} is taken by torch.nn.Module")
        modules[step.row.name] = _module(step)
    return modules


def _module(step: Step) -> nn.Module:
    match step.row:
        case Conv() as row:
            return _conv(row, step)
        case MaxPool() | AveragePool() as row:
            assert step.window is not None
            kind = "max" if isinstance(row, MaxPool) else "average"
            return layers.Pool2D(kind, step.window, ceil=row.ceil, activation=row.activation)  # type: ignore[arg-type]
        case Subsample() as row:
            assert step.window is not None
            return layers.Subsample2D(step.input[0], step.window, activation=row.activation)
        case LRN() as row:
            return layers.LocalResponseNorm(row.size, row.alpha, row.beta, row.k, row.convention)
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
                concat.add_module(f"branch{number}", nn.Sequential(_modules(branch)))
            return concat
        case Add() as row:
            body, shortcut = (nn.Sequential(_modules(branch)) for branch in step.branches)
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
