"""Image files decoded: any size and mode, to 8-bit gray or RGB; or an error with the path and the reason."""

from __future__ import annotations

import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile

from striate.data.decode_budget import DECODING
from striate.data.picture_file import PictureFile, bytes_to_decode, check_bytes, check_size, read_header
from striate.data.pictures import Bytes
from striate.data.pixel_values import to_pixels
from striate.data.tiff_errors import refuse_tiff_errors
from striate.data.transforms import downscale, downscaled_size
from striate.errors import DataError

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".avif"}
)
"""The suffixes, in lower case, of files that are taken for pictures in a folder."""
MAX_FILE = 2**27
"""Bytes of a file; a larger one is not read."""
_UPRIGHT: dict[int, Callable[[Bytes], Bytes]] = {
    2: lambda pixels_HWC: pixels_HWC[:, ::-1],
    3: lambda pixels_HWC: pixels_HWC[::-1, ::-1],
    4: lambda pixels_HWC: pixels_HWC[::-1],
    5: lambda pixels_HWC: pixels_HWC.swapaxes(0, 1),
    6: lambda pixels_HWC: np.rot90(pixels_HWC, -1),
    7: lambda pixels_HWC: pixels_HWC[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
"""What undoes each of EXIF's orientations."""
_ORIENTED = frozenset({"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"})
"""What Pillow looks for an orientation in, in a JPEG or PNG that it has opened."""
_MODES = {1: "L", 3: "RGB"}
"""Pillow's, by channels."""
_MAX_REASON = 200  # letters
_SMALL = 2**24
"""A picture that takes more bytes to decode, or has more pixels in all scans, is large; photos of a camera are not."""
_JPEG_MARGIN = 2
"""A JPEG may decode to a part of its size as long as it stays this many times larger than needed."""


class LargePictureError(Exception):
    """A picture that takes long to decode, where only small ones are decoded; `cost` grows with the time: bytes."""

    def __init__(self, cost: int) -> None:
        super().__init__(cost)
        self.cost = cost


@dataclass(frozen=True)
class DecodedPicture:
    """A picture as `decode` gives it; a note on how its values are understood, or ""; and the (width, height) that the
    file says, before scaling and turning."""

    pixels_HWC: Bytes
    note: str
    size: tuple[int, int]


def decode(path: Path, channels: int, side: int | None = None) -> Bytes:
    """A picture as uint8 (height, width, channels), 1 channel gray or 3 RGB, upright as EXIF says.

    Transparent parts come onto white, 16 bits are brought to 8, of an animation the first frame is taken. Larger
    pictures are scaled down to a shorter side of `side` pixels, the aspect ratio kept. DataError names the path and why
    it cannot be read. Pillow may warn of damaged metadata: see `ignore_metadata_warnings`.
    """
    return decode_bytes(read_file(path), channels, side, name=str(path))


def read_file(path: Path) -> bytes:
    """The bytes of a picture's file, which `decode_bytes` decodes; DataError names the path and why there are none."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(f"{path}: a folder, where an image was expected")
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path}: not a regular file")
        if status.st_size > MAX_FILE:
            raise DataError(f"{path}: {status.st_size:,} bytes, at most {MAX_FILE:,} are read")
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a zero byte in the path
        raise DataError(f"{path}: cannot be read: {error}") from None


def decode_bytes(
    content: bytes, channels: int, side: int | None = None, *, name: str = "the image", small: bool = False
) -> Bytes:
    """A picture file that is in memory, as `decode`; DataError calls it by this name.

    With `small`, LargePictureError if it would take long.

    >>> decode_bytes(b"hello", 1)
    Traceback (most recent call last):
    striate.errors.DataError: the image: not an image in a known format (PNG, JPEG, BMP, GIF, WEBP, TIFF, AVIF)
    """
    return decode_picture(content, channels, side, name=name, small=small).pixels_HWC


def decode_picture(
    content: bytes, channels: int, side: int | None = None, *, name: str = "the image", small: bool = False
) -> DecodedPicture:
    """As `decode_bytes`, with the note on it."""
    with _as_data_errors(name):
        file, image = read_header(content)
        check_size(file, image)
        heeding = refuse_tiff_errors() if file.format == "TIFF" else nullcontext()
        with _share(file, image, channels, side, small=small), heeding:
            opened = file.opened() if image is None else image
            pixels, note = _decode_plain_jpeg(content, opened, channels, side), ""
            if pixels is None:
                if side is not None:
                    opened.draft(opened.mode, (_JPEG_MARGIN * side, _JPEG_MARGIN * side))
                pixels, note = to_pixels(opened, _MODES[channels], side, file.sample_bits, file.opened)
            orientation = _orientation(
                opened
            )  # last, since to look for it Pillow may decode the picture in its own way
        return DecodedPicture(_turn(pixels, orientation), note, file.size)


def decode_pil(image: Image.Image, channels: int, side: int | None = None, *, name: str = "the image") -> Bytes:
    """An opened PIL image, of any mode, as `decode`; the image stays as it is.

    >>> decode_pil(Image.new("RGBA", (4, 3)), 1).shape
    (3, 4, 1)
    """
    with _as_data_errors(name):
        pixels, _ = to_pixels(image, _MODES[channels], side)
        return _turn(pixels, _orientation(image))


@contextmanager
def ignore_metadata_warnings() -> Iterator[None]:
    """Ignore Pillow's warnings of damaged metadata: what cannot be decoded is an error anyway.

    Python's filters are the process's, so a pool of threads is wrapped once by its caller.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _as_data_errors(name: str) -> Iterator[None]:
    """Whatever a picture raises as one DataError that names it: Pillow's decoders raise many kinds on damaged files."""
    try:
        yield
    except LargePictureError:
        raise
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {_line(error.strerror or error)}") from None
    except Exception as error:
        words = ("damaged", _line(error))  # an AssertionError of Pillow's has none
        raise DataError(f"{name}: {': '.join(filter(None, words))}") from None


def _line(error: object) -> str:
    """What Pillow says, as a part of one line."""
    return " ".join(str(error).split())[:_MAX_REASON]


def _share(
    file: PictureFile, image: ImageFile | None, channels: int, side: int | None, *, small: bool
) -> AbstractContextManager[None]:
    """The bytes that decoding takes, at its peak. DataError, without a name, if a picture may not take so many."""
    width, height = size = file.size
    if file.format == "JPEG" and side is not None:
        scale = min(8, max(1, min(size) // (_JPEG_MARGIN * side)))
        width, height = (-(-pixels // (1 << scale.bit_length() - 1)) for pixels in size)
    rows, columns = downscaled_size((height, width), side)
    need = bytes_to_decode(file, image, (width, height)) + channels * columns * height
    if rows != height:
        need += channels * columns * rows
    check_bytes(file, need)
    cost = max(need, file.scans * size[0] * size[1])
    if small and cost > _SMALL:
        raise LargePictureError(cost)
    return nullcontext() if small else DECODING.share(need)  # a small one does not wait for large ones


def _orientation(image: Image.Image) -> int:
    """EXIF's number. Pillow's own function writes all of EXIF anew and fails on odd entries."""
    if image.format in ("JPEG", "PNG") and not image.info.keys() & _ORIENTED:  # spares Pillow's parser
        return 1
    if image.format == "TIFF":  # Pillow turns it as it decodes
        return 1
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged metadata says nothing; Pillow's parser raises many kinds
        return 1


def _turn(pixels_HWC: Bytes, orientation: int) -> Bytes:
    """The picture upright; turned when it is small already."""
    turn = _UPRIGHT.get(orientation)
    return pixels_HWC if turn is None else np.ascontiguousarray(turn(pixels_HWC))


def _decode_plain_jpeg(content: bytes, image: Image.Image, channels: int, side: int | None) -> Bytes | None:
    """A JPEG without anything odd, in half of Pillow's time, by the library that Pillow uses; None: left to Pillow.

    The least flaw leaves it to Pillow, so that an error does not depend on which of them decodes.
    """
    if image.format != "JPEG" or image.mode != _MODES[channels]:
        return None
    least = 0 if side is None else _JPEG_MARGIN * side
    colours = "GRAY" if channels == 1 else "RGB"
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(content)
        if (width, height) != image.size:  # the size that was checked is not that of the data
            return None
        pixels: Bytes = simplejpeg.decode_jpeg(content, colours, min_height=least, min_width=least)
    except ValueError:
        return None
    return downscale(pixels.reshape(*pixels.shape[:2], channels), side)
