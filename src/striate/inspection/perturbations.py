"""Perturbations of pictures, those of LeCun's page of LeNet-5: shift, scale, rotation, stroke width, blur, noise.

Each takes fitted pictures uint8 (N, channels, height, width) and returns such pictures, with values rounded to whole
gray levels as in a file, so that the neutral amount returns an equal picture. The notes' link:
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


def shift(images_NCHW: Tensor, right: float, fill: FillMode, down: float = 0.0) -> Tensor:
    """Pictures shifted by so many pixels, by bilinear interpolation; negative is to the left, and up.

    >>> shift(torch.tensor([[[[1, 2, 3]]]], dtype=torch.uint8), 1, "zeros")
    tensor([[[[0, 1, 2]]]], dtype=torch.uint8)
    """
    return _resample(images_NCHW, [[1, 0, -right], [0, 1, -down]], fill)


def scale(images_NCHW: Tensor, factor: float, fill: FillMode) -> Tensor:
    """Pictures scaled about their middle by a factor; bilinear."""
    return _resample(images_NCHW, [[1 / factor, 0, 0], [0, 1 / factor, 0]], fill)


def rotate(images_NCHW: Tensor, degrees: float, fill: FillMode) -> Tensor:
    """Pictures rotated counterclockwise about their middle; bilinear."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return _resample(images_NCHW, [[cosine, -sine, 0], [sine, cosine, 0]], fill)


def blur(images_NCHW: Tensor, deviation: float, fill: FillMode) -> Tensor:
    """Pictures convolved with a Gaussian of this standard deviation in pixels, truncated at four deviations."""
    reach = math.ceil(4 * deviation)
    if reach == 0:
        return images_NCHW
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / deviation).square())
    weights /= weights.sum()
    maps, channels, height, width = images_NCHW.shape
    values = images_NCHW.reshape(maps * channels, 1, height, width).float()
    mode = "constant" if fill == "zeros" else "replicate"
    values = F.conv2d(F.pad(values, (reach,) * 4, mode=mode), weights.view(1, 1, 1, -1))
    return _to_uint8(F.conv2d(values, weights.view(1, 1, -1, 1)).reshape(images_NCHW.shape))


def add_noise(images_NCHW: Tensor, deviation: float, _fill: FillMode = "zeros") -> Tensor:
    """Pictures plus normal noise of this standard deviation in gray levels; every call draws the same noise."""
    noise = torch.randn(images_NCHW.shape, generator=torch.Generator().manual_seed(0))
    return _to_uint8(images_NCHW + deviation * noise)


def thicken(images_NCHW: Tensor, pixels: float, fill: FillMode) -> Tensor:
    """Pictures with strokes that are wider by so many pixels on each side; negative is thinner.

    Strokes are light where `fill` is "zeros", else dark, as ink on paper. A grayscale dilation: the largest of the
    values within a disc, with those at its edge weighted by the part that it covers. For thinner strokes the background
    is dilated instead (an erosion).

    >>> thicken(torch.tensor([[[[0, 0, 80, 0, 0]]]], dtype=torch.uint8), 1.5, "zeros")
    tensor([[[[40, 80, 80, 80, 40]]]], dtype=torch.uint8)
    """
    grows_light = (pixels > 0) == (fill == "zeros")
    return _dilate(images_NCHW, abs(pixels)) if grows_light else 255 - _dilate(255 - images_NCHW, abs(pixels))


def _dilate(images_NCHW: Tensor, radius: float) -> Tensor:
    """The largest value times weight over a disc, with weights from 1 at `radius` down to 0 a pixel further."""
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
    return _to_uint8(largest)


