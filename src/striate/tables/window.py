"""The window that slides over an input: kernel, stride, padding and dilation along both axes, resolved to cells."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from striate import equations
from striate.errors import TableError

Shape = tuple[int, ...]
Pair = int | tuple[int, int]
"""One number for both directions, or (height, width)."""
Sides = tuple[tuple[int, int], tuple[int, int]]
"""Padding cells ((top, bottom), (left, right))."""
Padding = Literal["valid", "same"] | Pair | Sides


def pair(value: Pair) -> tuple[int, int]:
    """(height, width) of a number or a pair.

    >>> pair(3), pair((3, 1))
    ((3, 3), (3, 1))
    """
    return (value, value) if isinstance(value, int) else value


def format_shape(numbers: tuple[int, ...]) -> str:
    """Numbers as an error names them.

    >>> format_shape((3, 28, 28))
    '3x28x28'
    """
    return "x".join(map(str, numbers))


def require_maps(shape: Shape) -> None:
    """TableError unless the shape is one of maps."""
    if len(shape) != 3:
        raise TableError(f"needs maps, but a fully connected row before it left {format_shape(shape)} units")


def require_min(least: int, **values: tuple[int, ...]) -> None:
    """TableError, naming the field, unless its numbers are large enough."""
    for field, numbers in values.items():
        if min(numbers) < least:
            raise TableError(f"{field} must be at least {least}: {format_shape(numbers)}", (field,))


def check_window(kernel: Pair, stride: Pair = 1, padding: Padding = "valid", dilation: Pair = 1) -> None:
    """TableError, naming the field, if a number of a window is impossible whatever its input is."""
    require_min(1, kernel=pair(kernel), stride=pair(stride), dilation=pair(dilation))
    cells = () if isinstance(padding, str) else (padding,) if isinstance(padding, int) else padding
    if any(min(equations.sides(side)) < 0 for side in cells):
        raise TableError(f"padding must not be negative: {padding}", ("padding",))


@dataclass(frozen=True)
class Window:
    """The window of one row over its input: (height, width) pairs, and padding cells on the four sides."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: Sides = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)

    @classmethod
    def over(cls, shape: Shape, kernel: Pair, stride: Pair, padding: Padding = "valid", dilation: Pair = 1) -> Window:
        """The window over maps of a shape, SAME and VALID resolved. TableError if the shape is none of maps.

        >>> Window.over((3, 224, 224), kernel=11, stride=4, padding="same").padding
        ((3, 4), (3, 4))
        """
        require_maps(shape)
        kernels, strides, dilations = pair(kernel), pair(stride), pair(dilation)
        height, width = (
            _cells(axis, padding, shape[1 + axis], kernels[axis], strides[axis], dilations[axis]) for axis in (0, 1)
        )
        return cls(kernels, strides, (height, width), dilations)

    @property
    def area(self) -> int:
        """Cells of one window."""
        return prod(self.kernel)

    def output_size(self, shape: Shape, *, ceil: bool = False) -> tuple[int, int]:
        """(height, width) of the output over maps of a shape. TableError if the kernel does not fit."""
        height, width = (
            equations.output_size(
                shape[1 + axis],
                self.kernel[axis],
                self.stride[axis],
                self.padding[axis],
                dilation=self.dilation[axis],
                ceil=ceil,
            )
            for axis in (0, 1)
        )
        if height < 1 or width < 1:
            reach = tuple(map(equations.effective_kernel, self.kernel, self.dilation))
            raise TableError(
                f"a kernel of {format_shape(reach)} does not fit into an input of {format_shape(shape[1:])} with"
                f" {self.describe_padding()}"
            )
        return height, width

    def describe_padding(self) -> str:
        """The padding as an error names it.

        >>> Window((3, 3), padding=((0, 1), (0, 1))).describe_padding()
        'padding 0+1 rows and 0+1 columns'
        """
        (top, bottom), (left, right) = self.padding
        if top == bottom == left == right:
            return f"padding {top}" if top else "no padding"
        return f"padding {top}+{bottom} rows and {left}+{right} columns"


def _cells(axis: int, padding: Padding, size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    if padding == "valid":
        return 0, 0
    if padding == "same":
        return equations.same_padding(size, kernel, stride, dilation)
    return equations.sides(padding if isinstance(padding, int) else padding[axis])
