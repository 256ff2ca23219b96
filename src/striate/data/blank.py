"""Blank pictures: those that show nothing, of which a network says something all the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.data.pictures import Bytes
from striate.tables import Table

BLANK = "blank: nothing in it"
"""The note on a blank picture."""
MIN_CONTRAST = 8
"""Of 255: values that differ by less are one colour, and less than this on its ground is no ink."""
_SAMPLES = 16  # rows and columns that are looked at first


def of_one_colour(images_NCHW: Tensor) -> list[bool]:
    """Of each picture, uint8, whether no channel has values that differ by `MIN_CONTRAST` or more.

    >>> import torch
    >>> of_one_colour(torch.full((1, 3, 20, 20), 250, dtype=torch.uint8))
    [True]
    """
    pixels_NCHW: Bytes = images_NCHW.numpy()  # for small pictures NumPy takes a third of torch's time
    apart = max(1, min(pixels_NCHW.shape[2:]) // _SAMPLES)
    varied = _varies(pixels_NCHW[:, :, ::apart, ::apart])  # of a photo this nearly always tells
    if apart > 1 and not varied.all():
        varied[~varied] = _varies(pixels_NCHW[~varied])
    return [not varies for varies in varied.tolist()]


def are_blank(images_NCHW: Tensor, inputs_NCHW: Tensor, table: Table) -> list[bool]:
    """Of each picture, whether it is of one colour, or the network's input made of it holds no digit where it should
    hold one."""
    blank = of_one_colour(images_NCHW)
    if table.preprocessing.figure is None:
        return blank
    return [image or digit for image, digit in zip(blank, of_one_colour(inputs_NCHW), strict=True)]


def _varies(pixels_NCHW: Bytes) -> NDArray[np.bool_]:
    varies: NDArray[np.bool_] = (np.ptp(pixels_NCHW, axis=(2, 3)) >= MIN_CONTRAST).any(axis=1)
    return varies
