"""A filter that gradient descent finds from pictures before and after it.

The notes: "nowadays filters are learned". Here only the answer is given, and the filter is what comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from striate.errors import StriateError
from striate.inspection.arithmetic import Doubles
from striate.inspection.filters import Floats

_MOMENTUM = 0.9


@dataclass(frozen=True)
class LearnedFilter:
    """A kernel found by gradient descent: `kernels` (steps + 1, height, width) from the random one on, and `losses`,
    the mean squared differences of the pictures (steps + 1,)."""

    target: Doubles
    kernels: Doubles
    losses: Doubles

    @property
    def errors(self) -> Doubles:
        """The largest difference of any weight from the target's, after each step (steps + 1,)."""
        differences: Doubles = np.abs(self.kernels - self.target).max(axis=(1, 2))
        return differences


def learn_filter(
    pictures_NHW: Tensor,
    target: Floats,
    *,
    steps: int = 500,
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> LearnedFilter:
    """Find a kernel (height, width) from pictures before and after it, by gradient descent on their mean squared
    difference.

    The descent uses only the pictures (values 0 to 255, their mean subtracted) and their filtered versions. It starts
    at random weights of `seed`, with Nesterov's momentum; the learning rate is the inverse of the loss's largest
    curvature. It ends at a least-squares solution. For pictures without detail (enlarged ones) many kernels have the
    same result, and the nearest to the start is found. StriateError if all pictures are flat: from these nothing can
    be learned.

    With a window x of the picture and its filtered value y, kernel k and target t, the loss is E[(x·k − y)²] =
    (k − t)·E[x xᵀ]·(k − t), and its gradient 2·(E[x xᵀ]·k − E[x y]) = 2·E[x xᵀ]·(k − t): the mean over all windows is
    taken once, exactly, and a step takes as long for any number of pictures.

        >>> from striate.inspection import classic_kernel
        >>> noise = torch.randint(256, (4, 20, 20), generator=torch.Generator().manual_seed(0))
        >>> bool(learn_filter(noise, classic_kernel("sobel_x")).errors[-1] < 0.01)
        True
    """
    wanted = np.asarray(target, dtype=np.float64)
    pictures = np.asarray(pictures_NHW, dtype=np.float64) / 255
    if not pictures.min() < pictures.max():
        raise StriateError("a filter cannot be learned from pictures without contrast")
    # without their mean: else the curvature along one direction, the brightness, is far larger than along all others
    products = _mean_products(pictures - pictures.mean(), wanted.shape)
    rate = 1 / (2 * float(np.linalg.eigvalsh(products)[-1]))
    start = torch.randn(wanted.size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    kernel, velocity = start.numpy(), np.zeros(wanted.size)
    kernels, losses = np.empty((steps + 1, wanted.size)), np.empty(steps + 1)
    for step in range(steps + 1):
        difference = kernel - wanted.ravel()
        gradient = 2 * products @ difference
        kernels[step], losses[step] = kernel, difference @ gradient / 2
        velocity = _MOMENTUM * velocity + gradient
        kernel = kernel - rate * (gradient + _MOMENTUM * velocity)
        on_progress(step, steps)
    return LearnedFilter(wanted, kernels.reshape(-1, *wanted.shape), losses)


def _mean_products(pictures_NHW: Doubles, kernel_size: tuple[int, ...]) -> Doubles:
    """E[x xᵀ] over all windows x of the pictures, each as a row of pixels."""
    windows = np.lib.stride_tricks.sliding_window_view(pictures_NHW, kernel_size, axis=(1, 2))
    windows = windows.reshape(-1, int(np.prod(kernel_size)))
    products: Doubles = windows.T @ windows / len(windows)
    return products
