"""Gradients at initialization over several seeds, as `docs/gradients.py` measured and kept them in `gradients.json`.

One seed can be the largest of many: the gradient at the first convolution over that at the last differs by a factor of
up to 41 between these seeds. So the ledger has the geometric mean and the range.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ledger_entries.measured import NEAR_ZERO, gradients
from striate.tables import He, Initialization

NETWORKS = ("plain20", "resnet20", "plain56", "resnet56")
FILE = Path(__file__).with_name("gradients.json")
_SINGLE_PRECISION = 1.4e-45  # the smallest number above 0 in it


@dataclass(frozen=True)
class Setting:
    """How a network is initialized, and whether it has batch normalization."""

    initialization: Initialization
    batch_norm: bool


SETTINGS = {
    "He, batch normalization": Setting(He(), batch_norm=True),
    "He, without it": Setting(He(), batch_norm=False),
    "N(0, 0.01), without it": Setting(NEAR_ZERO, batch_norm=False),
}
HE_NORMED, HE, SMALL = SETTINGS


@dataclass(frozen=True)
class Measured:
    """A number for each seed: the norm of the gradient at the first 3x3 convolution over that at the last, by output
    and by weights; the norms by output at the first, middle and last; how many convolutions have a gradient by weights
    that single precision rounds to 0; the least norm by weights."""

    output_ratio: tuple[float, ...]
    weights_ratio: tuple[float, ...]
    first: tuple[float, ...]
    middle: tuple[float, ...]
    last: tuple[float, ...]
    rounded_to_0: tuple[int, ...]
    least: tuple[float, ...]


@cache
def measured(network: str, setting: str) -> Measured:
    """What was measured for a network and the name of a setting."""
    kept = json.loads(FILE.read_text(encoding="utf-8"))[network][setting]
    return Measured(**{name: tuple(numbers) for name, numbers in kept.items()})


def measure(network: str, setting: str, seed: int) -> dict[str, float]:
    """The numbers of `Measured` for one seed."""
    found = gradients(network, SETTINGS[setting].initialization, batch_norm=SETTINGS[setting].batch_norm, seed=seed)
    return {
        "output_ratio": found.ratio,
        "weights_ratio": found.weights_ratio,
        "first": found.by_output[0],
        "middle": found.by_output[len(found.by_output) // 2],
        "last": found.by_output[-1],
        "rounded_to_0": sum(gradient < _SINGLE_PRECISION for gradient in found.by_weights),
        "least": min(found.by_weights),
    }
