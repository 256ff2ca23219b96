"""How a picture becomes a network's input, as data: a table states it, `striate.data` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from striate.errors import TableError
from striate.tables.window import format_shape

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Red, green and blue over ImageNet's training pictures, as torchvision's transforms state them."""

CIFAR_MEAN = (0.4914, 0.4822, 0.4465)
"""Red, green and blue over CIFAR-10's training pictures."""

_LARGEST_FIGURE = 1024
"""Pixels. A digit is searched for in fewer (`striate.data`), so that a larger one would be no sharper."""
_LEAST_CROP = 0.01
"""Pictures are decoded at the input's size over `crop`."""


@dataclass(frozen=True)
class Preprocessing:
    """From a picture of any size to the input of a table; channels and size are the table's.

    `content` is the part of the input that the picture fills, (height, width), zero padding around it; None is
    all of it. `fit` is for pictures of another aspect ratio: "pad" keeps the whole picture, "crop" fills the
    content and cuts the rest; `crop` is the share of the shorter side that is left (224 of 256: 0.875). Then
    x = (value / 255 - mean) / std, one number or one for each channel. `light_on_dark`: the training
    pictures were light on dark, so a picture with a light border is inverted first. `figure`: they were
    square with one digit each, (20, 28): its larger side 20 pixels, its centre of mass in the middle of 28x28. The
    digit of a picture of another size is cut out and set so first; a picture of this size stays as it is.
    """

    content: tuple[int, int] | None = None
    fit: Literal["pad", "crop"] = "crop"
    crop: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    light_on_dark: bool = False
    figure: tuple[int, int] | None = None

    def check(self, input: tuple[int, int, int]) -> None:
        """TableError if this cannot be done for an input (channels, height, width)."""
        channels, *size = input
        if self.content is not None and not all(1 <= c <= s for c, s in zip(self.content, size, strict=True)):
            raise TableError(
                f"preprocessing: content must lie within the input: {format_shape(self.content)},"
                f" {format_shape(tuple(size))}"
            )
        if not _LEAST_CROP <= self.crop <= 1:
            raise TableError(f"preprocessing: crop must be at least {_LEAST_CROP} and at most 1: {self.crop}")
        if self.figure is not None and not 1 <= self.figure[0] <= self.figure[1] <= _LARGEST_FIGURE:
            raise TableError(
                f"preprocessing: figure must be a size and that of the picture around it, at most {_LARGEST_FIGURE}:"
                f" {self.figure}"
            )
        for field, numbers in (("mean", self.mean), ("std", self.std)):
            if len(numbers) not in (1, channels) or not all(map(isfinite, numbers)):
                raise TableError(f"preprocessing: {field} must be one number or one for each channel: {list(numbers)}")
        if min(self.std) <= 0:
            raise TableError(f"preprocessing: std must be above 0: {list(self.std)}")
