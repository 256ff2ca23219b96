"""Images given from Python as NumPy arrays or torch tensors, for training and for prediction: their pixels.

An image is (height, width), (height, width, channels) or (channels, height, width), with 1 or 3 channels; the shape
decides between the last two.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.pictures import Bytes
from striate.errors import DataError

Array: TypeAlias = NDArray[Any] | Tensor
_LAYOUTS = "(height, width), (height, width, 1 or 3) or (1 or 3, height, width)"


def to_pixels(images: object, where: str, *, leading: int = 0) -> Bytes:
    """An image as uint8 (height, width, channels); with one leading axis several, (N, height, width, channels).

    Values are uint8, or floats from 0 to 1. DataError says what was expected, and begins with `where`.

    >>> to_pixels(np.ones((3, 4, 5), np.float32), "the image").shape
    (4, 5, 3)
    """
    if not isinstance(images, np.ndarray | Tensor):
        raise DataError(
            f"{where}: expected a Pillow image, a NumPy array or a torch tensor, got {type(images).__name__}"
        )
    return _as_bytes(_channels_last(to_array(images), where, leading), where)


def to_array(array: Array) -> NDArray[Any]:
    """A tensor, on any device, as an array; an array as it is."""
    if not isinstance(array, Tensor):
        return array
    array = array.detach().cpu()
    return (array.float() if array.is_floating_point() else array).numpy()  # NumPy has no bfloat16


def _channels_last(pixels: NDArray[Any], where: str, leading: int) -> NDArray[Any]:
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
