"""Local response normalization as competition: the values of neighbouring maps at one place, before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from striate import equations
from striate.errors import StriateError
from striate.inspection.arithmetic import Doubles


@dataclass(frozen=True)
class ChannelCompetition:
    """The values of all maps at one place, (maps,), before and `after` local response normalization.

    Map i competes with the maps `first[i]` to `last[i]`: `squares[i]` is the sum of their squares, its own among them,
    and `factors[i]` what it is multiplied by, (k + alpha * squares[i]) ** -beta. `unopposed` is the factor of a map
    whose window has only zeros, k ** -beta; not a number if k is 0.
    """

    before: Doubles
    after: Doubles
    first: tuple[int, ...]
    last: tuple[int, ...]
    squares: Doubles
    factors: Doubles
    unopposed: float


def channel_competition(
    values: ArrayLike, size: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75
) -> ChannelCompetition:
    """Normalize the values of neighbouring maps at one place, (maps,), by those around each.

    The numbers are the paper's if none are given, and so is the meaning of `size`: n/2 maps on each side, halves cut
    down.

    Raises:
        StriateError: there is no value, size is below 1, k or alpha is negative, or k is 0 and a window has only zeros.

    Source: Krizhevsky et al. 2012, section 3.3.

    >>> channel_competition([1, 0, 100]).after.round(2)
    array([ 0.44,  0.  , 43.87])
    >>> channel_competition([1, 0, 0]).after.round(2)
    array([0.59, 0.  , 0.  ])
    """
    before = np.asarray(values, np.float64)
    if before.ndim != 1 or not len(before):
        raise StriateError("expected the values of some maps at one place")
    if size < 1 or k < 0 or alpha < 0:
        raise StriateError("expected size from 1 on, k and alpha from 0 on")
    left, right = equations.lrn_reach(size, "paper")
    maps = range(len(before))
    first = tuple(max(0, index - left) for index in maps)
    last = tuple(min(len(before) - 1, index + right) for index in maps)
    squares = np.array([np.square(before[start : end + 1]).sum() for start, end in zip(first, last, strict=True)])
    with np.errstate(divide="ignore", over="ignore"):
        factors = (k + alpha * squares) ** -beta
        unopposed = float(np.float64(k) ** -beta) if k or beta <= 0 else float("nan")
    if not np.isfinite(factors).all():
        raise StriateError("k is 0, and so are the values of a window: nothing to divide by")
    return ChannelCompetition(before, before * factors, first, last, squares, factors, unopposed)
