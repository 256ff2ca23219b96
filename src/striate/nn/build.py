"""A table made a torch module: the walk's steps in order, each row's module under the row's name."""

from __future__ import annotations

from collections import OrderedDict
from math import prod
from typing import assert_never, cast

import torch
from torch import Tensor, nn

from striate.errors import TableError
from striate.nn import layers, pooling
from striate.nn.initialize import initialize
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
    Table,
    load_table,
    walk,
    walk_heads,
)

Outputs = Tensor | tuple[Tensor, ...]
"""Logits; in training those of the network and of each auxiliary head, in order."""


class Network(nn.Module):
    """A network built from its table: images (N, channels, height, width) to logits (N, classes).

    In training mode a table with auxiliary heads gives a tuple: the logits, then those of each head. A row's module
    is found by its name (`network.C1`, or by path with `get_submodule("inception_3a.branch1.conv1x1")`) and
    returns the row's output; `network[:4]` is the first four rows. `network.table` is the table.
    """

    def __init__(self, table: Table, rows: OrderedDict[str, nn.Module], heads: OrderedDict[str, nn.Module]) -> None:
        super().__init__()
        self.table = table
        for name, module in (rows | heads).items():
            self.add_module(name, module)

    def forward(self, images_NCHW: Tensor) -> Outputs:
        x, heads = images_NCHW, []
        for row in self.table.rows:
            x = self.get_submodule(row.name)(x)
            if self.training:
                heads += [self.get_submodule(head.name)(x) for head in self.table.heads if head.after == row.name]
        return (x, *heads) if heads else x

    def __getitem__(self, index: slice | int) -> nn.Module:
        """A row's module, or for a slice the rows as a plain Sequential (`network[:4]` is a feature extractor)."""
        if isinstance(index, slice):
            return nn.Sequential(
                OrderedDict((row.name, self.get_submodule(row.name)) for row in self.table.rows[index])
            )
        return self.get_submodule(self.table.rows[index].name)

    def __len__(self) -> int:
        """The number of rows at the top level."""
        return len(self.table.rows)


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
    heads = OrderedDict(
        (head.name, nn.Sequential(_modules(steps))) for head, steps in zip(table.heads, walk_heads(table), strict=True)
    )
    return Network(table, _modules(walk(table)), cast(OrderedDict[str, nn.Module], heads))


def _modules(steps: tuple[Step, ...]) -> OrderedDict[str, nn.Module]:
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for step in steps:
        if hasattr(nn.Sequential, step.row.name) or step.row.name in ("training", "table"):
            raise TableError(f"row {step.path}: the name {step.row.name!r} is taken by torch.nn.Module")
        modules[step.row.name] = module(step)
    return modules


def module(step: Step) -> nn.Module:
    """The module of one step, its parameters not yet drawn."""
    match step.row:
        case Conv() as row:
            return _conv(row, step)
        case MaxPool() | AveragePool() as row:
            assert step.window is not None
            kind = "max" if isinstance(row, MaxPool) else "average"
            return pooling.Pool2D(kind, step.window, ceil=row.ceil, activation=row.activation)  # type: ignore[arg-type]
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
