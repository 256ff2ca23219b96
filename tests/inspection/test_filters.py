"""Kernels, classic filters and learned ones, compared with literal sums."""

import numpy as np
import pytest
import torch
from untouched import untouched

from striate.errors import StriateError, TableError
from striate.inspection.filters import (
    CLASSIC_KERNELS,
    apply_classic_kernels,
    apply_kernel,
    classic_kernel,
    classic_table,
    kernels,
)
from striate.nn import build
from striate.reference import convolution
from striate.tables import load_table


def noise(count=4, side=20, seed=0):
    return torch.randint(256, (count, side, side), generator=torch.Generator().manual_seed(seed))


def test_classic_filters_are_the_notes_convolution():
    picture = noise(3, 9).float()
    filtered = apply_classic_kernels(picture)
    assert filtered.shape == (len(CLASSIC_KERNELS), 3, 7, 7)
    for index, name in enumerate(CLASSIC_KERNELS):
        w = classic_kernel(name)[:, :, None, None].astype(np.float64)
        expected = convolution(picture.numpy()[:, :, :, None].astype(np.float64), w, np.zeros(1))
        assert filtered[index] == pytest.approx(expected[..., 0], rel=1e-5, abs=1e-3)


def test_classic_filters_on_a_flat_picture_and_on_a_step():
    """A flat picture is unchanged by blur and sharpening, and has no edges; a step has one."""
    flat = apply_classic_kernels(torch.full((1, 8, 8), 100.0))
    names = list(CLASSIC_KERNELS)
    assert flat[names.index("gaussian_blur")] == pytest.approx(100)
    assert flat[names.index("sharpen")] == pytest.approx(100)
    assert not flat[names.index("sobel_x")].any()
    assert not flat[names.index("outline")].any()
    step = torch.zeros(1, 8, 8)
    step[:, :, 4:] = 1
    filtered = apply_classic_kernels(step)
    assert filtered[names.index("sobel_x")][0].max() == 4  # 1 + 2 + 1, where light begins on the right
    assert not filtered[names.index("sobel_y")].any()


@pytest.mark.parametrize("padding", ["valid", "same", 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [1, 3, 5])
def test_any_kernel_is_the_notes_convolution(side, stride, padding):
    picture, kernel = noise(1, 10)[0][:, :8], np.random.default_rng(side).normal(size=(side, side)).astype(np.float32)
    filtered = apply_kernel(picture, kernel, stride, padding)
    w = kernel[:, :, None, None].astype(np.float64)
    sides = filtered.step.window.padding
    x = picture.numpy()[None, :, :, None].astype(np.float64)
    expected = convolution(x, w, np.zeros(1), stride=(stride, stride), padding=sides)[0, :, :, 0]
    assert filtered.map_HW == pytest.approx(expected, rel=1e-5, abs=1e-2)
    assert filtered.step.output == (1, *expected.shape)
    if padding == "same":
        assert expected.shape == (-(-10 // stride), -(-8 // stride))
    else:
        assert sides == ((2, 2), (2, 2)) if padding == 2 else ((0, 0), (0, 0))


def test_a_kernel_that_does_not_fit():
    with pytest.raises(TableError, match=r"a kernel of 5x5 does not fit into an input of 4x9 with no padding"):
        apply_kernel(torch.zeros(4, 9), np.ones((5, 5), np.float32))


def test_classic_filters_are_a_table():
    (step,) = classic_table(10, 12).plan().steps
    assert step.output == (len(CLASSIC_KERNELS), 8, 10)
    with pytest.raises(StriateError, match="there is no filter 'sober'; the classic ones are gaussian_blur, sobel_x"):
        classic_kernel("sober")


def test_kernels_are_the_networks():
    network = build("lenet5", seed=0)
    with untouched(network):
        sparse = kernels(network, "C3")
    assert sparse.shape == (16, 6, 5, 5)
    for index, sources in enumerate(load_table("lenet5").rows[2].connections):
        absent = [source for source in range(6) if source not in sources]
        assert not sparse[index, absent].any()
        assert sparse[index, list(sources)].all()
    grouped = build("alexnet:tiny", seed=0)
    assert np.array_equal(kernels(grouped, "C3"), grouped.C3.weight.detach().numpy())
    kernels(network, "C1")[:] = 0  # a copy
    assert network.C1.weight.abs().sum() > 0
    with pytest.raises(StriateError, match=r"row S2 \(Subsample\): has no kernels"):
        kernels(network, "S2")
