"""What an ablation has found, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from striate.studies.paired import CONFIDENCE, PairedDifference


@dataclass(frozen=True)
class TableResult:
    """The trainings of one table, one for each seed: run directories relative to the ablation's, validation accuracies
    from 0 to 1, seconds of training; the most epochs that one took; and what the network costs."""

    table: str
    runs: tuple[str, ...]
    accuracies: tuple[float, ...]
    seconds: tuple[float, ...]
    epochs: int
    parameters: int
    macs: int

    @property
    def accuracy(self) -> float:
        """The mean accuracy."""
        return fmean(self.accuracies)

    @property
    def median_seconds(self) -> float:
        """Seconds that a training takes, the median."""
        return median(self.seconds)


@dataclass(frozen=True)
class Variant:
    """A variant's result, its difference of accuracy from the base in points of a percent, and the share of its first
    weights that the base has too."""

    result: TableResult
    difference: PairedDifference
    shared_weights: float


@dataclass(frozen=True)
class Ablation:
    """A base and its variants, trained on `images` images for so many seeds, and scored on `validation_images`."""

    directory: Path
    data: str
    images: int
    validation_images: int
    seeds: int
    devices: tuple[str, ...]
    base: TableResult
    variants: tuple[Variant, ...]


def ablation_to_json(ablation: Ablation, command: str | None = None) -> dict[str, Any]:
    """The result as JSON has it: accuracies from 0 to 1, differences in points."""
    return {
        "schema": 1,
        "command": command,
        "data": ablation.data,
        "images": ablation.images,
        "validation_images": ablation.validation_images,
        "seeds": list(range(ablation.seeds)),
        "devices": list(ablation.devices),
        "confidence": CONFIDENCE,
        "base": _table(ablation.base),
        "variants": [
            {
                **_table(variant.result),
                "difference": {
                    "by_seed": list(variant.difference.by_seed),
                    "mean": variant.difference.mean,
                    "interval": list(variant.difference.interval),
                    "measured": variant.difference.is_measured,
                },
                "shared_weights": variant.shared_weights,
            }
            for variant in ablation.variants
        ],
    }


def _table(result: TableResult) -> dict[str, Any]:
    return {
        "table": result.table,
        "runs": list(result.runs),
        "accuracies": list(result.accuracies),
        "accuracy": result.accuracy,
        "parameters": result.parameters,
        "macs": result.macs,
        "epochs": result.epochs,
        "seconds": list(result.seconds),
        "median_seconds": result.median_seconds,
    }


def points(number: float, *, signed: bool = True) -> str:
    """A difference in points with two decimals.

    >>> points(0.5), points(-1.234), points(-0.001), points(-1.234, signed=False)
    ('+0.50', '−1.23', '0.00', '−1.23')
    """
    text = f"{number:+.2f}" if signed else f"{number:.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def interval(difference: PairedDifference) -> str:
    """The interval in words.

    >>> interval(PairedDifference.of([1.0, 2.0, 3.0]))
    '−0.48 to +4.48'
    """
    low, high = difference.interval
    return f"{points(low)} to {points(high)}"


def finding(base: str, variant: Variant) -> str:
    """What was found of a variant, in a sentence.

    >>> result = TableResult("plain20", (), (), (), 1, 1, 1)
    >>> finding("resnet20", Variant(result, PairedDifference.of([1.0, 2.0, 3.0]), 1.0))
    'plain20 against resnet20: no difference was measured (mean +2.00 points, 95 % interval −0.48 to +4.48)'
    """
    difference = variant.difference
    mean, ends = f"{points(difference.mean)} points", f"95 % interval {interval(difference)}"
    found = f"{mean} ({ends})" if difference.is_measured else f"no difference was measured (mean {mean}, {ends})"
    return f"{variant.result.table} against {base}: {found}"
