"""Named data sets: pictures as uint8, labels, class names, and a fixed split into training and held-out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.errors import DataError
from striate.tables.fields import suggest


@dataclass(frozen=True)
class ImageSet:
    """Pictures uint8 (N, channels, height, width) and their labels int64 (N,)."""

    images_NCHW: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Dataset:
    """A data set split once and for all. `light_on_dark` says that its pictures are light on a dark ground."""

    name: str
    source: str
    classes: tuple[str, ...]
    train: ImageSet
    test: ImageSet
    light_on_dark: bool = False


def load_dataset(name: str) -> Dataset:
    """The data set of a name. DataError if there is none.

    >>> len(load_dataset("digits").test.labels)
    360
    """
    if name not in _LOADERS:
        raise DataError(f"unknown data set {name!r}; {suggest(name, _LOADERS)}")
    return _LOADERS[name]()


def _digits() -> Dataset:
    """scikit-learn's 1,797 handwritten digits (UCI), 8x8 with 17 shades, brought to 28x28; a fifth is held out.

    The split is stratified, with a fixed seed.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    shades = torch.from_numpy(bunch.images).to(torch.float32).unsqueeze(1) * (255 / 16)
    pixels = F.interpolate(shades, (28, 28), mode="bilinear", align_corners=False)
    images_NCHW, labels = pixels.round().to(torch.uint8), torch.from_numpy(bunch.target).to(torch.int64)
    train, test = train_test_split(range(len(labels)), test_size=0.2, random_state=0, stratify=bunch.target)
    return Dataset(
        name="digits",
        source="UCI, Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998), as scikit-learn ships it",
        classes=tuple(map(str, bunch.target_names)),
        train=ImageSet(images_NCHW[train], labels[train]),
        test=ImageSet(images_NCHW[test], labels[test]),
        light_on_dark=True,
    )


_LOADERS: dict[str, Callable[[], Dataset]] = {"digits": _digits}
