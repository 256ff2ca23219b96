"""Pixels as a file."""

from __future__ import annotations

import io

from PIL import Image

from striate.data.pictures import Bytes


def encode_png(pixels_HWC: Bytes) -> bytes:
    """A PNG of uint8 pixels (height, width, channels), gray or RGB.

    >>> import numpy as np
    >>> encode_png(np.zeros((3, 4, 1), np.uint8))[1:4]
    b'PNG'
    """
    png = io.BytesIO()
    Image.fromarray(pixels_HWC.squeeze(2) if pixels_HWC.shape[2] == 1 else pixels_HWC).save(png, "PNG")
    return png.getvalue()
