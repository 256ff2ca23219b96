"""Rows that make maps smaller: pooling, subsampling, and the strided identity of a shortcut."""

from __future__ import annotations

from dataclasses import dataclass

from striate import equations
from striate.errors import TableError
from striate.tables.row import Activation, NamedRow
from striate.tables.window import (
    Padding,
    Pair,
    Shape,
    Window,
    check_window,
    format_shape,
    pair,
    require_maps,
    require_min,
)


@dataclass(frozen=True, kw_only=True)
class _Pool(NamedRow):
    kernel: Pair
    stride: Pair
    padding: Padding = "valid"
    ceil: bool = False
    activation: Activation | None = None

    def check(self) -> None:
        check_window(self.kernel, self.stride, self.padding)

    def window(self, shape: Shape) -> Window:
        return Window.over(shape, self.kernel, self.stride, self.padding)

    def output(self, shape: Shape) -> Shape:
        window = self.window(shape)
        size = window.output_size(shape, ceil=self.ceil)
        for kernel, cells in zip(window.kernel, window.padding, strict=True):
            if max(cells) >= kernel:
                raise TableError(
                    f"padding must be smaller than the window, or some windows see no input:"
                    f" {window.describe_padding()}, kernel {format_shape(window.kernel)}"
                )
        return shape[0], *size


@dataclass(frozen=True, kw_only=True)
class MaxPool(_Pool):
    """The largest value of each window; padding never wins. `ceil` is Caffe's output size (GoogLeNet).

    >>> MaxPool("S2", kernel=3, stride=2).output((96, 55, 55))
    (96, 27, 27)
    """


@dataclass(frozen=True, kw_only=True)
class AveragePool(_Pool):
    """The mean of each window over the cells that are input: padding is not counted, as in TensorFlow.

    >>> AveragePool("S2", kernel=2, stride=2).output((6, 28, 28))
    (6, 14, 14)
    """


@dataclass(frozen=True, kw_only=True)
class Subsample(NamedRow):
    """LeNet-5's subsampling: the window's sum, times a trainable coefficient, plus a trainable bias, per map.

    Source: LeCun et al. 1998, section II.B, layer S2.

        >>> Subsample("S2", kernel=2, stride=2).output((6, 28, 28))
        (6, 14, 14)
    """

    kernel: Pair
    stride: Pair
    activation: Activation | None = None

    def check(self) -> None:
        check_window(self.kernel, self.stride)

    def window(self, shape: Shape) -> Window:
        return Window.over(shape, self.kernel, self.stride)

    def output(self, shape: Shape) -> Shape:
        return shape[0], *self.window(shape).output_size(shape)


@dataclass(frozen=True, kw_only=True)
class AdaptiveAveragePool(NamedRow):
    """The mean of as many windows as `size` says, which together cover the input: one for a global average.

    Where `size` divides the input's height and width, that is average pooling with kernel and stride input / size.
    Elsewhere windows overlap and step unevenly, as `torch.nn.AdaptiveAvgPool2d` has it, and `window` is the
    smallest evenly stepped one that holds each of them.

        >>> AdaptiveAveragePool("pool5", size=1).output((512, 7, 7))
        (512, 1, 1)
    """

    size: Pair

    def check(self) -> None:
        require_min(1, size=pair(self.size))

    def window(self, shape: Shape) -> Window:
        require_maps(shape)
        rows, columns = map(equations.adaptive_window, shape[1:], pair(self.size))
        return Window((rows[0], columns[0]), (rows[1], columns[1]))

    def output(self, shape: Shape) -> Shape:
        require_maps(shape)
        size = pair(self.size)
        if any(outputs > inputs for outputs, inputs in zip(size, shape[1:], strict=True)):
            raise TableError(f"size must not exceed the input's: {format_shape(size)}, {format_shape(shape[1:])}")
        return shape[0], *size


@dataclass(frozen=True, kw_only=True)
class Identity(NamedRow):
    """The input itself, every `stride`-th row and column of it, and maps of zeros after it up to `maps`.

    A shortcut without parameters across a change of size. Source: He et al. 2016, section 3.3, option (A).

        >>> Identity("identity", maps=128, stride=2).output((64, 56, 56))
        (128, 28, 28)
    """

    maps: int
    stride: Pair = 1

    def check(self) -> None:
        require_min(1, maps=(self.maps,), stride=pair(self.stride))

    def window(self, shape: Shape) -> Window:
        return Window.over(shape, 1, self.stride)

    def output(self, shape: Shape) -> Shape:
        size = self.window(shape).output_size(shape)
        if self.maps < shape[0]:
            raise TableError(f"maps must be at least those of the input: {self.maps}, {shape[0]}")
        return self.maps, *size
