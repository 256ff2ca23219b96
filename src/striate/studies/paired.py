"""Paired differences: two networks trained with the same draws, seed by seed, and what their mean difference can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

CONFIDENCE = 0.95
"""Of the interval: it holds the true mean in so many of many experiments."""


@dataclass(frozen=True)
class PairedDifference:
    """A difference for each seed, their mean, and the 95 % interval of the mean by Student's t (low, high).

    >>> difference = PairedDifference.of([1.0, 2.0, 3.0])
    >>> difference.mean, [round(end, 2) for end in difference.interval], difference.is_measured
    (2.0, [-0.48, 4.48], False)
    """

    by_seed: tuple[float, ...]
    mean: float
    interval: tuple[float, float]

    @staticmethod
    def of(differences: Sequence[float]) -> PairedDifference:
        """Of at least two differences."""
        from scipy.special import stdtrit

        count = len(differences)
        mean, error = fmean(differences), stdev(differences) / math.sqrt(count)
        reach = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * error
        return PairedDifference(tuple(differences), mean, (mean - reach, mean + reach))

    @property
    def is_measured(self) -> bool:
        """Whether the interval leaves out 0."""
        low, high = self.interval
        return not low <= 0 <= high
