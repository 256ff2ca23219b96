"""A table made a torch module: the walk's steps in order, each row's module under the row's name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import overload

import torch
from torch import Tensor, nn

from striate.nn.initialize import initialize
from striate.nn.modules import build_modules, check_name
from striate.nn.pretrained import pretrained_state
from striate.nn.towers import Towers
from striate.tables import Table, load_table, walk, walk_heads

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
            x = getattr(self, row.name)(x)
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


@overload
def build(
    table: Table | str, *, classes: int | None = None, seed: int | None = None, pretrained: bool = False
) -> Network: ...


@overload
def build(
    table: Table | str,
    *,
    classes: int | None = None,
    seed: int | None = None,
    pretrained: bool = False,
    devices: Sequence[torch.device | str],
) -> Towers: ...


def build(
    table: Table | str,
    *,
    classes: int | None = None,
    seed: int | None = None,
    pretrained: bool = False,
    devices: Sequence[torch.device | str] | None = None,
) -> Network | Towers:
    """Build a table, or the table of a name, with first weights drawn as the table says.

    `classes` replaces the last row's units; `seed` makes the weights reproducible without touching torch's global
    generator; `pretrained` takes torchvision's ImageNet weights for a `:torchvision` table, and draws only a last
    row with another number of classes; `devices` lays a table's towers on a device each (`alexnet`, two).
    TableError if the table is impossible, ModelError if there are no weights or no such towers.

        >>> network = build("lenet5", seed=0)
        >>> sum(parameter.numel() for parameter in network.parameters())
        60000
    """
    table = load_table(table) if isinstance(table, str) else table
    if classes is not None:
        table = table.with_classes(classes)
    network = assemble(table)
    initialize(network, table.initialization, None if seed is None else torch.Generator().manual_seed(seed))
    if pretrained:
        network.load_state_dict(pretrained_state(table, network.state_dict()))
    if devices is None:
        return network
    return Towers(table, network.state_dict(), devices)


def assemble(table: Table) -> Network:
    """The network of a table with whatever numbers its memory held, for weights that come from elsewhere."""
    heads: OrderedDict[str, nn.Module] = OrderedDict()
    for head, steps in zip(table.heads, walk_heads(table), strict=True):
        check_name(head.name, head.name)
        heads[head.name] = nn.Sequential(build_modules(steps))
    return Network(table, build_modules(walk(table)), heads)
