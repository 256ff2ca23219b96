"""Receptive fields drawn on the picture: what units may see, and what moves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from striate.inspection.receptive_field import Box, ReceptiveFieldMap
from striate.inspection.sample import Sample
from striate.inspection.views.style import COLOURS, SMALL, frame, new_figure, show_picture
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 4


def receptive_field_view(seen: Sample, fields: Sequence[ReceptiveFieldMap]) -> View:
    """What the middle units of some rows see of a picture."""
    height, width = seen.fitted_CHW.shape[1:]
    words = (
        "A unit answers only to a window of the picture, and the deeper its row, the larger the window: the sum of all"
        " kernels and strides on the way. The dashed frame is that window as the table allows it; the colour is how"
        " much each pixel moves the units in the middle of the row, here and now; the solid frame holds the middle 95 %"
        " of that along each axis.",
        *_comparison(fields, height, width),
    )
    numbers = {"fields": [_numbers(field) for field in fields]}
    return View(
        "receptive-fields",
        "What units see",
        words,
        receptive_field_figure(seen, fields),
        numbers,
        _HEADER,
        _lines(fields),
    )


_HEADER = ("Row", "Allowed", "95 % of what moves it")


def receptive_field_figure(seen: Sample, fields: Sequence[ReceptiveFieldMap]) -> Figure:
    """A panel for each field."""
    columns = min(_ACROSS, len(fields))
    rows = -(-len(fields) // columns)
    figure = new_figure(2.65 * rows, width=max(4.5, 2.25 * columns))
    figure.get_layout_engine().set(hspace=0.04)  # type: ignore[union-attr, call-arg]
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, field in zip(axes.flat, fields, strict=False):
        _panel(axis, seen, field)
    return figure


def _panel(axis: Axes, seen: Sample, field: ReceptiveFieldMap) -> None:
    height, width = seen.fitted_CHW.shape[1:]
    show_picture(axis, seen.fitted_CHW.numpy())
    strength = field.gradient_HW / (field.gradient_HW.max() or 1.0)
    # Only what moves the unit is covered; the root lets weak pixels show.
    axis.imshow(strength, cmap="YlOrRd", vmin=0, vmax=1, alpha=np.sqrt(strength) * 0.85, interpolation="nearest")
    frame(axis, field.theory.within(height, width), COLOURS[5], dashed=True)
    if field.effective.height:
        frame(axis, field.effective, COLOURS[0])
    axis.set_xlim(-1, width)
    axis.set_ylim(height, -1)
    axis.set_title(f"{field.path}\nallowed {_by(field.theory)}, 95 % in {_by(field.effective)}", y=1, fontsize=SMALL)


def _comparison(fields: Sequence[ReceptiveFieldMap], height: int, width: int) -> list[str]:
    whole = next((f for f in fields if f.theory.height >= height and f.theory.width >= width), None)
    return [] if whole is None else [f"{whole.path} is the first row shown whose units may see the whole picture."]


def _lines(fields: Sequence[ReceptiveFieldMap]) -> list[tuple[str, str, str]]:
    return [(field.path, _by(field.theory), _by(field.effective)) for field in fields]


def _numbers(field: ReceptiveFieldMap) -> dict[str, object]:
    return {
        "path": field.path,
        "allowed": [field.theory.height, field.theory.width],
        "effective": [field.effective.height, field.effective.width],
    }


def _by(box: Box) -> str:
    return f"{box.height}×{box.width}"
