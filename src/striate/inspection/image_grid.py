"""A grid of small pictures, each with a caption above.

The positions are computed here: matplotlib's own layout of a hundred axes takes seconds.
"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from striate.inspection.plotting import SMALL, TEXT, TITLE, WIDTH, new_figure
from striate.text import printable

_MAX_CELL, _GAP, _CAPTION_HEIGHT, _TITLE_HEIGHT, _NAME_WIDTH = 1.1, 0.08, 0.36, 0.4, 0.78
"""Inches: the largest side of a picture, the gap between two, the height of a caption and of the title, the width of
a line's name."""
_MAX_NAME_LENGTH = 14


def new_image_grid(lines: int, columns: int, title: str, *, named: bool = False) -> tuple[Figure, Any]:
    """A figure with room for square pictures, and its empty axes (lines, columns); `named` leaves room for names."""
    left, width = (_NAME_WIDTH if named else _GAP), WIDTH - _GAP
    cell = min((width - left + _GAP) / columns - _GAP, _MAX_CELL)
    height = _TITLE_HEIGHT + lines * (cell + _CAPTION_HEIGHT) + _GAP
    figure = new_figure(height)
    figure.set_layout_engine("none")
    figure.suptitle(title, fontsize=TITLE, y=1 - 0.1 / height, va="top")
    axes = figure.subplots(
        lines,
        columns,
        squeeze=False,
        subplot_kw={"xticks": (), "yticks": ()},
        gridspec_kw={
            "left": left / WIDTH,
            "right": (left + columns * (cell + _GAP) - _GAP) / WIDTH,
            "top": 1 - (_TITLE_HEIGHT + _CAPTION_HEIGHT) / height,
            "bottom": _GAP / height,
            "wspace": _GAP / cell,
            "hspace": _CAPTION_HEIGHT / cell,
        },
    )
    for axis in axes.flat:
        axis.set_axis_off()
    return figure, axes


def caption(axis: Axes, text: str) -> None:
    """One or two lines above a picture."""
    axis.set_title(text, y=1, fontsize=SMALL, pad=2.5)  # without y matplotlib searches for one


def name_line(axis: Axes, text: str) -> None:
    """Write a name to the left of a line's first picture."""
    axis.text(-0.08, 0.5, text, fontsize=TEXT, ha="right", va="center", transform=axis.transAxes)


def frame_axis(axis: Axes, colour: str, linewidth: float) -> None:
    """Draw a frame around an axis."""
    edge = Rectangle((0, 0), 1, 1, transform=axis.transAxes, clip_on=False, fill=False)
    edge.set(edgecolor=colour, linewidth=linewidth)
    axis.add_patch(edge)


def shorten(name: str) -> str:
    """A class's name, shortened to the room in a caption.

    >>> shorten("black-footed ferret")
    'black-footed …'
    """
    name = printable(name)
    return name if len(name) <= _MAX_NAME_LENGTH else f"{name[: _MAX_NAME_LENGTH - 1]}…"
