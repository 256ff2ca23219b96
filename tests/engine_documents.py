"""Documents of the page's backend beside those of the server, and pictures to ask them of."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

TOLERANCE = 1e-4
ROUNDED = 1e-3  # of a value with four digits
BYTES = {"maps", "pixels", "strengths", "evident", "values", "pictures", "roses"}


def drawing(size: int, seed: int) -> Image.Image:
    """Strokes in colours, none of which is symmetric."""
    image, random = Image.new("RGB", (size, size), "white"), np.random.default_rng(seed)
    points = random.uniform(0.15, 0.85, (5, 2)) * size
    ImageDraw.Draw(image).line(
        [tuple(point) for point in points], fill=tuple(random.integers(0, 99, 3)), width=size // 14
    )
    return image


def check_equal(found: Any, wanted: Any, where: str, apart: float) -> None:
    """Equal documents; a number to such a part of its list's largest, a byte of what is packed to 1."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), where
        for key, value in wanted.items():
            if key in BYTES and isinstance(value, str):
                check_bytes(found[key], value, f"{where}.{key}")
            elif key == "probabilities":  # shares of 1, as a single one is compared below
                assert found[key] == pytest.approx(value, rel=apart, abs=apart), f"{where}.{key}"
            elif key == "values":
                check_equal(found[key], value, f"{where}.{key}", max(apart, ROUNDED))
            else:
                check_equal(found[key], value, f"{where}.{key}", apart)
    elif isinstance(wanted, list | tuple):
        assert len(found) == len(wanted), where
        if wanted and all(isinstance(value, int | float) for value in wanted):
            assert found == pytest.approx(list(wanted), abs=apart * max(map(abs, wanted))), where
        else:
            for index, (one, other) in enumerate(zip(found, wanted, strict=True)):
                check_equal(one, other, f"{where}[{index}]", apart)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=apart, abs=apart), where
    else:
        assert found == wanted, where


def check_bytes(found: str, wanted: str, where: str) -> None:
    one, other = (np.frombuffer(base64.b64decode(text), np.uint8).astype(int) for text in (found, wanted))
    assert one.shape == other.shape and np.abs(one - other).max(initial=0) <= 1, where
