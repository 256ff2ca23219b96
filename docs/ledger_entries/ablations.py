"""What each idea of the notes buys, as `scripts/ablations.py` measured and kept it in `ablations.json`.

While that file is not there, nothing is said of it: the ledger and `docs/ablations.md` are then without results.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("ablations.json")
IMAGES, SEEDS, VAL_FRACTION = 10_000, 5, 0.05


@dataclass(frozen=True)
class Group:
    """A base and its variants, each with the idea that it is about; how many epochs, and by which recipe."""

    name: str
    base: str
    ideas: dict[str, str]
    epochs: int
    short: bool = False


GROUPS = (
    Group(
        "alexnet",
        "alexnet:small",
        {
            "alexnet:small-no-lrn": "LRN or none",
            "alexnet:small-pool-2x2": "overlapping pooling or not",
            "alexnet:small-no-dropout": "dropout or none",
            "alexnet:small-no-augmentation": "augmentation or none",
            "alexnet:small-3x3": "one 5×5 or two 3×3",
            "alexnet:small-max-pool": "average pooling after conv2 and conv3, or max",
            "alexnet:small-average-pool": "max pooling after conv1, or average",
        },
        epochs=10,
    ),
    Group(
        "depth-20",
        "resnet20",
        {
            "plain20": "shortcut or none at depth 20",
            "resnet20:B": "option A or B",
            "resnet20:C": "option A or C",
        },
        epochs=2,
        short=True,
    ),
    Group("depth-32", "resnet32", {"plain32": "shortcut or none at depth 32"}, epochs=2, short=True),
    Group("depth-44", "resnet44", {"plain44": "shortcut or none at depth 44"}, epochs=2, short=True),
    Group("head", "googlenet:small", {"googlenet:small-no-head": "auxiliary head or none"}, epochs=2),
)


def kept(file: Path = FILE) -> dict[str, Any] | None:
    """What was measured: for each group of `groups` its name, machine, command and result. None if nothing is."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


@cache
def measured_effect(*variants: str) -> str:
    """What was measured of some variants, sentences to follow another; empty while nothing is measured."""
    results = {
        variant["table"]: (group, variant)
        for group in (kept() or {"groups": []})["groups"]
        for variant in group["variants"]
    }
    return "".join(f" {_sentence(*results[name])}" for name in variants if name in results)


def _sentence(group: dict[str, Any], variant: dict[str, Any]) -> str:
    base, seeds = group["base"]["table"], len(group["seeds"])
    return (
        f"Measured ([how](ablations.md)): `{variant['table']}` has {effect(variant)} against `{base}`, {seeds} seeds on"
        f" {group['images']:,} pictures of CIFAR-10."
    )


def effect(variant: dict[str, Any]) -> str:
    """A variant's difference in words, from what was kept.

    >>> effect({"difference": {"mean": -1.234, "interval": [-2.0, -0.5], "measured": True}})
    '−1.2 points of accuracy (95 % interval −2.0 to −0.5)'
    >>> effect({"difference": {"mean": 0.3, "interval": [-0.5, 1.1], "measured": False}})
    'no measured difference of accuracy (+0.3 points, 95 % interval −0.5 to +1.1)'
    """
    difference = variant["difference"]
    mean, low, high = (_points(number) for number in (difference["mean"], *difference["interval"]))
    if difference["measured"]:
        return f"{mean} points of accuracy (95 % interval {low} to {high})"
    return f"no measured difference of accuracy ({mean} points, 95 % interval {low} to {high})"


def _points(number: float) -> str:
    return "0.0" if abs(number) < 0.05 else f"{number:+.1f}".replace("-", "−")
