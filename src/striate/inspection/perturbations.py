"""A picture shifted, scaled, rotated, thickened, blurred, made noisy: what LeCun's page of LeNet-5 did to digits.

Each change takes fitted pictures uint8 (N, channels, height, width) and gives such pictures, values rounded to whole
gray levels as in any file, so that an amount that changes nothing gives the very same picture. The notes' link:
http://yann.lecun.com/exdb/lenet/index.html.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data import FillMode, resample
from striate.tables import Preprocessing, Table

_SIDE = 32
"""The side, in pixels, of LeNet-5's input, for which `PERTURBATIONS` states its amounts."""


def shift(images_NCHW: Tensor, right: float, ground: FillMode, down: float = 0.0) -> Tensor:
    """Pictures moved by so many pixels, bilinear between whole ones; negative is to the left, and up.

    >>> shift(torch.tensor([[[[1, 2, 3]]]], dtype=torch.uint8), 1, "zeros")
    tensor([[[[0, 1, 2]]]], dtype=torch.uint8)
    """
    return _moved(images_NCHW, [[1, 0, -right], [0, 1, -down]], ground)


def scale(images_NCHW: Tensor, factor: float, ground: FillMode) -> Tensor:
    """Pictures grown about their middle by a factor, shrunk by one below 1; bilinear."""
    return _moved(images_NCHW, [[1 / factor, 0, 0], [0, 1 / factor, 0]], ground)


def rotate(images_NCHW: Tensor, degrees: float, ground: FillMode) -> Tensor:
    """Pictures turned counterclockwise, as one sees them, about their middle; bilinear."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return _moved(images_NCHW, [[cosine, -sine, 0], [sine, cosine, 0]], ground)


def blur(images_NCHW: Tensor, deviation: float, ground: FillMode) -> Tensor:
    """Pictures convolved with a Gaussian of this standard deviation in pixels, cut off at four of them."""
    reach = math.ceil(4 * deviation)
    if reach == 0:
        return images_NCHW
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / deviation).square())
    weights /= weights.sum()
    maps, channels, height, width = images_NCHW.shape
    values = images_NCHW.reshape(maps * channels, 1, height, width).float()
    mode = "constant" if ground == "zeros" else "replicate"
    values = F.conv2d(F.pad(values, (reach,) * 4, mode=mode), weights.view(1, 1, 1, -1))
    return _rounded(F.conv2d(values, weights.view(1, 1, -1, 1)).reshape(images_NCHW.shape))


def add_noise(images_NCHW: Tensor, deviation: float, _ground: FillMode = "zeros") -> Tensor:
    """Pictures with normal noise of this standard deviation in gray levels, the same at every call but for its size."""
    noise = torch.randn(images_NCHW.shape, generator=torch.Generator().manual_seed(0))
    return _rounded(images_NCHW + deviation * noise)


def thicken(images_NCHW: Tensor, pixels: float, ground: FillMode) -> Tensor:
    """Pictures whose strokes are wider by so many pixels on each side; negative is thinner.

    Strokes are light where the ground is zeros, else dark, as ink on paper. They grow to the largest of the values
    within a disc, those at its edge weighted by how far it reaches over them (a grayscale dilation); thinner, the
    ground grows instead (an erosion).

    >>> thicken(torch.tensor([[[[0, 0, 80, 0, 0]]]], dtype=torch.uint8), 1.5, "zeros")
    tensor([[[[40, 80, 80, 80, 40]]]], dtype=torch.uint8)
    """
    grows_light = (pixels > 0) == (ground == "zeros")
    return _dilated(images_NCHW, abs(pixels)) if grows_light else 255 - _dilated(255 - images_NCHW, abs(pixels))


def _dilated(images_NCHW: Tensor, radius: float) -> Tensor:
    """The largest of value times weight over a disc, whose weights fall from 1 at `radius` to 0 a pixel further."""
    reach = math.ceil(radius)
    values = F.pad(images_NCHW.float(), (reach,) * 4)
    largest = torch.zeros(images_NCHW.shape)
    height, width = images_NCHW.shape[2:]
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            weight = min(1.0, radius + 1 - math.hypot(down, right))
            if weight > 0:
                top, left = reach + down, reach + right
                largest = torch.maximum(largest, weight * values[:, :, top : top + height, left : left + width])
    return _rounded(largest)


@dataclass(frozen=True)
class Perturbation:
    """A way to change pictures. `apply(images_NCHW, amount, ground)` changes nothing at the amount `neutral`.

    `steps` are the amounts for an input of 32 pixels; where they are `lengths` a larger input has larger ones.
    """

    name: str
    unit: str
    neutral: float
    steps: tuple[float, ...]
    lengths: bool
    apply: Callable[[Tensor, float, FillMode], Tensor]

    def amounts(self, table: Table, parts: int = 1) -> tuple[float, ...]:
        """The amounts for a table's input, rising; those in pixels are times the input's shorter side over 32.

        Between two of them there are `parts` - 1 more.

        >>> from striate.tables import load_table
        >>> PERTURBATIONS["shift"].amounts(load_table("alexnet"))[-3:]
        (28.0, 42.0, 56.0)
        """
        times = max(1, min(table.input[1:]) // _SIDE) if self.lengths else 1
        amounts = _between(self.steps[0], self.steps[-1], (len(self.steps) - 1) * parts) if parts > 1 else self.steps
        return tuple(amount * times for amount in amounts)


def _between(least: float, most: float, steps: int) -> tuple[float, ...]:
    return tuple(np.linspace(least, most, steps + 1).round(6).tolist())


def _steps(least: float, step: float) -> tuple[float, ...]:
    return _between(least, least + 8 * step, 8)


PERTURBATIONS = {
    change.name: change
    for change in (
        Perturbation("shift", "pixels to the right", 0.0, _steps(-8, 2), True, shift),
        Perturbation("scale", "times its size", 1.0, _steps(0.4, 0.15), False, scale),
        Perturbation("rotation", "degrees counterclockwise", 0.0, _steps(-60, 15), False, rotate),
        Perturbation("blur", "pixels of standard deviation", 0.0, _steps(0, 0.5), True, blur),
        Perturbation("noise", "gray levels of standard deviation", 0.0, _steps(0, 16), False, add_noise),
    )
}
"""Five changes of LeCun's page, each with nine amounts, evenly spaced."""

