"""A Pillow image of any mode as 8-bit gray or RGB, no larger than needed, by strips: little beside the image itself.

Transparent parts come onto white. Samples of more than 8 bits are scaled by the bits that they use.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from striate.data.picture_file import raw_mode
from striate.data.pictures import Bytes
from striate.data.transforms import downscaled_size, resize
from striate.errors import DataError

Reopen: TypeAlias = Callable[[], Any]
"""Gives the image of a file once more, not decoded yet."""
_Strips: TypeAlias = Iterator[Image.Image]
_Values: TypeAlias = Callable[[], Iterator[NDArray[np.int32]]]  # each strip's, (height, width, channels), anew

_STRIP_PIXELS = 2**18
_BIT_DEPTHS = (8, 10, 12, 14, 16)
_FULL = 2 ** (14 - 8)  # a high byte from here on is one of 16 bits
_NATIVE = "L" if sys.byteorder == "little" else "B"
_PHOTOMETRIC = 262  # a TIFF's field: 0 if zero is white


def to_pixels(
    image: Image.Image, mode: str, side: int | None, bits: int | None = None, reopen: Reopen | None = None
) -> tuple[Bytes, str]:
    """uint8 (height, width, channels) in mode "L" or "RGB", scaled down to a shorter side of `side`; and a note on how
    the values are understood, or "".

    `bits` are those of the samples as the file says. Without `reopen` colours of 16 bits are cut to 8, as Pillow does.
    DataError, without a name, if the values cannot be understood.

    >>> to_pixels(Image.new("RGBA", (4, 3)), "L", None)[0].shape
    (3, 4, 1)
    """
    strips, note = _eight_bits(image, bits, reopen)
    (width, height), channels = image.size, len(mode)
    rows, columns = downscaled_size((height, width), side)
    if height * width <= _STRIP_PIXELS and (rows, columns) == (height, width):
        return np.array(_flatten(next(strips), mode)).reshape(height, width, channels), note
    whole = np.empty((height, columns, channels), np.uint8)
    top = 0
    for strip in strips:  # across first and down afterwards, as torch does with a whole image, to the bit
        pixels_HWC = np.asarray(_flatten(strip, mode)).reshape(strip.height, width, channels)
        bottom = top + strip.height
        whole[top:bottom] = resize(pixels_HWC, (strip.height, columns)) if columns != width else pixels_HWC
        top = bottom
    return (resize(whole, (rows, columns)) if rows != height else whole), note


def value_bits(highest: int, stated: int | None = None) -> int:
    """How many bits samples of 16 use: those that the file states if they hold the highest value, else the least of 8,
    10, 12, 14 and 16 that do.

    >>> value_bits(4095), value_bits(4096), value_bits(900, stated=12), value_bits(65535, stated=12)
    (12, 14, 12, 16)
    """
    if stated is not None and highest < 2**stated:
        return stated
    return next(bits for bits in _BIT_DEPTHS if highest < 2**bits)


def _strips(image: Image.Image) -> _Strips:
    """Some rows after the others; the whole image if it is small."""
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield image if rows >= height else image.crop((0, top, width, min(height, top + rows)))


def _flatten(strip: Image.Image, mode: str) -> Image.Image:
    """An image of 8 bits in this mode, on white."""
    if strip.has_transparency_data:
        strip = (strip.convert("LA") if strip.mode == "La" else strip).convert("RGBA")
        strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
    return strip if strip.mode == mode else strip.convert(mode)


def _eight_bits(image: Image.Image, bits: int | None, reopen: Reopen | None) -> tuple[_Strips, str]:
    """The strips of an image in modes of 8 bits, and a note on how its values are understood."""
    raw = "" if reopen is None else raw_mode(image)
    if raw == "LA;16B":
        _set_raw_mode(image, "RGBA")  # four bytes, of which Pillow would keep two
        return _scaled(lambda: map(_join_bytes, _strips(image)), 1, bits)
    image.load()
    if reopen is not None and raw[:-1] in ("RGB;16", "RGBX;16", "RGBA;16"):
        return _deep_colours(image, raw, bits, reopen)
    if image.mode == "F":
        return _floats(image), ""
    if image.mode.startswith("I"):
        white = 65535 if getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0 else 0
        return _scaled(
            lambda: (np.abs(white - _array(strip)) for strip in _strips(image)),
            1,
            bits,
            image.info.get("transparency"),
        )
    if (
        image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0)
    ):  # alpha that was never set
        return (strip.convert("RGB") for strip in _strips(image)), ""
    return _strips(image), ""


def _scaled(values: _Values, colours: int, bits: int | None, key: int | None = None) -> tuple[_Strips, str]:
    """Samples of 16 bits brought to 8 by the bits that the brightest uses. Channels after the colours are alpha; so is
    a gray value that stands for transparency, `key`."""
    lowest, highest, alpha = 0, 0, 0
    for strip in values():
        lowest = min(lowest, int(strip[..., :colours].min()))
        highest = max(highest, int(strip[..., :colours].max()))
        alpha = max(alpha, int(strip[..., colours:].max(initial=0)))
    if lowest < 0 or highest > 65535:
        raise DataError(f"values from {lowest:,} to {highest:,}, expected 0 to 65,535")
    depth = value_bits(highest, bits)
    colour_bytes, alpha_bytes = _bytes_of(depth), _bytes_of(depth if alpha < 2**depth else 16)

    def strips() -> _Strips:
        for strip in values():
            eight = np.concatenate([colour_bytes[strip[..., :colours]], alpha_bytes[strip[..., colours:]]], axis=2)
            if key is not None:
                eight = np.concatenate([eight, np.where(strip == key, 0, 255).astype(np.uint8)], axis=2)
            yield Image.fromarray(eight.squeeze(axis=2) if eight.shape[2] == 1 else eight)

    return strips(), f"values of {depth} bits in 16: {2**depth - 1:,} is white" if depth < 16 and highest else ""


def _bytes_of(depth: int) -> Bytes:
    """The byte for each value of 16 bits, of which so many are used."""
    values: Bytes = (np.arange(2**16) * 255 / (2**depth - 1)).round().clip(0, 255).astype(np.uint8)
    return values


def _deep_colours(image: Any, raw: str, bits: int | None, reopen: Reopen) -> tuple[_Strips, str]:
    """Colours of 16 bits, of which Pillow keeps the high bytes; the low ones by the unpacker for the other order."""
    highest = max(high for _, high in image.getextrema()[:3])
    if key := image.info.get("transparency"):
        image.info["transparency"] = tuple(value >> 8 for value in key)
    if highest >= (_FULL if bits is None else 2 ** max(0, bits - 8)):
        return _strips(image), ""
    low = reopen()
    order = _NATIVE if raw[-1] == "N" else raw[-1]
    _set_raw_mode(low, raw[:-1] + ("B" if order == "L" else "L"))
    return _scaled(
        lambda: (256 * _array(high) + _array(rest) for high, rest in zip(_strips(image), _strips(low), strict=True)),
        3,
        bits,
    )


def _floats(image: Image.Image) -> _Strips:
    """Values from 0 to 1."""
    ranges = [(values.min(), values.max()) for values in map(np.asarray, _strips(image))]
    lowest, highest = np.min(ranges), np.max(ranges)
    if not (lowest >= 0 and highest <= 1):  # or NaN
        raise DataError(f"floating-point values from {lowest:g} to {highest:g}, expected 0 to 1")
    return (Image.fromarray((np.asarray(strip) * 255).round().astype(np.uint8)) for strip in _strips(image))


def _array(strip: Image.Image) -> NDArray[np.int32]:
    values = np.asarray(strip).astype(np.int32)
    return values.reshape(*values.shape[:2], -1)


def _join_bytes(strip: Image.Image) -> NDArray[np.int32]:
    """Gray and alpha, each from its high and its low byte."""
    values = _array(strip)
    return 256 * values[..., ::2] + values[..., 1::2]


def _set_raw_mode(image: Any, raw: str) -> None:
    """Decode a file's samples as if they lay so."""
    image.tile = [
        tile._replace(args=raw if isinstance(tile.args, str) else (raw, *tile.args[1:])) for tile in image.tile
    ]
    image.load()
