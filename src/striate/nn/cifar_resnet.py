"""The public weights of the CIFAR-10 ResNets: their names, their order of maps, their preprocessing.

Yerlan Idelbayev, github.com/akamaster/pytorch_resnet_cifar10: section 4.2 of the paper with shortcut option A, the
network of `resnet20` to `resnet110`. Where a stage doubles the maps, its identity has half of the new maps before the
old ones and half after; ours has all of them after. So the maps on the path of the shortcuts have another order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from striate.nn.key_rules import Rules
from striate.tables import IMAGENET_MEAN, IMAGENET_STD, Table

_MAPS = (16, 32, 64)  # of the three stages

_RULES: Rules = (
    (
        r"conv(\d)_(\d+)\.body\.(bn\d)\.norm\.(\w+)",
        lambda key: f"layer{int(key[1]) - 1}.{int(key[2]) - 1}.{key[3]}.{key[4]}",
    ),
    (r"conv(\d)_(\d+)\.body\.(conv\d\.\w+)", lambda key: f"layer{int(key[1]) - 1}.{int(key[2]) - 1}.{key[3]}"),
    (r"bn1\.norm\.(\w+)", lambda key: f"bn1.{key[1]}"),
    (r"conv1\.(\w+)", lambda key: f"conv1.{key[1]}"),
    (r"fc\.(\w+)", lambda key: f"linear.{key[1]}"),
)

CIFAR_RULES: dict[str, Rules] = {f"resnet{depth}": _RULES for depth in (20, 32, 44, 56, 110)}
"""From our keys to the public ones, by a table's name."""


def with_public_preprocessing(table: Table) -> Table:
    """The table with the mean and the spread of colours that the public weights were trained with."""
    return replace(table, preprocessing=replace(table.preprocessing, mean=IMAGENET_MEAN, std=IMAGENET_STD))


def shortcut_orders() -> dict[int, list[int]]:
    """For each stage, 2 to 4, which public map each of ours is, along the path of the shortcuts.

    Ours begin with those of the stage before, which the public identity has in the middle; the new ones follow.

    >>> orders = shortcut_orders()
    >>> orders[2] == list(range(16)), orders[3][:3], orders[3][16:18], orders[4][:3], orders[4][32:34]
    (True, [8, 9, 10], [0, 1], [24, 25, 26], [0, 1])
    """
    order = list(range(_MAPS[0]))
    orders = {2: order}
    for stage, maps in enumerate(_MAPS[1:], 3):
        before = (maps - len(order)) // 2
        order = [*(before + place for place in order), *range(before), *range(maps - before, maps)]
        orders[stage] = order
    return orders


def in_our_order(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The public weights, under our keys, in our order of maps: the same computation as before by our identities.

    Only what is on the path of the shortcuts has another order: what a unit's first convolution reads, what its second
    one and the batch normalization after it write, and what `fc` reads. The maps within a unit stay.
    """
    orders = shortcut_orders()
    ordered = dict(state)
    for key, tensor in state.items():
        if key == "fc.weight":
            ordered[key] = tensor[:, orders[4]]
        elif unit := re.fullmatch(r"conv(\d)_(\d+)\.body\.(\w+)\..+", key):
            stage, is_first = int(unit[1]), unit[2] == "1"
            if unit[3] == "conv1":
                ordered[key] = tensor[:, orders[max(2, stage - 1) if is_first else stage]]
            elif unit[3] in ("conv2", "bn2") and tensor.dim():  # the counter of batches is one number
                ordered[key] = tensor[orders[stage]]
    return ordered
