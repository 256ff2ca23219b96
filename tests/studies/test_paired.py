"""Paired differences against SciPy's own test and interval."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from striate.studies import PairedDifference


@pytest.mark.parametrize("seeds", [2, 3, 5, 30])
@pytest.mark.parametrize("shift", [0.0, 0.5, -2.0])
def test_mean_and_interval_are_scipys(seeds, shift):
    base, variant = np.random.default_rng(seeds).normal(size=(2, seeds))
    variant += shift
    difference = PairedDifference.of((variant - base).tolist())
    expected = ttest_rel(variant, base)
    assert difference.mean == pytest.approx((variant - base).mean())
    assert difference.interval == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert difference.is_measured == (expected.pvalue < 0.05)
    assert difference.by_seed == tuple((variant - base).tolist())


def test_equal_results_have_no_difference():
    difference = PairedDifference.of([0.0, 0.0, 0.0])
    assert (difference.mean, difference.interval, difference.is_measured) == (0.0, (0.0, 0.0), False)
