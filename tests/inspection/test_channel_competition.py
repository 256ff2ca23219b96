"""LRN at one place is the naive oracle's, and its parts give its result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import StriateError
from striate.inspection import channel_competition
from striate.reference import local_response_normalization


@given(
    st.lists(st.floats(0, 200), min_size=1, max_size=9),
    st.integers(1, 9),
    st.floats(0.1, 10),
    st.floats(1e-5, 1),
    st.floats(0, 2),
)
def test_it_is_the_papers_formula(values, size, k, alpha, beta):
    result = channel_competition(values, size, k, alpha, beta)
    expected = local_response_normalization(np.array(values).reshape(1, 1, 1, -1), size, alpha, beta, k)[0, 0, 0]
    assert np.allclose(result.after, expected)
    assert np.allclose(result.before * result.factors, result.after)
    for map_, (first, last) in enumerate(zip(result.first, result.last, strict=True)):
        assert first <= map_ <= last
        assert result.squares[map_] == pytest.approx(sum(value**2 for value in values[first : last + 1]))
    assert (result.factors <= result.unopposed * (1 + 1e-12)).all()


def test_a_stronger_neighbour_leaves_less():
    left = [channel_competition([1, value, 1, 0, 0]).factors[0] for value in (0, 2, 50, 100, 200)]
    assert left == sorted(left, reverse=True) and left[-1] < left[0] / 2
    assert channel_competition([1, 200, 1, 0, 0]).factors[4] == channel_competition([1, 0, 1, 0, 0]).factors[4]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (([],), "expected the values of some maps"),
        (([[1, 2]],), "expected the values of some maps"),
        (([1], 0), "expected size from 1 on"),
        (([1], 5, -1), "k and alpha from 0 on"),
        (([0, 0], 5, 0), "nothing to divide by"),
        (([0, 0], 5, 1e-300, 1, 4), "nothing to divide by"),
    ],
)
def test_what_cannot_be_normalized_is_an_error(arguments, words):
    with pytest.raises(StriateError, match=words):
        channel_competition(*arguments)


def test_without_k_a_value_still_competes():
    result = channel_competition([3.0], k=0, alpha=1, beta=0.5)
    assert result.after.tolist() == [1.0] and np.isnan(result.unopposed)
