"""Blank pictures: those that show nothing, of which a network says something all the same."""

from __future__ import annotations

from torch import Tensor

from striate.tables import Table

BLANK = "blank: nothing in it"
"""The note on a blank picture."""
MIN_CONTRAST = 8
"""Of 255: values that differ by less are one colour, and less than this on its ground is no ink."""
_SPARSE = 16


def is_one_colour(image_CHW: Tensor) -> bool:
    """Whether no channel of a picture, uint8, has values that differ by `MIN_CONTRAST` or more.

    >>> import torch
    >>> is_one_colour(torch.full((3, 20, 20), 250, dtype=torch.uint8))
    True
    """
    pixels_CHW = image_CHW.numpy()  # for one small picture NumPy takes a third of torch's time
    for some_CHW in (pixels_CHW[:, ::_SPARSE, ::_SPARSE], pixels_CHW):  # nearly always the first of them tells
        if (some_CHW.max(axis=(1, 2)) - some_CHW.min(axis=(1, 2)) >= MIN_CONTRAST).any():
            return False
    return True


def is_blank(image_CHW: Tensor, input_CHW: Tensor, table: Table) -> bool:
    """Whether a picture is of one colour, or the network's input made of it holds no digit where it should hold one."""
    return is_one_colour(image_CHW) or (table.preprocessing.figure is not None and is_one_colour(input_CHW))
