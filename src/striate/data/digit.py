"""A figure drawn on paper or on a board, cut out and set as MNIST's digits were: the same size, in the middle.

Source: LeCun et al. 1998, section III.A: size-normalized to fit a 20x20 box, centred by the centre of mass in 28x28.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

DIGIT_SEARCH_SIDE = 384
"""Pixels of the longer side at which the figure is looked for."""
_WIDEST = 1 / 2  # of the shorter side: what is wider is ground, such as a shadow, and no stroke
_LEAST = 8.0  # of 255: what differs less from the ground is no ink
_STROKE = 1 / 10  # of the larger side: about what a pen makes in MNIST
_FAINT = 0.3  # of the strongest ink: what is weaker is noise of the ground


def center_digit(image_HW: Tensor, box: int, size: int) -> Tensor:
    """The figure of a picture, uint8 (height, width), light on black in (size, size): its larger side is `box` pixels,
    its centre of mass in the middle.

    The figure may be dark on light or light on dark, anywhere, of any size, on ground of uneven brightness. A picture
    without any comes out black.
    """
    ink = _ink(_shrunk(image_HW))
    frame = torch.zeros(size, size, dtype=torch.uint8)
    if ink.any():
        figure = _scaled(_thickened(ink[_span(ink.any(dim=1)), _span(ink.any(dim=0))]), box)
        top, left = (_offset(figure.sum(dim=1 - axis), size) for axis in (0, 1))
        frame[top : top + figure.shape[0], left : left + figure.shape[1]] = figure.round().to(torch.uint8)
    return frame


def _shrunk(image_HW: Tensor) -> Tensor:
    """The picture as float32, its longer side `DIGIT_SEARCH_SIDE` pixels at most."""
    share = min(1.0, DIGIT_SEARCH_SIDE / max(image_HW.shape))
    return _resized(image_HW.float(), share)


def _ink(image_HW: Tensor) -> Tensor:
    """How much darker each pixel is than the ground, or lighter if the figure is lighter; 0 where there is no ink."""
    edge = torch.ones_like(image_HW, dtype=torch.bool)
    edge[1:-1, 1:-1] = False
    if image_HW[edge].median() > (image_HW.min() + image_HW.max()) / 2:
        image_HW = 255 - image_HW
    image_HW = image_HW - _plane(image_HW, edge)  # light that falls off would end in ink at the far edge
    # The ground is what is left when all that is light and narrower than the window has been taken away (an opening).
    window = 2 * int(min(image_HW.shape) * _WIDEST / 2) + 1
    ink_HW = image_HW - _highest(-_highest(-image_HW, window), window)
    ink_HW = ink_HW - ink_HW.median()
    return ink_HW.where(ink_HW > max(_LEAST, _FAINT * float(ink_HW.max())), 0)


def _plane(image_HW: Tensor, where: Tensor) -> Tensor:
    """The plane that fits these pixels best in the least squares."""
    axes = [torch.linspace(-1, 1, side) for side in image_HW.shape]
    terms_HW3 = torch.stack([torch.ones_like(image_HW), *torch.meshgrid(*axes, indexing="ij")], dim=2)
    factors: Tensor = torch.linalg.pinv(terms_HW3[where]) @ image_HW[where]
    return terms_HW3 @ factors


def _highest(image_HW: Tensor, window: int) -> Tensor:
    """The highest value in the square window, of an odd size, around each pixel.

    Along one axis after the other; the highest of two windows that overlap or touch is that of the window over both, so
    that windows grow to twice their size at a step.
    """
    image_HW = F.pad(image_HW, (window // 2,) * 4, value=-math.inf)
    for axis in (0, 1):
        size = 1
        while size < window:
            step = min(size, window - size)
            length = image_HW.shape[axis] - step
            image_HW = torch.maximum(image_HW.narrow(axis, 0, length), image_HW.narrow(axis, step, length))
            size += step
    return image_HW


def _thickened(figure_HW: Tensor) -> Tensor:
    """The figure with strokes of `_STROKE` of its larger side at least, since thinner ones fade when they shrink."""
    inside = -_highest(-F.pad(figure_HW, (1, 1, 1, 1)), 3)[1:-1, 1:-1] > 0
    width = 2 * int((figure_HW > 0).sum()) / int(((figure_HW > 0) & ~inside).sum())  # a stroke has two edges
    more = max(0, round((_STROKE * max(figure_HW.shape) - width) / 2))
    return _highest(F.pad(figure_HW, (more,) * 4), 2 * more + 1)


def _span(marked: Tensor) -> slice:
    """From the first to the last that is marked."""
    places = marked.nonzero()
    return slice(int(places[0]), int(places[-1]) + 1)


def _scaled(figure_HW: Tensor, box: int) -> Tensor:
    """The figure with its larger side `box` pixels, its highest value 255."""
    figure_HW = _resized(figure_HW, box / max(figure_HW.shape))
    return figure_HW * (255 / figure_HW.max())


def _resized(image_HW: Tensor, scale: float) -> Tensor:
    size = [max(1, round(side * scale)) for side in image_HW.shape]
    return F.interpolate(image_HW[None, None], size, mode="bilinear", antialias=True, align_corners=False)[0, 0]


def _offset(weights: Tensor, size: int) -> int:
    """Where a figure begins, whose weights these are along one axis, so that its centre of mass is in the middle."""
    cells = torch.arange(len(weights)) + 0.5
    return min(max(0, round(size / 2 - float((weights * cells).sum() / weights.sum()))), size - len(weights))
