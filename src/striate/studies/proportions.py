"""Intervals of a proportion, and of the difference of two, by the score test of Wilson.

Sources: Wilson 1927, Journal of the American Statistical Association 22:209; Newcombe 1998, Statistics in Medicine
17:873, method 10, for the difference. Both are recommended by Brown, Cai and DasGupta 2001, Statistical Science 16:101.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from striate.studies.paired import CONFIDENCE

Interval = tuple[float, float]


def wilson_interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a proportion (low, high): those that the score test does not reject; all, without a trial.

    >>> [round(end, 3) for end in wilson_interval(9, 10)], wilson_interval(0, 0)
    ([0.596, 0.982], (0.0, 1.0))
    """
    if trials == 0:
        return 0.0, 1.0
    z, share = NormalDist().inv_cdf((1 + confidence) / 2), hits / trials
    middle = share + z * z / (2 * trials)
    reach = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def difference_interval(
    first: tuple[int, int], second: tuple[int, int], confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The interval of the first proportion less the second (low, high), each given as (hits, trials), at least one.

    >>> [round(end, 4) for end in difference_interval((56, 70), (48, 80))]  # Newcombe's table II, (a)
    [0.0524, 0.3339]
    """
    shares = [hits / trials for hits, trials in (first, second)]
    (low_1, high_1), (low_2, high_2) = (wilson_interval(*counts, confidence) for counts in (first, second))
    difference = shares[0] - shares[1]
    return (
        difference - math.hypot(shares[0] - low_1, high_2 - shares[1]),
        difference + math.hypot(high_1 - shares[0], shares[1] - low_2),
    )
