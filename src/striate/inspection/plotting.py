"""The style of all figures: sizes of text, colours that the colour-blind can distinguish, pictures and maps.

A figure is at most `WIDTH` inches wide, so that its text is legible on a page in the width of the text column.
Nothing here uses pyplot or matplotlib's global settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from striate.inspection.receptive_field import Box
from striate.runtime import write_atomically
from striate.training import figure_png

WIDTH = 9.0
DOTS_PER_INCH = 110
SMALL, TEXT, TITLE = 7.5, 9.0, 10.5
"""Font sizes in points: in a sheet of many pictures, elsewhere, above a figure."""

# Orange, blue, green, vermilion, purple, sky blue, black: Okabe and Ito's palette, see `drawing.palette`.
COLOURS = ("#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
SIGNED = "RdBu_r"
"""Colours of values around zero: blue below, white at it, red above."""
MAGNITUDE = "viridis"
"""Colours of values from zero up, lighter for larger values."""


def new_figure(height: float, title: str = "", width: float = WIDTH) -> Figure:
    """An empty figure of this size in inches, with a layout in which no text overlaps."""
    figure = Figure(figsize=(width, height), layout="constrained", dpi=DOTS_PER_INCH)
    if title:
        figure.suptitle(title, fontsize=TITLE)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG, atomically. OSError names the path."""
    write_atomically(path, figure_png(figure, DOTS_PER_INCH))


def show_picture(axis: Axes, fitted_CHW: NDArray[Any]) -> AxesImage:
    """Draw a picture uint8 (channels, height, width), gray or RGB, without axes."""
    axis.set_axis_off()
    if fitted_CHW.shape[0] == 1:
        return axis.imshow(fitted_CHW[0], cmap="gray", vmin=0, vmax=255)
    return axis.imshow(np.moveaxis(fitted_CHW, 0, 2))


def show_signed(axis: Axes, values_HW: NDArray[Any], largest: float | None = None) -> AxesImage:
    """Draw values around zero, a cell each, white at zero; `largest` is the magnitude with full colour."""
    axis.set_axis_off()
    scale = largest or float(np.abs(values_HW).max()) or 1.0
    return axis.imshow(values_HW, cmap=SIGNED, vmin=-scale, vmax=scale, interpolation="nearest")


def draw_box(axis: Axes, box: Box, colour: str, *, dashed: bool = False) -> None:
    """Draw a box on a picture."""
    style = "--" if dashed else "-"
    corner = (box.left - 0.5, box.top - 0.5)
    axis.add_patch(
        Rectangle(corner, box.width, box.height, fill=False, edgecolor=colour, linestyle=style, linewidth=1.8)
    )


def label_axes(axis: Axes, xlabel: str, ylabel: str, title: str = "") -> None:
    """Style an axis of curves: labels, a light grid, no box."""
    axis.set_xlabel(xlabel, fontsize=TEXT)
    axis.set_ylabel(ylabel, fontsize=TEXT)
    axis.set_title(title, y=1, fontsize=TEXT)
    axis.tick_params(labelsize=SMALL)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