THICKNESS = Perturbation("thickness", "pixels on each side of a stroke", 0.0, _steps(-2, 0.5), True, thicken)
"""Another change of his page, which only pictures of strokes can have."""

STRESS = {
    change.name: change
    for change in (
        THICKNESS,
        PERTURBATIONS["scale"],
        PERTURBATIONS["rotation"],
        PERTURBATIONS["shift"],
        PERTURBATIONS["noise"],
    )
}
"""The changes that a picture can have at once, in the order in which it has them: the strokes, where they are, what
lies over all."""


def perturb(images_NCHW: Tensor, amounts: Mapping[str, float], ground: FillMode) -> Tensor:
    """Pictures changed by all of `STRESS`, one after the other; a change without an amount changes nothing.

    >>> perturb(torch.tensor([[[[9, 0, 0, 0]]]], dtype=torch.uint8), {"shift": 2, "thickness": 1}, "zeros")
    tensor([[[[0, 0, 9, 9]]]], dtype=torch.uint8)
    """
    for name, change in STRESS.items():
        images_NCHW = change.apply(images_NCHW, amounts.get(name, change.neutral), ground)
    return images_NCHW


def one_of_perturbations(name: str, others: Mapping[str, float]) -> Perturbation:
    """A change of `STRESS` on pictures that have the amounts of the others too.

    >>> image_NCHW = torch.tensor([[[[9, 0, 0, 0]]]], dtype=torch.uint8)
    >>> one_of_perturbations("shift", {"thickness": 1}).apply(image_NCHW, 2, "zeros")
    tensor([[[[0, 0, 9, 9]]]], dtype=torch.uint8)
    """
    return replace(STRESS[name], apply=lambda images, amount, ground: perturb(images, {**others, name: amount}, ground))


def fill_mode(preprocessing: Preprocessing) -> FillMode:
    """What comes in from outside a picture: zeros where the network knows a ground of zeros, else the edge repeated.

    It does where its pictures were light on dark, or stand in the middle of zeros.

    >>> from striate.tables import load_table
    >>> fill_mode(load_table("lenet5").preprocessing), fill_mode(load_table("alexnet").preprocessing)
    ('zeros', 'border')
    """
    return "zeros" if preprocessing.light_on_dark or preprocessing.content is not None else "border"


def _moved(images_NCHW: Tensor, source: list[list[float]], ground: FillMode) -> Tensor:
    sources = np.tile(np.array(source, dtype=np.float64), (len(images_NCHW), 1, 1))
    return _rounded(resample(images_NCHW.float(), sources, ground))


def _rounded(values: Tensor) -> Tensor:
    return values.round().clamp(0, 255).to(torch.uint8)
