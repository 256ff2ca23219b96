"""A sheet of small pictures in lines, each with its caption above.

The grid has fixed places: matplotlib takes seconds to lay out a hundred axes by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from striate.inspection.views.style import SMALL, TEXT, TITLE, WIDTH, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LARGEST, _GAP, _CAPTION, _HEAD, _NAME = 1.1, 0.08, 0.36, 0.4, 0.78
"""Inches: a picture's side at most, between two in a line, above a picture, above the sheet, left of a named line."""
_LONGEST = 14


def new_sheet(lines: int, columns: int, title: str, *, named: bool = False) -> tuple[Figure, Any]:
    """A figure with room for square pictures, and its axes (lines, columns), bare; `named` leaves room on the left."""
    left, width = (_NAME if named else _GAP), WIDTH - _GAP
    cell = min((width - left + _GAP) / columns - _GAP, _LARGEST)
    height = _HEAD + lines * (cell + _CAPTION) + _GAP
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
            "top": 1 - (_HEAD + _CAPTION) / height,
            "bottom": _GAP / height,
            "wspace": _GAP / cell,
            "hspace": _CAPTION / cell,
        },
    )
    for axis in axes.flat:
        axis.set_axis_off()
    return figure, axes


def caption(axis: Axes, text: str) -> None:
    """One or two lines above a picture."""
    axis.set_title(text, y=1, fontsize=SMALL, pad=2.5)  # a stated y is not searched for


def name_line(axis: Axes, text: str) -> None:
    """A name to the left of a line's first picture."""
    axis.text(-0.08, 0.5, text, fontsize=TEXT, ha="right", va="center", transform=axis.transAxes)


def frame(axis: Axes, colour: str, linewidth: float) -> None:
    """A frame around a picture."""
    from matplotlib.patches import Rectangle

    edge = Rectangle((0, 0), 1, 1, transform=axis.transAxes, clip_on=False, fill=False)
    edge.set(edgecolor=colour, linewidth=linewidth)
    axis.add_patch(edge)


def short(name: str) -> str:
    """A class's name as there is room for it.

    >>> short("black-footed ferret")
    'black-footed …'
    """
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
