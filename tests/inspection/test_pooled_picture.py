"""Pooling on a picture is the naive oracle's, and a shift changes what it is said to change."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import TableError
from striate.inspection import POOLING_KINDS, pool_picture, pooling_under_shift
from striate.reference import average_pooling, max_pooling


def drawn(seed, channels=1, height=9, width=11):
    pixels = np.random.default_rng(seed).integers(0, 256, (channels, height, width), dtype=np.uint8)
    return torch.from_numpy(pixels)


def pooled_naively(picture_CHW, kernel, stride, kind):
    x_NHWC = picture_CHW.numpy().astype(np.float64).transpose(1, 2, 0)[None]
    if kind == "none":
        return x_NHWC[0, ::stride, ::stride].transpose(2, 0, 1)
    pool = max_pooling if kind == "max" else average_pooling
    return pool(x_NHWC, (kernel, kernel), (stride, stride))[0].transpose(2, 0, 1)


@given(
    st.sampled_from(POOLING_KINDS), st.integers(1, 6), st.integers(1, 6), st.sampled_from((1, 3)), st.integers(0, 99)
)
def test_it_is_the_naive_oracles(kind, kernel, stride, channels, seed):
    picture = drawn(seed, channels)
    expected = pooled_naively(picture, kernel, stride, kind)
    found = pool_picture(picture, kernel, stride, kind)
    assert found.shape == expected.shape and np.allclose(found, expected, rtol=1e-6)


@given(st.sampled_from(POOLING_KINDS), st.integers(1, 4), st.integers(1, 4), st.integers(0, 4), st.integers(0, 99))
def test_a_shift_by_whole_strides_only_moves_the_maps(kind, kernel, stride, cells, seed):
    picture = drawn(seed, height=6, width=24)
    result = pooling_under_shift(picture, kernel, stride, kind, right=cells * stride)
    assert result.followed_change == 0
    assert torch.equal(result.shifted_CHW[:, :, cells * stride :], picture[:, :, : 24 - cells * stride])


def test_the_changes_are_the_mean_differences():
    picture = drawn(3)
    result = pooling_under_shift(picture, 2, 2, "max", right=1)
    moved = np.zeros((1, 9, 11))
    moved[:, :, 1:] = picture[:, :, :-1]
    old, new = (pooled_naively(torch.from_numpy(each), 2, 2, "max") for each in (picture.numpy(), moved))
    assert result.input_change == pytest.approx(np.abs(moved - picture.numpy()).mean())
    assert result.output_change == pytest.approx(np.abs(new - old).mean())
    left = {cells: np.abs(new[:, :, cells:] - old[:, :, : 5 - cells]).mean() for cells in (0, 1)}
    assert result.followed_change == pytest.approx(min(left.values())) and left[result.cells] == min(left.values())


def test_without_a_shift_nothing_changes():
    result = pooling_under_shift(drawn(1), right=0)
    assert (result.input_change, result.output_change, result.followed_change, result.cells) == (0, 0, 0, 0)


def test_a_window_that_does_not_fit_is_an_error():
    with pytest.raises(TableError, match="a kernel of 6x6 does not fit into an input of 4x5"):
        pool_picture(torch.zeros(1, 4, 5), kernel=6)
