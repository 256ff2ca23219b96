"""Two models that answer the same pictures: McNemar's exact test, and the interval of the difference of accuracy.

What it is worth holds for these two models and pictures like these. Whether one recipe is better than another is for
several seeds to say (`ablate`).

Sources: McNemar 1947, Psychometrika 12:153, the test that Dietterich 1998, Neural Computation 10:1895, recommends for
two classifiers with one test set; Tango 1998, Statistics in Medicine 17:891, the interval, one of those that Fagerland,
Lydersen and Laake 2014, Statistics in Medicine 33:2850, recommend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from striate.studies.paired import CONFIDENCE


@dataclass(frozen=True)
class PairedAnswers:
    """How many of the same pictures both models have right, only the first, only the second, and neither.

    >>> answers = PairedAnswers(both=80, first_only=9, second_only=1, neither=10)
    >>> answers.difference, round(answers.p_value, 4), [round(end, 3) for end in answers.interval]
    (-0.08, 0.0215, [-0.154, -0.023])
    >>> PairedAnswers(both=100, first_only=0, second_only=0, neither=0).p_value
    1.0
    """

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def pictures(self) -> int:
        """The number of pictures, at least one."""
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def difference(self) -> float:
        """The second's accuracy less the first's."""
        return (self.second_only - self.first_only) / self.pictures

    @property
    def p_value(self) -> float:
        """McNemar's exact test, two-sided: of the pictures that one model alone has right, each has half."""
        from scipy.special import bdtr

        fewer, differing = min(self.first_only, self.second_only), self.first_only + self.second_only
        return min(1.0, 2 * float(bdtr(fewer, differing, 0.5))) if differing else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference (low, high): those that Tango's score test does not reject."""
        from scipy.special import ndtri

        limit = float(ndtri((1 + CONFIDENCE) / 2))
        return self._end(limit, -1.0), self._end(-limit, 1.0)

    def _end(self, score: float, far: float) -> float:
        """The difference between the estimate and `far` whose score is this one, by bisection."""
        near = self.difference
        while True:
            middle = (near + far) / 2
            if middle in (near, far):
                return middle
            if abs(self._score(middle)) < abs(score):
                near = middle
            else:
                far = middle

    def _score(self, difference: float) -> float:
        """Tango's statistic: how many standard errors the counts are from what this difference lets expect.

        At 0 it is McNemar's (b - c) / sqrt(b + c).
        """
        n, b, c = self.pictures, self.second_only, self.first_only
        linear, constant = (2 * n - b + c) * difference - b - c, -c * difference * (1 - difference)
        share = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)  # of c, by maximum likelihood
        variance = n * (2 * share + difference * (1 - difference))
        distance = b - c - n * difference
        return distance / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, distance)
