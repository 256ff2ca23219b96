"""How a network is trained, as data: a table states it, `striate.training` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from striate.errors import TableError

Loss = Literal["cross_entropy", "rbf_mse", "rbf_map"]


@dataclass(frozen=True)
class Recipe:
    """A training recipe. The defaults suit small networks on small data sets.

    `loss` is "cross_entropy", or LeCun et al. 1998's equation 8 ("rbf_mse") or 9 ("rbf_map") for an RBF output.
    `schedule` moves the learning rate, step by step: "constant", or "one_cycle" (up over the first fifth, then
    down along a cosine; Smith and Topin 2017). `momentum` is SGD's; AdamW keeps its usual betas.
    """

    optimizer: Literal["sgd", "adamw"] = "adamw"
    learning_rate: float = 3e-3
    momentum: float = 0.9
    weight_decay: float = 1e-2
    batch_size: int = 64
    epochs: int = 20
    schedule: Literal["constant", "one_cycle"] = "one_cycle"
    loss: Loss = "cross_entropy"
    seed: int = 0
    source: str = ""

    def check(self) -> None:
        """TableError if a number cannot be."""
        for field, least in (("epochs", 1), ("batch_size", 1), ("seed", 0)):
            if getattr(self, field) < least:
                raise TableError(f"recipe: {field} must be at least {least}: {getattr(self, field)}")
        if self.seed >= 2**63:
            raise TableError(f"recipe: seed must be less than 2^63: {self.seed}")
        if not 0 < self.learning_rate < inf:
            raise TableError(f"recipe: learning_rate must be above 0: {self.learning_rate}")
        if not 0 <= self.momentum < 1 or not 0 <= self.weight_decay < inf:
            raise TableError(
                f"recipe: momentum must be in [0, 1), weight_decay not negative: {self.momentum}, {self.weight_decay}"
            )
