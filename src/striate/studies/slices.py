"""Slices of a data set: how well a model does on its dark and bright, small and large, blurred and sharp pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from striate.data import ImageSet, convert_channels, preprocessed_batches, stored_size
from striate.studies.paired import CONFIDENCE
from striate.studies.proportions import Interval, difference_interval, wilson_interval
from striate.tables import Table

PictureProperty = Literal["brightness", "size", "sharpness"]
PICTURE_PROPERTIES: tuple[PictureProperty, ...] = get_args(PictureProperty)
Doubles = NDArray[np.float64]
_FIFTHS_FROM = 500  # images; fewer are cut into thirds, so that a slice has enough of them
_LAPLACIAN = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))


@dataclass(frozen=True)
class Slice:
    """The images whose `measure` lies from `low` to `high`, both included: how many, how many of them are right, the
    95 % interval of that share (Wilson), and the interval of its difference from that of all other images (Newcombe),
    wide enough to hold for all slices together (Bonferroni)."""

    measure: PictureProperty
    low: float
    high: float
    images: int
    correct: int
    interval: Interval
    difference: Interval

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.correct / self.images

    @property
    def is_worse(self) -> bool:
        """Whether it is measurably worse than the other images: the whole interval of the difference is below 0."""
        return self.difference[1] < 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        names = ("measure", "low", "high", "images", "correct", "accuracy", "interval", "difference")
        values = {name: getattr(self, name) for name in names}
        return {**values, "interval": list(self.interval), "difference": list(self.difference), "worse": self.is_worse}


def picture_properties(images: ImageSet, table: Table) -> dict[PictureProperty, Doubles]:
    """The properties of each image (N,).

    Brightness and sharpness are those of the input that the network reads, so that one scale holds for all: the mean
    of its gray values, 0 to 1, and the variance of their Laplacian (Pech-Pacheco et al. 2000). Size is the shorter
    side, in pixels, of the picture as it is stored, before it is scaled.
    """
    measured = [_brightness_and_sharpness(batch) for batch in preprocessed_batches(images, table)]
    brightness, sharpness = (torch.cat(parts).numpy() for parts in zip(*measured, strict=True))
    size = np.array([_shorter_side(images, index) for index in range(len(images))], dtype=np.float64)
    return {"brightness": brightness, "size": size, "sharpness": sharpness}


def _shorter_side(images: ImageSet, index: int) -> int:
    """Of the file, whose picture may have been scaled down as it was decoded; else of the picture in memory."""
    stored = None if images.names is None else stored_size(images.names[index])
    return min(stored) if stored else int(images.pictures.shapes[index].min())


def _brightness_and_sharpness(inputs_NCHW: Tensor) -> tuple[Tensor, Tensor]:
    """Two properties of each input (N,)."""
    gray_N1HW = convert_channels(inputs_NCHW, 1).double() / 255
    brightness = gray_N1HW.mean(dim=(1, 2, 3))
    if min(gray_N1HW.shape[2:]) < len(_LAPLACIAN):
        return brightness, torch.zeros_like(brightness)
    kernel = torch.tensor(_LAPLACIAN, dtype=torch.float64).view(1, 1, 3, 3)
    return brightness, functional.conv2d(gray_N1HW, kernel).var(dim=(1, 2, 3), correction=0)


def slice_accuracy(properties: Mapping[PictureProperty, Doubles], correct: NDArray[np.bool_]) -> tuple[Slice, ...]:
    """The slices of each property, from low to high, and whether their images are right (N,).

    Thirds, or fifths of 500 images and more. Equal values stay together, so that slices may differ in size; a property
    that all images share has none.

    >>> slices = slice_accuracy({"brightness": np.repeat([0.1, 0.5, 0.9], 50)}, np.repeat([False, True, True], 50))
    >>> [(one.low, one.accuracy, one.is_worse) for one in slices]
    [(0.1, 0.0, True), (0.5, 1.0, False), (0.9, 1.0, False)]
    """
    parts = 5 if len(correct) >= _FIFTHS_FROM else 3
    found = [(name, inside) for name, values in properties.items() for inside in _cut(values, parts)]
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(found))
    return tuple(_slice(name, properties[name], inside, correct, confidence) for name, inside in found)


def _cut(values: Doubles, parts: int) -> Iterator[NDArray[np.bool_]]:
    """Which images are in each part; none if there is only one."""
    below = values[values < values.max()]
    if len(below) == 0:
        return
    # No edge is the largest value: where that is frequent, it would have no part of its own.
    edges = np.minimum(np.quantile(values, np.arange(1, parts) / parts, method="lower"), below.max())
    numbers = np.searchsorted(np.unique(edges), values)
    for number in np.unique(numbers):
        yield numbers == number


def _slice(
    name: PictureProperty, values: Doubles, inside: NDArray[np.bool_], correct: NDArray[np.bool_], confidence: float
) -> Slice:
    images, hits = int(inside.sum()), int(correct[inside].sum())
    others = int(correct.sum()) - hits, len(correct) - images
    return Slice(
        measure=name,
        low=float(values[inside].min()),
        high=float(values[inside].max()),
        images=images,
        correct=hits,
        interval=wilson_interval(hits, images),
        difference=difference_interval((hits, images), others, confidence),
    )