@dataclass(frozen=True)
class Perturbation:
    """A way to perturb pictures: `apply(images_NCHW, amount, fill)`, which changes nothing at the amount `neutral`.

    `steps` are the amounts for an input of 32 pixels; those that are `in_pixels` grow with the input's size.
    """

    name: str
    unit: str
    neutral: float
    steps: tuple[float, ...]
    in_pixels: bool
    apply: Callable[[Tensor, float, FillMode], Tensor]

    def amounts(self, table: Table, parts: int = 1) -> tuple[float, ...]:
        """The amounts for a table's input, ascending; those in pixels are scaled by the input's shorter side over 32.

        With `parts`, each interval between two of them is divided into so many.

        >>> from striate.tables import load_table
        >>> PERTURBATIONS["shift"].amounts(load_table("alexnet"))[-3:]
        (28.0, 42.0, 56.0)
        """
        factor = max(1, min(table.input[1:]) // _SIDE) if self.in_pixels else 1
        amounts = (
            _evenly_spaced(self.steps[0], self.steps[-1], (len(self.steps) - 1) * parts) if parts > 1 else self.steps
        )
        return tuple(amount * factor for amount in amounts)


def _evenly_spaced(least: float, most: float, steps: int) -> tuple[float, ...]:
    return tuple(np.linspace(least, most, steps + 1).round(6).tolist())


def _steps(least: float, step: float) -> tuple[float, ...]:
    return _evenly_spaced(least, least + 8 * step, 8)


PERTURBATIONS = {
    perturbation.name: perturbation
    for perturbation in (
        Perturbation("shift", "pixels to the right", 0.0, _steps(-8, 2), True, shift),
        Perturbation("scale", "times its size", 1.0, _steps(0.4, 0.15), False, scale),
        Perturbation("rotation", "degrees counterclockwise", 0.0, _steps(-60, 15), False, rotate),
        Perturbation("blur", "pixels of standard deviation", 0.0, _steps(0, 0.5), True, blur),
        Perturbation("noise", "gray levels of standard deviation", 0.0, _steps(0, 16), False, add_noise),
    )
}
"""Five perturbations of LeCun's page, each with nine amounts, evenly spaced."""

THICKNESS = Perturbation("thickness", "pixels on each side of a stroke", 0.0, _steps(-2, 0.5), True, thicken)
"""Another perturbation of that page, which applies to pictures of strokes only."""

STRESS = {
    perturbation.name: perturbation
    for perturbation in (
        THICKNESS,
        PERTURBATIONS["scale"],
        PERTURBATIONS["rotation"],
        PERTURBATIONS["shift"],
        PERTURBATIONS["noise"],
    )
}
"""The perturbations that a picture can have at once, in the order in which they are applied."""


def perturb(images_NCHW: Tensor, amounts: Mapping[str, float], fill: FillMode) -> Tensor:
    """Pictures perturbed by all of `STRESS`, one after the other; one without an amount changes nothing.

    >>> perturb(torch.tensor([[[[9, 0, 0, 0]]]], dtype=torch.uint8), {"shift": 2, "thickness": 1}, "zeros")
    tensor([[[[0, 0, 9, 9]]]], dtype=torch.uint8)
    """
    for name, perturbation in STRESS.items():
        images_NCHW = perturbation.apply(images_NCHW, amounts.get(name, perturbation.neutral), fill)
    return images_NCHW


def combined_perturbation(name: str, others: Mapping[str, float]) -> Perturbation:
    """A perturbation of `STRESS`, applied together with fixed amounts of the others.

    >>> image_NCHW = torch.tensor([[[[9, 0, 0, 0]]]], dtype=torch.uint8)
    >>> combined_perturbation("shift", {"thickness": 1}).apply(image_NCHW, 2, "zeros")
    tensor([[[[0, 0, 9, 9]]]], dtype=torch.uint8)
    """
    return replace(STRESS[name], apply=lambda images, amount, fill: perturb(images, {**others, name: amount}, fill))


def fill_mode(preprocessing: Preprocessing) -> FillMode:
    """What fills the area outside a picture: zeros if the training pictures had a background of zeros, else the edge.

    They had one if they are light on dark, or stand in the middle of zeros.

    >>> from striate.tables import load_table
    >>> fill_mode(load_table("lenet5").preprocessing), fill_mode(load_table("alexnet").preprocessing)
    ('zeros', 'border')
    """
    return "zeros" if preprocessing.light_on_dark or preprocessing.content is not None else "border"


def _resample(images_NCHW: Tensor, source: list[list[float]], fill: FillMode) -> Tensor:
    sources = np.tile(np.array(source, dtype=np.float64), (len(images_NCHW), 1, 1))
    return _to_uint8(resample(images_NCHW.float(), sources, fill))


def _to_uint8(values: Tensor) -> Tensor:
    return values.round().clamp(0, 255).to(torch.uint8)
