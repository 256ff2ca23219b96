"""Digits of our own, drawn with a round pen: pictures such as people take, that no training set holds."""

import math

import numpy as np
from PIL import Image, ImageDraw

_FINE = 4  # drawn this many times larger, then averaged


def _arc(x, y, across, down, begin, end):
    angles = [math.radians(begin + (end - begin) * step / 24) for step in range(25)]
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


# Strokes from the upper left (0, 0) to the lower right (1, 1); angles go clockwise from the right.
STROKES = (
    [_arc(0.5, 0.5, 0.32, 0.48, -90, 270)],
    [[(0.32, 0.2), (0.52, 0.03), (0.52, 0.97)]],
    [[*_arc(0.48, 0.3, 0.32, 0.28, 190, 390), (0.15, 0.97), (0.85, 0.97)]],
    [_arc(0.45, 0.26, 0.3, 0.24, 210, 450) + _arc(0.45, 0.74, 0.34, 0.25, -90, 150)],
    [[(0.6, 0.03), (0.12, 0.62), (0.88, 0.62)], [(0.66, 0.35), (0.66, 0.98)]],
    [[(0.8, 0.03), (0.25, 0.03), (0.2, 0.45), *_arc(0.47, 0.68, 0.32, 0.3, -120, 140)]],
    [[(0.7, 0.03), *_arc(0.5, 0.7, 0.3, 0.28, 200, 560)]],
    [[(0.12, 0.05), (0.85, 0.05), (0.4, 0.98)]],
    [_arc(0.5, 0.26, 0.26, 0.24, 90, 450) + _arc(0.5, 0.74, 0.32, 0.25, -90, 270)],
    [[*_arc(0.48, 0.3, 0.3, 0.27, 0, 360), (0.7, 0.98)]],
)


def digit(number, *, size=(640, 480), height=90, middle=(420, 130), pen=6, ink=30, paper=235, falloff=0, noise=0):
    """A picture, gray, of a digit `height` pixels high. Brightness falls by `falloff` from the upper left on."""
    mask = Image.new("L", (size[0] * _FINE, size[1] * _FINE))
    draw = ImageDraw.Draw(mask)
    for stroke in STROKES[number]:
        points = [
            (_FINE * (middle[0] + 0.72 * height * (x - 0.5)), _FINE * (middle[1] + height * (y - 0.5)))
            for x, y in stroke
        ]
        draw.line(points, fill=255, width=pen * _FINE, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.circle((x, y), pen * _FINE / 2, fill=255)
    covered = np.asarray(mask.resize(size, Image.Resampling.BOX)) / 255
    down, across = np.mgrid[0 : size[1], 0 : size[0]]
    ground = paper - falloff * (0.7 * across / size[0] + 0.3 * down / size[1])
    values = ground * (1 - covered) + ink * covered
    values = values + np.random.default_rng(number).normal(0, noise, values.shape)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


PHOTOS = {
    "a pen, small in a large picture": {},
    "a thin pen": {"pen": 2},
    "a marker": {"pen": 14},
    "tiny, in a corner": {"height": 36, "pen": 3, "middle": (60, 430)},
    "large, a thin pen": {"height": 400, "middle": (320, 240), "pen": 4},
    "large, a thick brush": {"height": 380, "middle": (320, 240), "pen": 44},
    "chalk on a board": {"ink": 230, "paper": 40},
    "light on black": {"ink": 255, "paper": 0},
    "gray paper, uneven light, noise": {"paper": 200, "ink": 50, "falloff": 110, "noise": 5},
    "a steep shadow": {"ink": 30, "falloff": 170, "noise": 6},
    "in the dark": {"paper": 110, "ink": 30, "falloff": 30, "noise": 3},
    "upright": {"size": (300, 900), "middle": (100, 700)},
    "cut out close": {"size": (70, 100), "middle": (35, 50), "height": 84, "pen": 9},
}
