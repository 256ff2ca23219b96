"""The rows of a table: one frozen dataclass for each kind of layer, and the two combinators.

A row refuses impossible numbers when it is made, knows its own shape rule (`output`), and for some a window; it knows
nothing of cost, PyTorch or drawing. A shape is that of one image's tensor: (maps, height, width), or (units,) after a
Dense.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from striate import equations
from striate.errors import TableError
from striate.tables.schema import TaggedUnion
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

Activation = Literal["relu", "tanh", "scaled_tanh", "softmax"]
LRNConvention = Literal["paper", "torch", "tensorflow"]


@dataclass(frozen=True)
class NamedRow(TaggedUnion):
    """Base of all rows."""

    name: str

    def __post_init__(self) -> None:
        try:
            self.check()
        except TableError as error:
            raise TableError(f"row {self.name} ({type(self).__name__}): {error}", error.place) from None

    def check(self) -> None:
        """TableError, with the field as its place, if a number is impossible whatever the input is."""

    def output(self, shape: Shape) -> Shape:
        """Shape out for a shape in; TableError names the rule that the row breaks."""
        return shape

    def window(self, shape: Shape) -> Window | None:  # noqa: ARG002
        """The window that slides over an input of this shape, if one does.

        Without one, a unit reads its own place where the row keeps the maps' size, else the whole input.
        """
        return None


@dataclass(frozen=True, kw_only=True)
class Conv(NamedRow):
    """A convolution: `maps` output maps, each a weighted sum over a window of the input maps, plus a bias.

    `padding` is "valid" (none), "same" (TensorFlow's), P, (P_height, P_width) or ((top, bottom), (left, right)).
    `connections` lists for each output map the input maps that it reads (LeNet-5, C3); None: all of its group.

        >>> Conv("C1", maps=6, kernel=5).output((1, 32, 32))
        (6, 28, 28)
    """

    maps: int
    kernel: Pair
    stride: Pair = 1
    padding: Padding = "valid"
    dilation: Pair = 1
    groups: int = 1
    connections: tuple[tuple[int, ...], ...] | None = None
    bias: bool = True
    activation: Activation | None = None

    def check(self) -> None:
        require_min(1, maps=(self.maps,), groups=(self.groups,))
        check_window(self.kernel, self.stride, self.padding, self.dilation)

    def window(self, shape: Shape) -> Window:
        return Window.over(shape, self.kernel, self.stride, self.padding, self.dilation)

    def output(self, shape: Shape) -> Shape:
        size = self.window(shape).output_size(shape)
        if shape[0] % self.groups or self.maps % self.groups:
            raise TableError(
                f"groups must divide the maps: {self.groups} groups, {shape[0]} maps in, {self.maps} maps out"
            )
        if self.connections is not None:
            self._check_connections(self.connections, shape[0])
        return self.maps, *size

    def kernels(self, maps_in: int) -> int:
        """Two-dimensional kernels: pairs of an input map and an output map that reads it."""
        if self.connections is not None:
            return sum(map(len, self.connections))
        return equations.dense_kernels(maps_in, self.maps, self.groups)

    def _check_connections(self, connections: tuple[tuple[int, ...], ...], maps_in: int) -> None:
        if self.groups != 1:
            raise TableError(f"connections and groups exclude each other: {self.groups} groups")
        if len(connections) != self.maps:
            raise TableError(
                f"connections must list the inputs of each map: {len(connections)} lists, {self.maps} maps"
            )
        for index, inputs in enumerate(connections):
            if not inputs or len(set(inputs)) != len(inputs) or not all(0 <= i < maps_in for i in inputs):
                raise TableError(
                    f"connections of map {index} must be different input maps from 0 to {maps_in - 1}: {list(inputs)}"
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
                    f"padding must be smaller than the window, or some windows contain no input:"
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
    """The mean of `size` windows, which together cover the input: one for a global average.

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


@dataclass(frozen=True, kw_only=True)
class LRN(NamedRow):
    """Local response normalization: b_i = a_i / (k + alpha * sum of a_j^2 over neighbouring maps j)^beta.

    `convention` defines `size` and `alpha`: "paper" (n maps, the sum not divided), "torch" (n maps,
    alpha divided by n; Caffe too) or "tensorflow" (`size` is the depth radius, not divided). With `groups`, maps are
    neighbours only inside a group: a tower of AlexNet normalizes over its own maps.
    Source: Krizhevsky et al. 2012, section 3.3; the defaults are theirs.
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0
    convention: LRNConvention = "paper"
    groups: int = 1

    def check(self) -> None:
        require_min(0 if self.convention == "tensorflow" else 1, size=(self.size,))
        require_min(1, groups=(self.groups,))
        if not (self.k > 0 and self.alpha >= 0 and isfinite(self.beta)):  # else the root of a negative number, or 1 / 0
            field = "k" if not self.k > 0 else "beta" if self.alpha >= 0 else "alpha"
            raise TableError(
                f"k must be above 0 and alpha not below it: k {self.k}, alpha {self.alpha}, beta {self.beta}", (field,)
            )

    def output(self, shape: Shape) -> Shape:
        require_maps(shape)
        if shape[0] % self.groups:
            raise TableError(f"groups must divide the maps: {self.groups} groups, {shape[0]} maps")
        return shape


@dataclass(frozen=True, kw_only=True)
class BatchNorm(NamedRow):
    """Batch normalization per map, or per unit after a Dense. Source: Ioffe and Szegedy 2015.

    `momentum` is the share of the new batch in the running statistics, as in torch.
    """

    epsilon: float = 1e-5
    momentum: float = 0.1
    activation: Activation | None = None

    def check(self) -> None:
        if not self.epsilon > 0 or not 0 < self.momentum <= 1:
            field = "momentum" if self.epsilon > 0 else "epsilon"
            raise TableError(
                f"epsilon must be above 0 and momentum in (0, 1]: epsilon {self.epsilon}, momentum {self.momentum}",
                (field,),
            )


@dataclass(frozen=True, kw_only=True)
class Dropout(NamedRow):
    """In training each value is zeroed with probability `rate`, and the others scaled by 1 / (1 - rate)."""

    rate: float = 0.5

    def check(self) -> None:
        if not 0 <= self.rate < 1:
            raise TableError(f"rate must be at least 0 and less than 1: {self.rate}", ("rate",))


@dataclass(frozen=True, kw_only=True)
class Dense(NamedRow):
    """A fully connected layer: every unit reads every input; maps are flattened first (map, row, column).

    An activation "softmax" belongs to the last row: the network returns logits, the loss and the predictor
    apply it.
    """

    units: int
    bias: bool = True
    activation: Activation | None = None

    def check(self) -> None:
        require_min(1, units=(self.units,))

    def output(self, shape: Shape) -> Shape:  # noqa: ARG002
        return (self.units,)


@dataclass(frozen=True, kw_only=True)
class RBF(NamedRow):
    """LeNet-5's output: one Euclidean radial basis function for each class, around a fixed bitmap of +1 and -1.

    Each prototype is a picture, a tuple of lines, "#" for +1 and "." for -1, read line by line.
    Source: LeCun et al. 1998, section II.B, equation 7 and figure 3.
    """

    prototypes: tuple[tuple[str, ...], ...]

    def check(self) -> None:
        if len(self.prototypes) < 2:
            raise TableError(
                f"an RBF output needs at least two prototypes: {len(self.prototypes)} given", ("prototypes",)
            )
        for index, picture in enumerate(self.prototypes):
            if set("".join(picture)) - set("#."):
                raise TableError(f'prototype {index} must be drawn with "#" and "." only', ("prototypes",))

    def output(self, shape: Shape) -> Shape:
        for index, picture in enumerate(self.prototypes):
            if ((cells := len("".join(picture))),) != shape:
                raise TableError(
                    f"a prototype has a cell for each input unit: prototype {index} has {cells} cells,"
                    f" the input is {format_shape(shape)}"
                )
        return (len(self.prototypes),)


@dataclass(frozen=True, kw_only=True)
class Concat(NamedRow):
    """Depth concatenation: branches with the same input, their maps stacked (GoogLeNet's Inception)."""

    branches: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Add(NamedRow):
    """A shortcut: the body's output plus the shortcut's, which is the input itself when it has no rows (ResNet)."""

    body: tuple[Row, ...]
    shortcut: tuple[Row, ...] = ()
    activation: Activation | None = None


Primitive = (
    Conv | MaxPool | AveragePool | AdaptiveAveragePool | Subsample | Identity | LRN | BatchNorm | Dropout | Dense | RBF
)
Row = Primitive | Concat | Add
