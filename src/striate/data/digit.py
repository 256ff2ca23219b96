"""A digit drawn on paper or on a board, cut out and centred as MNIST's digits were: the same size, in the middle.

Source: LeCun et al. 1998, section III.A: size-normalized to fit a 20x20 box, centred by the centre of mass in 28x28.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.blank import MIN_CONTRAST

DIGIT_SEARCH_SIDE = 384
"""Pixels of the longer side at which the digit is searched for."""
MAX_STROKE = 1 / 2  # of the shorter side: what is wider is ground, such as a shadow, and no stroke
MIN_STROKE = 1 / 10  # of the larger side: about the width of a pen's stroke in MNIST
MIN_INK = 0.3  # of the strongest ink: what is weaker is noise of the ground


def center_digit(image_HW: Tensor, box: int, size: int) -> Tensor:
    """The digit of a picture, uint8 (height, width), light on black in (size, size): its larger side is `box` pixels,
    its centre of mass in the middle.

    The digit may be dark on light or light on dark, anywhere, of any size, on ground of uneven brightness. A picture
    without a digit becomes black.

    >>> page = torch.full((90, 120), 255, dtype=torch.uint8)
    >>> page[20:50, 70:75] = 0  # a one
    >>> center_digit(page, box=20, size=28).nonzero().aminmax(dim=0).min.tolist()
    [4, 12]
    """
    ink_HW = _ink(_shrink(image_HW))
    frame_HW = torch.zeros(size, size, dtype=torch.uint8)
    if ink_HW.any():
        digit_HW = _scale_to_box(_thicken(ink_HW[_span(ink_HW.any(dim=1)), _span(ink_HW.any(dim=0))]), box)
        height, width = digit_HW.shape
        top, left = (_offset(digit_HW.sum(dim=1 - axis), size) for axis in (0, 1))
        frame_HW[top : top + height, left : left + width] = digit_HW.round().to(torch.uint8)
    return frame_HW


def _shrink(image_HW: Tensor) -> Tensor:
    """The picture as float32, its longer side `DIGIT_SEARCH_SIDE` pixels at most."""
    return _rescale(image_HW.float(), min(1.0, DIGIT_SEARCH_SIDE / max(image_HW.shape)))


def _ink(image_HW: Tensor) -> Tensor:
    """How much darker each pixel is than the ground, or lighter if the digit is lighter; 0 where there is no ink."""
    edge = torch.ones_like(image_HW, dtype=torch.bool)
    edge[1:-1, 1:-1] = False
    if image_HW[edge].median() > (image_HW.min() + image_HW.max()) / 2:
        image_HW = 255 - image_HW
    image_HW = image_HW - _fit_plane(image_HW, edge)  # light that falls off would become ink at the far edge
    # The ground is what is left without all that is light and narrower than the window (a morphological opening).
    window = 2 * int(min(image_HW.shape) * MAX_STROKE / 2) + 1
    ink_HW = image_HW - _max_filter(-_max_filter(-image_HW, window), window)
    ink_HW = ink_HW - ink_HW.median()
    return ink_HW.where(ink_HW > max(MIN_CONTRAST, MIN_INK * float(ink_HW.max())), 0)


def _fit_plane(image_HW: Tensor, where: Tensor) -> Tensor:
    """The plane through these pixels by least squares."""
    axes = [torch.linspace(-1, 1, side) for side in image_HW.shape]
    terms_HW3 = torch.stack([torch.ones_like(image_HW), *torch.meshgrid(*axes, indexing="ij")], dim=2)
    factors: Tensor = torch.linalg.pinv(terms_HW3[where]) @ image_HW[where]
    return terms_HW3 @ factors


def _max_filter(image_HW: Tensor, window: int) -> Tensor:
    """The highest value in the square window, of an odd size, around each pixel.

    Along one axis after the other; the highest of two windows that overlap or touch is that of the window over both, so
    that a window doubles at each step.
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


def _thicken(digit_HW: Tensor) -> Tensor:
    """The digit with strokes of `MIN_STROKE` of its larger side at least: thinner ones fade when it is scaled down."""
    inside = -_max_filter(-F.pad(digit_HW, (1, 1, 1, 1)), 3)[1:-1, 1:-1] > 0
    width = 2 * int((digit_HW > 0).sum()) / int(((digit_HW > 0) & ~inside).sum())  # a stroke has two edges
    more = max(0, round((MIN_STROKE * max(digit_HW.shape) - width) / 2))
    return _max_filter(F.pad(digit_HW, (more,) * 4), 2 * more + 1)


def _span(marked: Tensor) -> slice:
    """From the first to the last marked index."""
    indices = marked.nonzero()
    return slice(int(indices[0]), int(indices[-1]) + 1)


def _scale_to_box(digit_HW: Tensor, box: int) -> Tensor:
    """The digit with its larger side `box` pixels, its highest value 255."""
    digit_HW = _rescale(digit_HW, box / max(digit_HW.shape))
    return digit_HW * (255 / digit_HW.max())


def _rescale(image_HW: Tensor, scale: float) -> Tensor:
    size = [max(1, round(side * scale)) for side in image_HW.shape]
    return F.interpolate(image_HW[None, None], size, mode="bilinear", antialias=True, align_corners=False)[0, 0]


def _offset(weights: Tensor, size: int) -> int:
    """Where a digit with these weights along one axis begins, so that its centre of mass is in the middle."""
    cells = torch.arange(len(weights)) + 0.5
    return min(max(0, round(size / 2 - float((weights * cells).sum() / weights.sum()))), size - len(weights))
