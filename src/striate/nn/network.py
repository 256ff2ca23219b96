"""A plan as a torch module: each row's module under the row's name."""

from __future__ import annotations

import itertools
import os
from collections import OrderedDict
from collections.abc import Sequence
from typing import overload

import torch
from torch import Tensor, nn

from striate.errors import ModelError
from striate.nn.initialize import initialize
from striate.nn.modules import build_modules, check_name
from striate.nn.pretrained import pretrained_state
from striate.nn.towers import Towers
from striate.nn.weights_file import state_from_file, table_for_weights
from striate.tables import Plan, Table, as_plan

Outputs = Tensor | tuple[Tensor, ...]
"""Logits; in training those of the network and of each auxiliary head, in order."""


class Network(nn.Module):
    """A network built from its plan: images (N, channels, height, width) to logits (N, classes).

    In training mode a table with auxiliary heads gives a tuple: the logits, then those of each head, in the table's
    order. A row's module is found by its name (`network.C1`, or by path with
    `get_submodule("inception_3a.branch1.conv1x1")`) and returns the row's output; `network[:4]` is the first four
    rows. `network.plan` is the plan, `network.table` its table.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        for name, module in build_modules(plan.steps).items():
            self.add_module(name, module)
        for head in plan.heads:
            check_name(head.head.name, head.head.name)
            self.add_module(head.head.name, nn.Sequential(build_modules(head.steps)))

    @property
    def table(self) -> Table:
        """The table that states this network."""
        return self.plan.table

    def forward(self, images_NCHW: Tensor) -> Outputs:
        x, outputs = images_NCHW, dict[str, Tensor]()
        for row in self.table.rows:
            x = getattr(self, row.name)(x)
            if self.training:
                for head in self.table.heads:
                    if head.after == row.name:
                        outputs[head.name] = self.get_submodule(head.name)(x)
        return (x, *(outputs[head.name] for head in self.table.heads)) if outputs else x

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


NOT_FINITE = "the model's logits are not finite"
"""What is wrong where numbers have overflowed: there are no probabilities then."""


def check_logits(logits: Tensor) -> Tensor:
    """These logits; ModelError if one of them is not finite.

    >>> check_logits(torch.tensor([1.0, float("nan")]))
    Traceback (most recent call last):
    striate.errors.ModelError: the model's logits are not finite
    """
    if not logits.isfinite().all():
        raise ModelError(NOT_FINITE)
    return logits


def device_of(network: nn.Module) -> torch.device:
    """The device of a network's weights, where its input must be; the CPU for a network without any.

    >>> device_of(build("lenet5"))
    device(type='cpu')
    """
    tensors = itertools.chain(network.parameters(), network.buffers())
    return next((tensor.device for tensor in tensors), torch.device("cpu"))


@overload
def build(
    network: Plan | Table | str,
    *,
    classes: int | None = None,
    seed: int | None = None,
    pretrained: bool = False,
    weights: str | os.PathLike[str] | None = None,
) -> Network: ...


@overload
def build(
    network: Plan | Table | str,
    *,
    classes: int | None = None,
    seed: int | None = None,
    pretrained: bool = False,
    weights: str | os.PathLike[str] | None = None,
    devices: Sequence[torch.device | str],
) -> Towers: ...


def build(
    network: Plan | Table | str,
    *,
    classes: int | None = None,
    seed: int | None = None,
    pretrained: bool = False,
    weights: str | os.PathLike[str] | None = None,
    devices: Sequence[torch.device | str] | None = None,
) -> Network | Towers:
    """Build a network from its name, table or plan, with weights initialized by the table's scheme.

    `classes` replaces the last row's units; `seed` makes the weights reproducible without touching torch's global
    generator; `pretrained` takes torchvision's ImageNet weights for a `:torchvision` table, and initializes only a last
    row with another number of classes; `devices` lays a table's towers on a device each (`alexnet`, two).

    `weights` takes those of a file by torch.save: torchvision's for a `:torchvision` table, or the public ones of the
    CIFAR-10 ResNets (akamaster/pytorch_resnet_cifar10) for `resnet20` to `resnet110`, whose mean and spread then stand
    in the network's table. The file must fit, except for a last row with another number of `classes`.

    TableError if the table is impossible, ModelError if there are no weights, if they do not fit, or no such towers.

        >>> network = build("lenet5", seed=0)
        >>> sum(parameter.numel() for parameter in network.parameters())
        60000
    """
    plan = as_plan(network)
    if classes is not None and classes != plan.table.classes:
        plan = plan.table.with_classes(classes).plan()
    if weights is not None:
        if pretrained:
            raise ModelError("weights come from torchvision (pretrained) or from a file (weights), not from both")
        plan = table_for_weights(plan.table).plan()
    built = Network(plan)
    initialize(built, plan, None if seed is None else torch.Generator().manual_seed(seed))
    if pretrained:
        built.load_state_dict(pretrained_state(plan.table, built.state_dict()))
    if weights is not None:
        state = state_from_file(plan.table, weights, built.state_dict(), new_classes=classes is not None)
        built.load_state_dict(state)
    if devices is None:
        return built
    return Towers(plan, built.state_dict(), devices)
