"""Image files decoded: any size and mode, to 8-bit gray or RGB, or refused with the path and the reason."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional as F

from striate.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
MAX_PIXELS = 64_000_000
"""A picture that would decode to more is refused from its header."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SPARE = 2
"""A JPEG may decode to a part of its size as long as it stays this many times larger than needed."""
_METADATA = 2**20
"""A file larger than its pixels and this many bytes is not read at once."""


@dataclass(frozen=True)
class _Source:
    """Where a picture comes from, a file or bytes, and what it is called in errors."""

    name: str
    content: Path | bytes

    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    def read(self) -> bytes:
        """All of it."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    def opened(self) -> Path | io.BytesIO:
        """What Pillow opens."""
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content


def decode(path: Path, channels: int, side: int | None = None) -> NDArray[np.uint8]:
    """A picture as uint8 (height, width, channels), 1 channel gray or 3 RGB, upright as EXIF says.

    Transparent parts come onto white, 16 bits are brought to 8, of an animation the first frame is taken. Larger
    pictures are scaled down to a shorter side of `side` pixels, the aspect ratio kept. DataError names the path and why
    it cannot be read. Pillow may warn of damaged metadata; for threads, the caller silences that once for all.
    """
    if path.is_dir():
        raise DataError(f"{path}: a folder, where an image was expected")
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: not a regular file")
    return _decode(_Source(str(path), path), channels, side, MAX_PIXELS)


def decode_bytes(
    content: bytes,
    channels: int,
    side: int | None = None,
    *,
    name: str = "the image",
    max_pixels: int = MAX_PIXELS,
) -> NDArray[np.uint8]:
    """A picture that is in memory, as `decode`; DataError calls it by this name.

    >>> decode_bytes(b"hello", 1)
    Traceback (most recent call last):
    striate.errors.DataError: the image: not an image in a known format (PNG, JPEG, BMP, GIF, WEBP)
    """
    return _decode(_Source(name, content), channels, side, max_pixels)


def read_image(path: Path, channels: int) -> Tensor:
    """A picture as uint8 (channels, height, width), all of its pixels. DataError as `decode`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata; what cannot be decoded is an error anyway
        return torch.from_numpy(decode(path, channels)).permute(2, 0, 1).contiguous()


def image_to_array(image: Image.Image, channels: int) -> NDArray[np.uint8]:
    """A Pillow image as uint8 (height, width, channels), 1 channel gray or 3 RGB, converted as `decode` converts.

    >>> image_to_array(Image.new("RGB", (5, 4), "white"), 1).shape
    (4, 5, 1)
    """
    return _to_array(image, "L" if channels == 1 else "RGB").reshape(image.height, image.width, channels)


def downscale(pixels_HWC: NDArray[np.uint8], side: int | None) -> NDArray[np.uint8]:
    """A picture scaled down to a shorter side of `side` pixels, as `preprocess.fit` scales; or itself if it is small.

    >>> downscale(np.zeros((40, 50, 3), np.uint8), 20).shape, downscale(np.zeros((4, 5, 3), np.uint8), 20).shape
    ((20, 25, 3), (4, 5, 3))
    """
    height, width, _ = pixels_HWC.shape
    if side is None or min(height, width) <= side:
        return pixels_HWC
    scale = side / min(height, width)
    size = (max(side, round(height * scale)), max(side, round(width * scale)))
    return resize(pixels_HWC, size)


def resize(pixels_HWC: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture at another size (height, width): bilinear, antialiased, what torch does fast for bytes."""
    if not (pixels_HWC.flags.writeable and pixels_HWC.flags.c_contiguous):
        pixels_HWC = pixels_HWC.copy()  # torch warns of the one, and copies the other with threads that would wait
    # Seen by torch as channels last, which it scales in wide registers and gives back as it came.
    image_NCHW = torch.from_numpy(pixels_HWC).unsqueeze(0).permute(0, 3, 1, 2)
    scaled_NCHW = F.interpolate(image_NCHW, size, mode="bilinear", antialias=True, align_corners=False)
    return np.ascontiguousarray(scaled_NCHW[0].permute(1, 2, 0).numpy())


def _decode(source: _Source, channels: int, side: int | None, max_pixels: int) -> NDArray[np.uint8]:
    with _refusals(source, max_pixels), Image.open(source.opened(), formats=FORMATS) as image:
        if image.width * image.height > max_pixels:
            raise DataError(
                f"{source.name}: {image.width}x{image.height} pixels, at most {max_pixels / 10**6:g} million are read"
            )
        mode, turn = "L" if channels == 1 else "RGB", _turn(image)
        pixels = _plain_jpeg(source, image, mode, side) if turn is None else None
        if pixels is None:
            pixels = _by_pillow(image, mode, side, turn)
    return downscale(pixels.reshape(*pixels.shape[:2], channels), side)


@contextmanager
def _refusals(source: _Source, max_pixels: int) -> Iterator[None]:
    """What Pillow raises, as one DataError that names the source."""
    name = source.name
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{name}: no such file") from None
    except UnidentifiedImageError:
        raise DataError(f"{name}: {_unidentified(source)}") from None
    except Image.DecompressionBombError:
        raise DataError(f"{name}: more pixels than are read, at most {max_pixels / 10**6:g} million") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}") from None
    except (ValueError, SyntaxError, EOFError, MemoryError) as error:  # Pillow's decoders on damaged files
        raise DataError(f"{name}: damaged: {error or type(error).__name__}") from None


def _unidentified(source: _Source) -> str:
    return "empty" if source.size() == 0 else f"not an image in a known format ({', '.join(FORMATS)})"


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What brings the picture upright. Pillow's own function writes all of EXIF anew and fails on odd entries."""
    if image.format == "JPEG" and not image.info.keys() & {"exif", "xmp"}:  # spares Pillow's parser
        return None
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged metadata says nothing; Pillow's parser raises many kinds
        return None


def _plain_jpeg(source: _Source, image: Image.Image, mode: str, side: int | None) -> NDArray[np.uint8] | None:
    """A JPEG without anything odd, in half of Pillow's time, by the library that Pillow uses; None: left to Pillow.

    The least flaw leaves it to Pillow, so that what is refused, and why, does not depend on which of them reads.
    """
    if image.format != "JPEG" or image.mode != mode:
        return None
    if source.size() > image.width * image.height * len(image.getbands()) + _METADATA:
        return None
    least = 0 if side is None else _SPARE * side
    colours, data = "GRAY" if mode == "L" else "RGB", source.read()
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        if (width, height) != image.size:  # which was found small enough, and this was not
            return None
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, colours, min_height=least, min_width=least)
    except ValueError:
        return None
    return pixels


def _by_pillow(image: Image.Image, mode: str, side: int | None, turn: Image.Transpose | None) -> NDArray[np.uint8]:
    if side is not None:
        image.draft(image.mode, (_SPARE * side, _SPARE * side))
    return _to_array(image if turn is None else image.transpose(turn), mode)


def _to_array(image: Image.Image, mode: str) -> NDArray[np.uint8]:
    plain = image.mode == mode and not image.has_transparency_data
    return np.array(image if plain else _convert(image, mode))


def _convert(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut to 8 instead of scaling
        image = Image.fromarray((np.asarray(image) / 257).round().clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)
