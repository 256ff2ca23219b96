"""Convolution as overlap: a short function g is moved over a longer one, x; at each place the pairs are multiplied and
added up.

In one dimension and in two, as the notes define it: "computes how much one function g overlaps with another".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from striate.errors import StriateError
from striate.inspection.arithmetic import Doubles
from striate.tables import format_shape


@dataclass(frozen=True)
class Overlap:
    """g over x at every place where it lies wholly inside.

    `kernel` is g as it lies on x: reversed along each axis if it was flipped. `products` has the axes of the places,
    then those of the kernel; `sums` has the axes of the places.
    """

    kernel: Doubles
    products: Doubles
    sums: Doubles


def overlap(x: ArrayLike, g: ArrayLike, *, flipped: bool = False) -> Overlap:
    """How much g overlaps with x at every place: the products of the pairs, and their sum.

    Both have one axis, or both two (height, width). Unflipped it is the cross-correlation, which neural networks call
    convolution (`numpy.correlate`); flipped it is the convolution of mathematics (`numpy.convolve`); each where g lies
    wholly inside x.

    Raises:
        StriateError: g is longer than x, or has other axes.

    >>> overlap([1, 2, 4, 8, 16], [1, 10, 100]).sums
    array([ 421.,  842., 1684.])
    >>> overlap([1, 2, 4, 8, 16], [1, 10, 100], flipped=True).products[0]
    array([100.,  20.,   4.])
    """
    x, g = np.asarray(x, np.float64), np.asarray(g, np.float64)
    if x.ndim != g.ndim or x.ndim not in (1, 2) or 0 in (*x.shape, *g.shape):
        raise StriateError(f"expected x and g with one axis or with two, got {x.ndim} and {g.ndim}")
    if any(short > long for long, short in zip(x.shape, g.shape, strict=True)):
        raise StriateError(f"g of {_size(g.shape)} does not fit into x of {_size(x.shape)}")
    kernel = np.flip(g) if flipped else g
    products = np.lib.stride_tricks.sliding_window_view(x, g.shape) * kernel
    return Overlap(kernel.copy(), products, products.sum(axis=tuple(range(-g.ndim, 0))))


def _size(shape: Sequence[int]) -> str:
    return format_shape(tuple(shape))
