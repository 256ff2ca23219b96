"""Pooling and subsampling as the notes, the papers and TensorFlow mean them, and the strided identity of a shortcut."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from striate import equations
from striate.nn.layers import activation_module, symmetric_or_edges
from striate.tables import Activation, Window


class Pool2D(nn.Module):
    """Max or average pooling with the padding of its window; padding never wins and never counts.

    (N, maps, H, W) to (N, maps, H', W'). torch counts padding in an average; TensorFlow, and this, do not.
    """

    def __init__(
        self,
        kind: Literal["max", "average"],
        window: Window,
        *,
        ceil: bool = False,
        activation: Activation | None = None,
    ) -> None:
        super().__init__()
        self.kind, self.ceil, self.window = kind, ceil, window
        self.kernel, self.stride = window.kernel, window.stride
        self.padding, self.edges = symmetric_or_edges(window.padding)
        if any(2 * cells > size for cells, size in zip(self.padding, window.kernel, strict=True)):
            (top, bottom), (left, right) = window.padding  # torch pools with at most half a window of padding
            self.padding, self.edges = (0, 0), (left, right, top, bottom)
        self.activation = activation_module(activation)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        pooled = self._max(maps_NCHW) if self.kind == "max" else self._average(maps_NCHW)
        if self.edges and self.ceil:
            pooled = self._without_padding_windows(pooled, maps_NCHW)
        return self.activation(pooled)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return f"{self.kind}, kernel={self.kernel}, stride={self.stride}, padding={self.edges or self.padding}"

    def _max(self, maps_NCHW: Tensor) -> Tensor:
        if not self.edges:
            return F.max_pool2d(maps_NCHW, self.kernel, self.stride, self.padding, ceil_mode=self.ceil)
        if self._is_cut_off(maps_NCHW):
            return F.max_pool2d(maps_NCHW, self.kernel, self.stride, ceil_mode=True)
        maps_NCHW = F.pad(maps_NCHW, self.edges, value=float("-inf"))
        return F.max_pool2d(maps_NCHW, self.kernel, self.stride, ceil_mode=self.ceil)

    def _is_cut_off(self, maps_NCHW: Tensor) -> bool:
        """Whether torch's ceil form has the same windows, cut off at the input's end (SAME with a stride of 2): it
        copies no map, and its numbers are those of the padded input."""
        axes = zip(maps_NCHW.shape[2:], self.kernel, self.stride, self.window.padding, strict=True)
        return all(
            before == 0
            and equations.output_size(size, kernel, stride, (before, after), ceil=self.ceil)
            == equations.output_size(size, kernel, stride, ceil=True)
            for size, kernel, stride, (before, after) in axes
        )

    def _average(self, maps_NCHW: Tensor) -> Tensor:
        if not self.edges:
            return F.avg_pool2d(maps_NCHW, self.kernel, self.stride, self.padding, self.ceil, count_include_pad=False)
        # The mean over the padded window, over the share of it that is input.
        inside = F.pad(torch.ones_like(maps_NCHW[:1, :1]), self.edges)
        mean, share = (
            F.avg_pool2d(cells, self.kernel, self.stride, ceil_mode=self.ceil)
            for cells in (F.pad(maps_NCHW, self.edges), inside)
        )
        return mean / share

    def _without_padding_windows(self, pooled: Tensor, maps_NCHW: Tensor) -> Tensor:
        """Drop what torch adds where it takes our edges for input: windows that start in the padding at the end."""
        for axis in (0, 1):
            size = equations.output_size(
                maps_NCHW.shape[2 + axis], self.kernel[axis], self.stride[axis], self.window.padding[axis], ceil=True
            )
            pooled = pooled.narrow(2 + axis, 0, size)
        return pooled


class Subsample2D(nn.Module):
    """LeNet-5's trainable subsampling: the window's sum, times a coefficient, plus a bias, for each map.

    (N, maps, H, W) to (N, maps, H', W'). Source: LeCun et al. 1998, section II.B, layer S2.
    """

    def __init__(self, maps: int, window: Window, *, activation: Activation | None = None) -> None:
        super().__init__()
        self.kernel, self.stride, self.area = window.kernel, window.stride, window.area
        self.weight = nn.Parameter(torch.empty(maps))
        self.bias = nn.Parameter(torch.empty(maps))
        self.activation = activation_module(activation)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        sums = F.avg_pool2d(maps_NCHW, self.kernel, self.stride) * self.area
        return self.activation(sums * self.weight.view(-1, 1, 1) + self.bias.view(-1, 1, 1))  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, kernel={self.kernel}, stride={self.stride}"


class StridedIdentity(nn.Module):
    """Every stride-th row and column of the input, and maps of zeros after it: (N, C, H, W) to (N, maps, H', W').

    Source: He et al. 2016, section 3.3, shortcut option (A).
    """

    def __init__(self, maps_in: int, maps: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.zeros, self.stride = maps - maps_in, stride

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        kept = maps_NCHW[:, :, :: self.stride[0], :: self.stride[1]]
        return F.pad(kept, (0, 0, 0, 0, 0, self.zeros))
