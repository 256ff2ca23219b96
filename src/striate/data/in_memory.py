"""Data given from Python: arrays, or a torch Dataset, read into memory once.

An image is (height, width), (height, width, channels) or (channels, height, width), with 1 or 3 channels. Of the last
two layouts, the axis of length 1 or 3 decides.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import IterableDataset

from striate.data.decode import image_to_array
from striate.data.pictures import Bytes, Dataset, ImageSet, Pictures
from striate.data.split import stratified_split
from striate.errors import DataError

Array: TypeAlias = NDArray[Any] | Tensor
_LAYOUTS = "(height, width), (height, width, 1 or 3) or (1 or 3, height, width)"


def load_in_memory(
    data: tuple[Array, Array] | TorchDataset[Any],
    fit: Callable[[Bytes], Bytes],
    channels: int,
    val_fraction: float,
    on_progress: Callable[[int, int], None],
) -> Dataset:
    """Arrays `(images, labels)` or a map-style torch Dataset, split by `stratified_split`.

    Every image goes through `fit`, uint8 (height, width, channels) to the same. DataError names the image and what is
    wrong with it.
    """
    if isinstance(data, tuple):
        name, source, names = "arrays", "arrays given from Python", None
        images_NHWC, numbers = _check_arrays(data)
        items: Iterable[tuple[Bytes, int]] = zip(images_NHWC, numbers, strict=True)
    else:
        name, source = type(data).__name__, "a torch Dataset given from Python"
        names = getattr(data, "classes", None)
        items = _dataset_items(data, _length(data), channels, on_progress)
    pictures: list[Bytes] = []
    labels: list[int] = []
    for pixels_HWC, label in items:
        pictures.append(fit(pixels_HWC))
        labels.append(label)
    classes = tuple(map(str, range(max(labels, default=-1) + 1) if names is None else names))
    _check_labels(name, labels, classes)
    everything = ImageSet(Pictures.from_arrays(pictures), torch.tensor(labels, dtype=torch.int64))
    train, validation = map(everything.subset, stratified_split(labels, range(len(classes)), val_fraction))
    if len(validation) == 0:
        raise DataError(f"{name}: no image is left for validation, since no class has more than one")
    return Dataset(name, source, classes, train, validation, from_python=True)


def _check_arrays(data: tuple[Array, Array]) -> tuple[Bytes, list[int]]:
    """The images as uint8 (N, height, width, channels), and their labels."""
    if len(data) != 2 or not all(isinstance(part, np.ndarray | Tensor) for part in data):
        kinds = ", ".join(type(part).__name__ for part in data)
        raise DataError(f"data: expected (images, labels), NumPy arrays or torch tensors, got ({kinds})")
    images, labels = map(_as_array, data)
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise DataError(
            f"labels: expected whole numbers, one for each of {len(images) if images.ndim else 0} images, got"
            f" {labels.dtype} {labels.shape}"
        )
    return _as_bytes(_channels_last(images, "images", leading=1), "images"), labels.tolist()


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
    if isinstance(image, Image.Image):
        return image_to_array(image, channels)
    if not isinstance(image, np.ndarray | Tensor):
        raise DataError(
            f"{where}: expected a Pillow image, a NumPy array or a torch tensor, got {type(image).__name__}"
        )
    return _as_bytes(_channels_last(_as_array(image), where, leading=0), where)


def _as_array(array: Array) -> NDArray[Any]:
    if not isinstance(array, Tensor):
        return array
    array = array.detach().cpu()
    return (array.float() if array.is_floating_point() else array).numpy()  # NumPy has no bfloat16


def _channels_last(pixels: NDArray[Any], where: str, leading: int) -> NDArray[Any]:
    """One image or, with one leading axis, several as (..., height, width, channels)."""
    shape = pixels.shape[leading:]
    if len(shape) == 2 and min(shape) > 0:
        return pixels[..., None]
    if len(shape) == 3 and min(shape) > 0:
        first, last = shape[0] in (1, 3), shape[2] in (1, 3)
        if first != last:
            return pixels if last else np.moveaxis(pixels, leading, -1)
    raise DataError(f"{where}: expected each image as {_LAYOUTS}, got {shape}")


def _as_bytes(pixels: NDArray[Any], where: str) -> Bytes:
    """Pixels as uint8: bytes as they are, floats from 0 to 1 times 255."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind != "f":
        raise DataError(f"{where}: expected uint8, or floats from 0 to 1, got {pixels.dtype}")
    least, most = pixels.min(initial=0), pixels.max(initial=0)
    if not (least >= 0 and most <= 1):
        raise DataError(
            f"{where}: expected uint8, or floats from 0 to 1 (Striate normalizes them itself), got {pixels.dtype} from"
            f" {least:.3g} to {most:.3g}"
        )
    return (pixels * 255).round().astype(np.uint8)


def _check_labels(name: str, labels: list[int], classes: tuple[str, ...]) -> None:
    if not labels:
        raise DataError(f"{name}: no images")
    if not 0 <= min(labels) <= max(labels) < len(classes):
        raise DataError(f"{name}: labels go from {min(labels)} to {max(labels)}, expected 0 to {len(classes) - 1}")
    if missing := set(range(len(classes))) - set(labels):
        raise DataError(f"{name}: class {classes[min(missing)]} has no image to train on")
