"""Pictures in: any size and mode, decoded to 8-bit gray or RGB, or refused with the path and the reason."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import ExifTags, Image, UnidentifiedImageError
from torch import Tensor

from striate.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
MAX_PIXELS = 64_000_000
"""A picture that would decode to more is refused from its header."""


def read_image(path: Path, channels: int) -> Tensor:
    """A picture as uint8 (channels, height, width), 1 channel gray or 3 RGB, upright as EXIF says.

    Transparent parts come onto white, 16 bits are brought to 8, of an animation the first frame is taken.
    DataError names the path and why it cannot be read.
    """
    if path.is_dir():
        raise DataError(f"{path}: a folder, where an image was expected")
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: not a regular file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata; what cannot be decoded is an error anyway
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise DataError(
                        f"{path}: {image.width}x{image.height} pixels, at most {MAX_PIXELS // 10**6} million are read"
                    )
                pixels = np.array(_convert(_upright(image), "L" if channels == 1 else "RGB"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except UnidentifiedImageError:
        raise DataError(f"{path}: not an image in a known format ({', '.join(FORMATS)})") from None
    except Image.DecompressionBombError:
        raise DataError(f"{path}: more pixels than are read, at most {MAX_PIXELS // 10**6} million") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, SyntaxError, EOFError, MemoryError) as error:  # Pillow's decoders on damaged files
        raise DataError(f"{path}: damaged: {error or type(error).__name__}") from None
    planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes))


def image_paths(names: Iterable[str]) -> Iterator[Path]:
    """The paths that names stand for: a folder is all images in it, sorted, or itself if it has none."""
    for name in names:
        path = Path(name)
        inside = path.iterdir() if path.is_dir() else ()
        yield from sorted(item for item in inside if item.suffix.lower() in SUFFIXES) or [path]


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as EXIF says. Pillow's own function writes all of EXIF anew and fails on odd entries."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged metadata says nothing; Pillow's parser raises many kinds
        orientation = None
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _convert(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut to 8 instead of scaling
        image = Image.fromarray((np.asarray(image) / 257).round().clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)
