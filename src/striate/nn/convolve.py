"""A convolution computed the way that is fastest for its shape; equal to `F.conv2d` up to rounding."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

Pair = tuple[int, int]


def convolve(
    maps_NCHW: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, dilation: Pair, groups: int = 1
) -> Tensor:
    """(N, maps_in, H, W) to (N, maps, H', W'), the weight being (maps, maps_in / groups, height, width).

    A window over the whole input (LeNet-5's C5) is a matrix product.

    >>> import torch
    >>> convolve(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3), None, (1, 1), (0, 0), (1, 1)).item()
    9.0
    """
    if maps_NCHW.shape[1:] == weight.shape[1:] and padding == (0, 0):
        # Flattened as channels-last lies in memory.
        maps, kernels = (tensor.permute(0, 2, 3, 1).flatten(1) for tensor in (maps_NCHW, weight))
        return F.linear(maps, kernels, bias)[:, :, None, None]
    return F.conv2d(maps_NCHW, weight, bias, stride, padding, dilation, groups)
