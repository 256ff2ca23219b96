"""Image files decoded: any size and mode, to 8-bit gray or RGB; or an error with the path and the reason."""

from __future__ import annotations

import io
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import ExifTags, Image, UnidentifiedImageError

from striate.data.pictures import Bytes
from striate.data.transforms import downscale
from striate.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".avif"}
)
"""The suffixes, in lower case, of files that are taken for pictures in a folder."""
MAX_PIXELS = 64_000_000
"""A picture whose header states more is not decoded."""
MAX_FILE = 2**27
"""Bytes of a file; a larger one is not read."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each of EXIF's orientations."""
_SMALL = 2**21  # pixels
_JPEG_MARGIN = 2
"""A JPEG may decode to a part of its size as long as it stays this many times larger than needed."""


class LargePictureError(Exception):
    """A picture that takes long to decode, where only small ones are decoded."""


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
    content: bytes,
    channels: int,
    side: int | None = None,
    *,
    name: str = "the image",
    max_pixels: int = MAX_PIXELS,
    small: bool = False,
) -> Bytes:
    """A picture file that is in memory, as `decode`; DataError calls it by this name.

    With `small`, LargePictureError if it would take long.

    >>> decode_bytes(b"hello", 1)
    Traceback (most recent call last):
    striate.errors.DataError: the image: not an image in a known format (PNG, JPEG, BMP, GIF, WEBP)
    """
    return _decode(content, channels, side, name, max_pixels, small)


def decode_pil(image: Image.Image, channels: int, side: int | None = None, *, name: str = "the image") -> Bytes:
    """An opened PIL image, of any mode, as `decode`; the image stays as it is.

    >>> decode_pil(Image.new("RGBA", (4, 3)), 1).shape
    (3, 4, 1)
    """
    with _as_data_errors(name, MAX_PIXELS):
        pixels = _convert(image, _mode(channels), _transpose(image))
    return downscale(pixels.reshape(*pixels.shape[:2], channels), side)


@contextmanager
def ignore_metadata_warnings() -> Iterator[None]:
    """Ignore Pillow's warnings of damaged metadata: what cannot be decoded is an error anyway.

    Python's filters are the process's, so a pool of threads is wrapped once by its caller.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _decode(content: bytes, channels: int, side: int | None, name: str, max_pixels: int, small: bool) -> Bytes:
    with (
        _as_data_errors(name, max_pixels, empty=not content),
        Image.open(io.BytesIO(content), formats=FORMATS) as image,
    ):
        if image.width * image.height > max_pixels:
            raise DataError(
                f"{name}: {image.width}x{image.height} pixels, at most {max_pixels / 10**6:g} million are read"
            )
        if small and image.width * image.height > _SMALL:
            raise LargePictureError
        mode, transpose = _mode(channels), _transpose(image)
        pixels = _decode_plain_jpeg(content, image, mode, side) if transpose is None else None
        if pixels is None:
            if side is not None:
                image.draft(image.mode, (_JPEG_MARGIN * side, _JPEG_MARGIN * side))
            pixels = _convert(image, mode, transpose)
    return downscale(pixels.reshape(*pixels.shape[:2], channels), side)


@contextmanager
def _as_data_errors(name: str, max_pixels: int, *, empty: bool = False) -> Iterator[None]:
    """What Pillow raises, as one DataError that names the picture."""
    try:
        yield
    except UnidentifiedImageError:
        reason = "empty" if empty else f"not an image in a known format ({', '.join(FORMATS)})"
        raise DataError(f"{name}: {reason}") from None
    except Image.DecompressionBombError:
        raise DataError(f"{name}: more pixels than are read, at most {max_pixels / 10**6:g} million") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}") from None
    except (ValueError, SyntaxError, EOFError, MemoryError) as error:  # Pillow's decoders on damaged files
        raise DataError(f"{name}: damaged: {error or type(error).__name__}") from None


def _mode(channels: int) -> str:
    return "L" if channels == 1 else "RGB"


def _transpose(image: Image.Image) -> Image.Transpose | None:
    """What brings the picture upright. Pillow's own function writes all of EXIF anew and fails on odd entries."""
    if image.format == "JPEG" and not image.info.keys() & {"exif", "xmp"}:  # spares Pillow's parser
        return None
    try:
        return _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged metadata says nothing; Pillow's parser raises many kinds
        return None


def _decode_plain_jpeg(content: bytes, image: Image.Image, mode: str, side: int | None) -> Bytes | None:
    """A JPEG without anything odd, in half of Pillow's time, by the library that Pillow uses; None: left to Pillow.

    The least flaw leaves it to Pillow, so that an error does not depend on which of them decodes.
    """
    if image.format != "JPEG" or image.mode != mode:
        return None
    least = 0 if side is None else _JPEG_MARGIN * side
    colours = "GRAY" if mode == "L" else "RGB"
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(content)
        if (width, height) != image.size:  # the size that was checked is not that of the data
            return None
        pixels: Bytes = simplejpeg.decode_jpeg(content, colours, min_height=least, min_width=least)
    except ValueError:
        return None
    return pixels


def _convert(image: Image.Image, mode: str, transpose: Image.Transpose | None) -> Bytes:
    """The pixels of a Pillow image, upright and in this mode."""
    upright = image if transpose is None else image.transpose(transpose)
    if upright.mode == mode and not upright.has_transparency_data:
        return np.array(upright)
    if upright.mode.startswith("I"):  # 16 bits, which Pillow would cut to 8 instead of scaling
        upright = Image.fromarray((np.asarray(upright) / 257).round().clip(0, 255).astype(np.uint8))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
    return np.array(upright.convert(mode))
