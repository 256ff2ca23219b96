"""The oracle itself, against numbers worked out by hand."""

import numpy as np
import pytest

from striate import reference


def test_convolution_sum_by_hand():
    x = np.arange(9, dtype=float).reshape(1, 3, 3, 1)
    w = np.array([[1.0, 0.0], [0.0, -1.0]]).reshape(2, 2, 1, 1)
    # z[i,j] = 10 + x[i,j] - x[i+1,j+1], and the difference along a diagonal is always -4.
    assert reference.convolution(x, w, np.array([10.0])).tolist() == [[[[6.0], [6.0]], [[6.0], [6.0]]]]


def test_pooling_by_hand_leaves_padding_out():
    x = np.array([[-1.0, -2.0], [-3.0, -4.0]]).reshape(1, 2, 2, 1)
    padding = ((0, 1), (0, 1))
    assert reference.max_pooling(x, (2, 2), (2, 2), padding).item() == -1
    corners = reference.average_pooling(x, (2, 2), (1, 1), padding).squeeze()
    assert corners.tolist() == [[-2.5, -3.0], [-3.5, -4.0]]


def test_lrn_by_hand():
    a = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 1, 3)
    b = reference.local_response_normalization(a, size=3, alpha=0.5, beta=1.0, k=2.0).ravel()
    assert b == pytest.approx([1 / (2 + 0.5 * 5), 2 / (2 + 0.5 * 14), 3 / (2 + 0.5 * 13)])
    halved = reference.local_response_normalization(a, size=3, alpha=1.5, beta=1.0, k=2.0, convention="torch").ravel()
    assert halved == pytest.approx(b)
    radius = reference.local_response_normalization(a, size=1, alpha=0.5, beta=1.0, k=2.0, convention="tensorflow")
    assert radius.ravel() == pytest.approx(b)


def test_softmax_rbf_and_losses_by_hand():
    assert reference.softmax(np.array([0.0, np.log(3.0)])) == pytest.approx([0.25, 0.75])
    y = reference.rbf(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 2.0]]))
    assert y.tolist() == [[4.0, 1.0]]
    assert reference.rbf_mse_loss(y, [1]) == 1.0
    expected = 1 + np.log(np.exp(-2) + np.exp(-4) + np.exp(-1))
    assert reference.rbf_map_loss(y, [1], j=2.0) == pytest.approx(expected)
    assert reference.scaled_tanh(np.array([1.0, -1.0])) == pytest.approx([1.0, -1.0], abs=1e-4)
