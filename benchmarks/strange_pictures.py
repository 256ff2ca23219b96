"""Pictures of none of a model's classes: letters, scribbles, drawings, textures, noise, blank ones; drawn from a seed.

Each function gives uint8 (count, side, side, channels).
"""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pictures = NDArray[np.uint8]
_LIKE_DIGITS = set("BDGILOQSZbgiloqsz")
"""Letters that a digit may look like: they are not drawn."""
_SCALE = 4  # strokes are drawn so many times larger, and scaled down: their edges are smooth then


def letters(count: int, side: int, channels: int) -> Pictures:
    """Printed letters, light on dark, in matplotlib's fonts, without those that a digit may look like."""
    import matplotlib

    fonts = sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("DejaVuSans*.ttf"))
    fonts += sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("DejaVuSerif*.ttf"))
    fonts = [font for font in fonts if "Display" not in font.name]
    alphabet = sorted(set(string.ascii_letters) - _LIKE_DIGITS)

    def letter(draw: ImageDraw.ImageDraw, size: int, random: np.random.Generator) -> None:
        font = ImageFont.truetype(str(fonts[random.integers(len(fonts))]), int(size * random.uniform(0.7, 0.9)))
        middle = (size / 2, size / 2)
        draw.text(middle, alphabet[random.integers(len(alphabet))], fill=(255,) * 3, font=font, anchor="mm")

    return _drawn(letter, count, side, channels, seed=1)


def scribbles(count: int, side: int, channels: int) -> Pictures:
    """A random walk of a pen, light on dark, about as thick as MNIST's digits."""

    def scribble(draw: ImageDraw.ImageDraw, size: int, random: np.random.Generator) -> None:
        points = np.clip(np.cumsum(random.normal(0, 0.25, (random.integers(6, 16), 2)), axis=0) + 0.5, 0.15, 0.85)
        draw.line([(x * size, y * size) for x, y in points], fill=(255,) * 3, width=size // 12, joint="curve")

    return _drawn(scribble, count, side, channels, seed=2)


def drawings(count: int, side: int, channels: int) -> Pictures:
    """Coloured circles, boxes, triangles and lines on a plain ground."""

    def shapes(draw: ImageDraw.ImageDraw, size: int, random: np.random.Generator) -> None:
        draw.rectangle((0, 0, size, size), fill=_colour(random))
        for _shape in range(random.integers(1, 6)):
            points = np.sort(random.uniform(0, size, (2, 2)), axis=0).ravel().tolist()
            colour, kind = _colour(random), random.integers(4)
            if kind == 0:
                draw.ellipse(points, fill=colour)
            elif kind == 1:
                draw.rectangle(points, fill=colour)
            elif kind == 2:
                draw.polygon(random.uniform(0, size, 6).tolist(), fill=colour)
            else:
                draw.line(random.uniform(0, size, 4).tolist(), fill=colour, width=size // 12)

    return _drawn(shapes, count, side, channels, seed=3)


def textures(count: int, side: int, channels: int) -> Pictures:
    """Gratings, checks and clouds, each between two colours."""
    random, pictures = np.random.default_rng(4), []
    y, x = np.mgrid[:side, :side] / side
    for _picture in range(count):
        angle, cycles, phase = random.uniform(0, np.pi), random.uniform(2, side / 4), random.uniform(0, 2 * np.pi)
        wave = np.sin(2 * np.pi * cycles * (x * np.cos(angle) + y * np.sin(angle)) + phase)
        across = np.sin(2 * np.pi * cycles * (x * np.sin(angle) - y * np.cos(angle)) + phase)
        shade = (wave / 2 + 0.5, (wave * across > 0).astype(float), _clouds(side, random))[random.integers(3)]
        colours = np.array([_colour(random), _colour(random)], dtype=float)
        pictures.append(colours[0] + (colours[1] - colours[0]) * shade[..., None])
    return _with_channels(np.stack(pictures).round().astype(np.uint8), channels)


def noise(count: int, side: int, channels: int) -> Pictures:
    """Every value drawn by itself, from 0 to 255."""
    return np.random.default_rng(5).integers(0, 256, (count, side, side, channels), dtype=np.uint8)


def blank(count: int, side: int, channels: int) -> Pictures:
    """One shade, or colour, in each."""
    colours = np.random.default_rng(6).integers(0, 256, (count, 1, 1, channels), dtype=np.uint8)
    return np.broadcast_to(colours, (count, side, side, channels)).copy()


def _drawn(
    draw: Callable[[ImageDraw.ImageDraw, int, np.random.Generator], None],
    count: int,
    side: int,
    channels: int,
    seed: int,
) -> Pictures:
    random, pictures = np.random.default_rng(seed), []
    for _picture in range(count):
        canvas = Image.new("RGB", (_SCALE * side, _SCALE * side))
        draw(ImageDraw.Draw(canvas), _SCALE * side, random)
        pictures.append(np.asarray(canvas.resize((side, side), Image.Resampling.BOX)))
    return _with_channels(np.stack(pictures), channels)


def _with_channels(pictures: Pictures, channels: int) -> Pictures:
    if channels == 3:
        return pictures
    gray: Pictures = pictures.mean(axis=3, keepdims=True).round().astype(np.uint8)
    return gray


def _colour(random: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = random.integers(0, 256, 3).tolist()
    return red, green, blue


def _clouds(side: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Random shades of several sizes, from 0 to 1."""
    shade = np.zeros((side, side))
    for cells in (3, 6, 12):
        coarse = Image.fromarray(random.random((cells, cells)).astype(np.float32))
        shade += np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC)) / cells
    scaled: NDArray[np.float64] = (shade - shade.min()) / np.ptp(shade)
    return scaled
