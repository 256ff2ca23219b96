"""A drawing as a device sends it, made a small gray PNG that holds pixels alone."""

from __future__ import annotations

import io
import struct

from PIL import Image

from striate.data import decode_bytes
from striate.errors import RequestError

SIDE = 140
"""Pixels: a pad's picture, as the page draws it."""
MOST_BYTES = 30_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def clean_drawing(content: bytes) -> bytes:
    """The drawing as a PNG that is written here: gray, without texts and whatever else a file may hold.

    RequestError if it is no PNG of `SIDE` pixels a side, or nothing is drawn; DataError if it is damaged.
    """
    if len(content) > MOST_BYTES or content[:8] != _SIGNATURE or content[16:24] != struct.pack(">II", SIDE, SIDE):
        raise RequestError(f"the drawing: expected a PNG of {SIDE}x{SIDE} pixels")
    pixels_HWC = decode_bytes(content, 1, name="the drawing", small=True)
    if pixels_HWC.shape != (SIDE, SIDE, 1):
        raise RequestError(f"the drawing: expected a PNG of {SIDE}x{SIDE} pixels")
    if pixels_HWC.min() == pixels_HWC.max():
        raise RequestError("the drawing: nothing is drawn")
    buffer = io.BytesIO()
    Image.fromarray(pixels_HWC[:, :, 0]).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
