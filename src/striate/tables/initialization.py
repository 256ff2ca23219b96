"""How weights are initialized, as data: a table states it, `striate.nn.initialize` carries it out. Biases are zero
unless stated otherwise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from striate.errors import TableError
from striate.tables.schema import TaggedUnion


class _Scheme(TaggedUnion):
    def check(self, biased: Collection[str]) -> None:
        """TableError if a number is impossible, or a named row is not among `biased`, the rows with a bias."""


@dataclass(frozen=True)
class ByActivation(_Scheme):
    """Normal, variance 2 / fan-in before a ReLU (He et al. 2015, equation 10), else 1 / fan-in (LeCun et al. 1998,
    "Efficient BackProp", 4.6)."""


@dataclass(frozen=True)
class LeCun(_Scheme):
    """Uniform within 2.4 / fan-in. Source: LeCun et al. 1998, appendix A."""


@dataclass(frozen=True)
class He(_Scheme):
    """Normal, variance 2 / fan-in, for every weight, whatever follows it. Source: He et al. 2015, equation 10."""


@dataclass(frozen=True, kw_only=True)
class Gaussian(_Scheme):
    """Normal with one spread for every weight; the biases of the rows in `bias_one` start at 1.

    Source: Krizhevsky et al. 2012, section 5.
    """

    std: float = 0.01
    bias_one: tuple[str, ...] = ()

    def check(self, biased: Collection[str]) -> None:
        """TableError if the spread is not above 0 or a row is named that has no bias."""
        if not (self.std > 0 and isfinite(self.std)):
            raise TableError(f"initialization: std must be above 0: {self.std}")
        for name in self.bias_one:
            if name not in biased:
                raise TableError(f"initialization: there is no row {name!r} whose bias could start at 1")


@dataclass(frozen=True, kw_only=True)
class Xavier(_Scheme):
    """Uniform, variance 1 / fan-in, and one value for the biases of rows with a ReLU: Caffe's "xavier".

    Source: after Glorot and Bengio 2010, whose variance is 2 / (fan-in + fan-out).
    """

    bias: float = 0.0

    def check(self, biased: Collection[str]) -> None:  # noqa: ARG002
        """TableError if the bias is no finite number."""
        if not isfinite(self.bias):
            raise TableError(f"initialization: bias must be finite: {self.bias}")


@dataclass(frozen=True, kw_only=True)
class Torch(_Scheme):
    """As torch's layers start by themselves, or torchvision's networks: biases uniform within 1 / sqrt(fan-in).

    `weights` are "uniform" within the same (AlexNet there); or of convolutions normal, variance 2 / "fan_out" (He et
    al. 2015, equation 14; the ResNets there); or all "normal" with a spread of 0.01 (GoogLeNet there).
    """

    weights: Literal["uniform", "fan_out", "normal"] = "uniform"


Initialization = ByActivation | LeCun | He | Gaussian | Xavier | Torch
