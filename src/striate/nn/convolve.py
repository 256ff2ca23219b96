"""A convolution computed the way that is fastest for its shape; equal to `F.conv2d` up to rounding."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.nn.few_maps import ConvolutionOfFewMaps, Pair, has_few


def convolve(
    maps_NCHW: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, dilation: Pair, groups: int = 1
) -> Tensor:
    """(N, maps_in, H, W) to (N, maps, H', W'), the weight being (maps, maps_in / groups, height, width).

    >>> convolve(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3), None, (1, 1), (0, 0), (1, 1)).item()
    9.0
    """
    if maps_NCHW.shape[1:] == weight.shape[1:] and padding == (0, 0):
        return _whole_window(maps_NCHW, weight, bias)
    if groups == 1 and maps_NCHW.requires_grad and torch.is_grad_enabled() and has_few(maps_NCHW):
        return ConvolutionOfFewMaps.apply(maps_NCHW, weight, bias, stride, padding, dilation)  # type: ignore[no-any-return]
    return F.conv2d(maps_NCHW, weight, bias, stride, padding, dilation, groups)


def _whole_window(maps_NCHW: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A window over the whole input (LeNet-5's C5) is a matrix product; flattened as channels-last lies in memory."""
    maps, kernels = (tensor.permute(0, 2, 3, 1).flatten(1) for tensor in (maps_NCHW, weight))
    return F.linear(maps, kernels, bias)[:, :, None, None]
