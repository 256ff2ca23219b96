"""One function over another: the sums are NumPy's, and the products are those of the pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import StriateError
from striate.inspection import overlap
from striate.reference import convolution


@given(st.integers(1, 12), st.integers(1, 12), st.booleans(), st.integers(0, 99))
def test_in_one_dimension_it_is_numpys(size, length, flipped, seed):
    length = min(size, length)
    draw = np.random.default_rng(seed)
    x, g = draw.normal(size=size), draw.normal(size=length)
    result = overlap(x, g, flipped=flipped)
    expected = np.convolve(x, g, "valid") if flipped else np.correlate(x, g, "valid")
    assert np.allclose(result.sums, expected)
    for place, products in enumerate(result.products):
        pairs = [x[place + u] * (g[length - 1 - u] if flipped else g[u]) for u in range(length)]
        assert np.allclose(products, pairs)
        assert np.allclose(products, x[place : place + length] * result.kernel)


@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 7), st.integers(1, 7), st.booleans(), st.integers(0, 99))
def test_in_two_dimensions_it_is_the_notes_sum(height, width, rows, columns, flipped, seed):
    rows, columns = min(height, rows), min(width, columns)
    draw = np.random.default_rng(seed)
    x, g = draw.normal(size=(height, width)), draw.normal(size=(rows, columns))
    result = overlap(x, g, flipped=flipped)
    kernel = g[::-1, ::-1] if flipped else g
    expected = convolution(x[None, :, :, None], kernel[:, :, None, None], np.zeros(1))[0, :, :, 0]
    assert result.sums.shape == expected.shape and np.allclose(result.sums, expected)
    assert result.products.shape == (*expected.shape, rows, columns)
    assert np.allclose(result.products.sum(axis=(2, 3)), expected)


def test_what_was_given_stays_as_it_is():
    g = np.array([1.0, 10.0])
    result = overlap([1, 2, 3], g, flipped=True)
    result.kernel[:] = 0
    assert g.tolist() == [1, 10]


@pytest.mark.parametrize(
    "x, g, words",
    [
        ([1, 2], [1, 2, 3], "g of 3 does not fit into x of 2"),
        ([[1, 2], [3, 4]], [[1, 2, 3]], "g of 1x3 does not fit into x of 2x2"),
        ([1, 2], [[1]], "expected x and g with one axis or with two, got 1 and 2"),
        ([], [], "expected x and g"),
        (5, 5, "expected x and g with one axis or with two, got 0 and 0"),
    ],
)
def test_what_has_no_overlap_is_an_error(x, g, words):
    with pytest.raises(StriateError, match=words):
        overlap(x, g)
