"""Data given from Python: arrays, or a torch Dataset, read into memory once.

An image is (height, width), (height, width, channels) or (channels, height, width), with 1 or 3 channels. Of the last
two layouts, the axis of length 1 or 3 decides.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import IterableDataset

from striate.data.arrays import Array, to_array, to_pixels
from striate.data.decode import decode_pil
from striate.data.digests import as_digests, digest_pixels
from striate.data.options import DataOptions
from striate.data.pictures import Bytes, Dataset, ImageSet, Pictures
from striate.data.preprocessing import set_digit
from striate.data.split import split
from striate.data.transforms import convert_and_downscale
from striate.errors import DataError
from striate.tables import Table
from striate.text import compose


def load_in_memory(
    data: tuple[Array, Array] | TorchDataset[Any],
    table: Table,
    side: int,
    options: DataOptions,
    known: tuple[str, ...] | None,
    on_progress: Callable[[int, int], None],
) -> Dataset:
    """Arrays `(images, labels)` or a map-style torch Dataset, split as the options say.

    Every image gets the table's channels, and a larger one is scaled down to a shorter side of `side` pixels; before,
    its digit is set where the table says so (`Preprocessing.figure`). `known` are the
    classes of a model that is to be evaluated. DataError names the image and what is wrong with it.
    """
    channels, figure = table.input[0], table.preprocessing.figure
    if isinstance(data, tuple):
        name, source, names = "arrays", "arrays given from Python", known
        images_NHWC, numbers = _check_arrays(data)
        items: Iterable[tuple[Bytes, int]] = zip(images_NHWC, numbers, strict=True)
    else:
        name, source = type(data).__name__, "a torch Dataset given from Python"
        names = getattr(data, "classes", None)
        items = _dataset_items(data, _length(data), channels, on_progress)
    pictures: list[Bytes] = []
    labels: list[int] = []
    contents: list[bytes] = []
    for pixels_HWC, label in items:
        contents.append(digest_pixels(pixels_HWC))
        pictures.append(convert_and_downscale(set_digit(pixels_HWC, figure), channels, side))
        labels.append(label)
    classes = tuple(compose(str(name)) for name in (range(max(labels, default=-1) + 1) if names is None else names))
    _check_labels(name, labels, classes, partial=known is not None)
    digests = as_digests(contents)
    everything = ImageSet(Pictures.from_arrays(pictures), torch.tensor(labels), known_digests=digests)
    train, validation = map(everything.subset, split(labels, digests, options.val_fraction, options.split))
    if len(validation) == 0 and known is None:
        raise DataError(f"{name}: no image is left for validation, since no class has two different ones")
    return Dataset(name, source, classes, train, validation, from_python=True)


def _check_arrays(data: tuple[Array, Array]) -> tuple[Bytes, list[int]]:
    """The images as uint8 (N, height, width, channels), and their labels."""
    if len(data) != 2 or not all(isinstance(part, np.ndarray | Tensor) for part in data):
        kinds = ", ".join(type(part).__name__ for part in data)
        raise DataError(f"data: expected (images, labels), NumPy arrays or torch tensors, got ({kinds})")
    images, labels = map(to_array, data)
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise DataError(
            f"labels: expected whole numbers, one for each of {len(images) if images.ndim else 0} images, got"
            f" {labels.dtype} {labels.shape}"
        )
    return to_pixels(images, "images", leading=1), labels.tolist()


def _length(data: TorchDataset[Any]) -> int:
    if not isinstance(data, TorchDataset):
        kind = type(data).__name__
        raise DataError(f"data: expected a name, a folder, arrays (images, labels) or a torch Dataset, got {kind}")
    if isinstance(data, IterableDataset) or not hasattr(data, "__len__"):
        raise DataError(f"data: {type(data).__name__} has no length; expected a map-style torch Dataset")
    return len(data)


def _dataset_items(
    data: TorchDataset[Any], length: int, channels: int, on_progress: Callable[[int, int], None]
) -> Iterator[tuple[Bytes, int]]:
    for index in range(length):
        where = f"item {index} of {type(data).__name__}"
        item = data[index]
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise DataError(f"{where}: expected (image, label), got {type(item).__name__}")
        try:
            label = operator.index(item[1])
        except TypeError:
            raise DataError(f"{where}: expected a whole number as label, got {item[1]!r}") from None
        yield _image_pixels(item[0], channels, where), label
        on_progress(index + 1, length)


def _image_pixels(image: Any, channels: int, where: str) -> Bytes:
    """An image of a Dataset as uint8 (height, width, channels); of a Pillow image the table's channels."""
    return decode_pil(image, channels, name=where) if isinstance(image, Image.Image) else to_pixels(image, where)


def _check_labels(name: str, labels: list[int], classes: tuple[str, ...], *, partial: bool) -> None:
    """DataError unless the labels are those of classes; `partial`: not all classes need images."""
    if not labels:
        raise DataError(f"{name}: no images")
    if not 0 <= min(labels) <= max(labels) < len(classes):
        raise DataError(f"{name}: labels go from {min(labels)} to {max(labels)}, expected 0 to {len(classes) - 1}")
    if (missing := set(range(len(classes))) - set(labels)) and not partial:
        raise DataError(f"{name}: class {classes[min(missing)]} has no image to train on")
