"""The sums of the notes, written out literally in NumPy loops: the oracle that the fast layers are tested against.

Read each function beside its formula; nothing here is fast. Maps are x[i, j, k] (row, column, map) with the image
n in front, kernels w[u, v, k', k] (row, column, input map, output map), as the notes index them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from striate import equations

Array = NDArray[np.float64]
Sides = tuple[tuple[int, int], tuple[int, int]]
NO_PADDING: Sides = ((0, 0), (0, 0))


def convolution(
    x_NHWC: Array,
    w: Array,
    b: Array,
    *,
    stride: tuple[int, int] = (1, 1),
    padding: Sides = NO_PADDING,
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> Array:
    """z[n,i,j,k] = b[k] + sum over u, v, k' of x[n,i',j',k'] * w[u,v,k',k].

    Source: the notes, "convolution sum": i' = i * s_h + u and j' = j * s_w + v; with dilation u and v are
    multiplied by it. With groups, map k reads the input maps of its own group only, and w has just those.
    """
    x = _pad(x_NHWC, padding, 0.0)
    f_h, f_w, f_n, maps = w.shape
    s_h, s_w = stride
    d_h, d_w = dilation
    z = np.zeros((len(x), *_output_size(x, (f_h, f_w), stride, dilation), maps))
    for n in range(z.shape[0]):
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                for k in range(maps):
                    first = k // (maps // groups) * f_n  # the first input map of k's group
                    z[n, i, j, k] = b[k]
                    for u in range(f_h):
                        for v in range(f_w):
                            for k_ in range(f_n):
                                x_ = x[n, i * s_h + u * d_h, j * s_w + v * d_w, first + k_]
                                z[n, i, j, k] += x_ * w[u, v, k_, k]
    return z


def max_pooling(
    x_NHWC: Array,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Sides = NO_PADDING,
    *,
    ceil: bool = False,
) -> Array:
    """The largest value of each window ("only the strong stimulus is remembered")."""
    return _pooling(x_NHWC, kernel, stride, padding, np.max, ceil=ceil)


def average_pooling(
    x_NHWC: Array,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Sides = NO_PADDING,
    *,
    ceil: bool = False,
) -> Array:
    """The mean of each window over the cells that are input; padding does not count (TensorFlow)."""
    return _pooling(x_NHWC, kernel, stride, padding, np.mean, ceil=ceil)


def adaptive_average_pooling(x_NHWC: Array, size: tuple[int, int]) -> Array:
    """The mean over rows floor(i H / h) to ceil((i + 1) H / h) - 1, and columns alike, for h x w outputs (torch)."""
    n, height, width, maps = x_NHWC.shape
    y = np.zeros((n, *size, maps))
    for i in range(size[0]):
        for j in range(size[1]):
            rows = slice(math.floor(i * height / size[0]), math.ceil((i + 1) * height / size[0]))
            columns = slice(math.floor(j * width / size[1]), math.ceil((j + 1) * width / size[1]))
            y[:, i, j] = x_NHWC[:, rows, columns].mean(axis=(1, 2))
    return y


def strided_identity(x_NHWC: Array, maps: int, stride: tuple[int, int]) -> Array:
    """y[i,j,k] = x[i s_h, j s_w, k], and 0 for maps k that the input has not (He et al. 2016, 3.3, option A)."""
    n, height, width, f_n = x_NHWC.shape
    y = np.zeros((n, math.ceil(height / stride[0]), math.ceil(width / stride[1]), maps))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            y[:, i, j, :f_n] = x_NHWC[:, i * stride[0], j * stride[1]]
    return y


def subsampling(
    x_NHWC: Array, coefficient: Array, bias: Array, kernel: tuple[int, int], stride: tuple[int, int]
) -> Array:
    """LeNet-5's S2 and S4: the window's sum, times the map's coefficient, plus its bias (1998, II.B)."""
    return _pooling(x_NHWC, kernel, stride, NO_PADDING, np.sum, ceil=False) * coefficient + bias


def local_response_normalization(
    a_NHWC: Array, size: int, alpha: float, beta: float, k: float, convention: str = "paper"
) -> Array:
    """b[i] = a[i] / (k + alpha * sum of a[j]^2 for j from max(0, i - r) to min(f_n - 1, i + r))^beta, over maps.

    Source: the notes, "LRN", with the bounds as Krizhevsky et al. 2012 (3.3) write them. What `size` and `alpha`
    mean depends on the convention: in the paper r = n/2 on both sides, halves cut down; torch takes n maps in all
    and divides alpha by n; TensorFlow takes r itself.
    """
    if convention == "paper":
        before = after = size // 2
    elif convention == "torch":
        before, after, alpha = size // 2, size - 1 - size // 2, alpha / size
    else:
        before = after = size
    b = np.zeros_like(a_NHWC)
    f_n = a_NHWC.shape[-1]
    for i in range(f_n):
        j_low, j_high = max(0, i - before), min(f_n - 1, i + after)
        total = sum(a_NHWC[..., j] ** 2 for j in range(j_low, j_high + 1))
        b[..., i] = a_NHWC[..., i] * (k + alpha * total) ** -beta
    return b


def softmax(z: Array) -> Array:
    """p[c] = exp(z[c]) / sum of exp(z[c']), along the last axis; shifted by the maximum, which changes nothing."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def rbf(x: Array, w: Array) -> Array:
    """y[n,i] = sum over j of (x[n,j] - w[i,j])^2: how far the units are from each prototype (1998, equation 7)."""
    y = np.zeros((len(x), len(w)))
    for n in range(len(x)):
        for i in range(len(w)):
            for j in range(x.shape[1]):
                y[n, i] += (x[n, j] - w[i, j]) ** 2
    return y


def scaled_tanh(a: Array) -> Array:
    """f(a) = A tanh(S a), A = 1.7159, S = 2/3, so that f(1) = 1 and f(-1) = -1 (1998, appendix A)."""
    return np.asarray(equations.SCALED_TANH_A * np.tanh(equations.SCALED_TANH_S * a))


def rbf_mse_loss(y: Array, labels: Sequence[int]) -> float:
    """E = mean over images of y[label] (1998, equation 8)."""
    return sum(float(y[n, label]) for n, label in enumerate(labels)) / len(labels)


def rbf_map_loss(y: Array, labels: Sequence[int], j: float) -> float:
    """E = mean of y[label] + log(exp(-j) + sum over i of exp(-y[i])); j is the rubbish class's (equation 9)."""
    return rbf_mse_loss(y, labels) + sum(
        math.log(math.exp(-j) + sum(math.exp(-y_i) for y_i in image)) for image in y
    ) / len(labels)


def _pooling(
    x_NHWC: Array,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Sides,
    summary: Callable[[Array], float],
    *,
    ceil: bool,
) -> Array:
    x = _pad(x_NHWC, padding, np.nan)
    f_h, f_w = kernel
    s_h, s_w = stride
    height, width = (
        equations.output_size(x_NHWC.shape[1 + a], kernel[a], stride[a], padding[a], ceil=ceil) for a in (0, 1)
    )
    z = np.zeros((len(x), height, width, x.shape[3]))
    for n in range(z.shape[0]):
        for i in range(height):
            for j in range(width):
                for k in range(z.shape[3]):
                    window = x[n, i * s_h : i * s_h + f_h, j * s_w : j * s_w + f_w, k]
                    z[n, i, j, k] = summary(window[~np.isnan(window)])
    return z


def _pad(x: Array, padding: Sides, value: float) -> Array:
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def _output_size(
    x: Array, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[int, int]:
    height, width = (equations.output_size(x.shape[1 + a], kernel[a], stride[a], dilation=dilation[a]) for a in (0, 1))
    return height, width
