"""IDX files, in which MNIST and Fashion-MNIST come: a magic number, the sizes, then the bytes. Plain or gzipped.

Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits": the file formats.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from striate.errors import DataError

_UNSIGNED_BYTES = 0x08
_MAX_BYTES = 2**31
"""A file whose header states more is refused before anything is read."""


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array of unsigned bytes in an IDX file with this number of dimensions.

    DataError names the path and what is wrong: the magic number, the sizes, too few bytes or too many.
    """
    try:
        with _open(path) as file:
            shape = _header(file, path, dimensions)
            content = file.read(prod(shape) + 1)
    except EOFError:
        raise DataError(f"{path}: truncated: the gzip stream ends too early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(content) < prod(shape):
        raise DataError(f"{path}: truncated: {len(content)} bytes, the header states {prod(shape)}")
    if len(content) > prod(shape):
        raise DataError(f"{path}: has more than the {prod(shape)} bytes that its header states")
    return np.frombuffer(bytearray(content), dtype=np.uint8).reshape(shape)  # writeable: torch warns otherwise


def read_pair(images: Path, labels: Path, classes: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures (N, height, width) and their labels (N,), below `classes`; DataError if the two do not belong together.

    There must be pictures, and pixels in them.
    """
    pictures_NHW, numbers = read_idx(images, 3), read_idx(labels, 1)
    if len(pictures_NHW) != len(numbers):
        raise DataError(f"{labels}: {len(numbers)} labels for the {len(pictures_NHW)} images of {images.name}")
    if pictures_NHW.size == 0:
        raise DataError(f"{images}: has no images: {'x'.join(map(str, pictures_NHW.shape))}")
    if numbers.max() >= classes:
        raise DataError(f"{labels}: label {numbers.max()}, expected 0 to {classes - 1}")
    return pictures_NHW, numbers


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """The file's content, unpacked if it is gzip, whatever its name: some unpack the files and keep the names."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file


def _header(file: IO[bytes], path: Path, dimensions: int) -> tuple[int, ...]:
    """The shape that a header states."""
    length = 4 + 4 * dimensions
    header = file.read(length)
    expected = bytes((0, 0, _UNSIGNED_BYTES, dimensions))
    if header[:4] != expected[: len(header)] or not header:
        raise DataError(
            f"{path}: not an IDX file of {dimensions} dimensions: begins with {header[:4].hex() or 'nothing'},"
            f" expected {expected.hex()}"
        )
    if len(header) < length:
        raise DataError(f"{path}: truncated: {len(header)} bytes of a header of {length}")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if prod(shape) > _MAX_BYTES:
        raise DataError(f"{path}: its header states {'x'.join(map(str, shape))} bytes, at most {_MAX_BYTES} are read")
    return shape
