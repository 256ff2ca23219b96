"""The picture and the words of `receptive_field_map`: theoretical and effective receptive fields on a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from striate.inspection.plotting import COLOURS, SMALL, draw_box, new_figure, show_picture
from striate.inspection.receptive_field import Box, ReceptiveFieldMap
from striate.inspection.sample import Sample
from striate.inspection.view import View

_MAX_COLUMNS = 4


def receptive_field_view(sample: Sample, fields: Sequence[ReceptiveFieldMap]) -> View:
    """The receptive fields of the middle units of some rows on a picture."""
    height, width = sample.fitted_CHW.shape[1:]
    paragraphs = (
        "A unit depends only on a window of the picture, its receptive field. The deeper the row, the larger it is, by"
        " the kernels and strides of all rows before. The dashed frame is the part in the picture of the theoretical"
        " receptive field of the table; the colour is the gradient of the units in the middle of the row by each pixel,"
        " for this picture; the solid frame contains the middle 95 % of it along each axis.",
        *_comparison(fields, height, width),
    )
    numbers = {"fields": [_numbers(field) for field in fields]}
    return View(
        "receptive-fields",
        "Receptive fields",
        paragraphs,
        receptive_field_figure(sample, fields),
        numbers,
        _HEADER,
        _rows(fields),
    )


_HEADER = ("Row", "Theoretical", "Effective (95 %)")


def receptive_field_figure(sample: Sample, fields: Sequence[ReceptiveFieldMap]) -> Figure:
    """A panel for each field."""
    columns = min(_MAX_COLUMNS, len(fields))
    rows = -(-len(fields) // columns)
    figure = new_figure(2.65 * rows, width=max(4.5, 2.25 * columns))
    figure.get_layout_engine().set(hspace=0.04)  # type: ignore[union-attr, call-arg]
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, field in zip(axes.flat, fields, strict=False):
        _panel(axis, sample, field)
    return figure


def _panel(axis: Axes, sample: Sample, field: ReceptiveFieldMap) -> None:
    height, width = sample.fitted_CHW.shape[1:]
    show_picture(axis, sample.fitted_CHW.numpy())
    strength = field.gradient_HW / (field.gradient_HW.max() or 1.0)
    # Transparent where the gradient is 0; the root makes weak pixels visible.
    axis.imshow(strength, cmap="YlOrRd", vmin=0, vmax=1, alpha=np.sqrt(strength) * 0.85, interpolation="nearest")
    draw_box(axis, field.visible, COLOURS[5], dashed=True)
    if field.effective.height:
        draw_box(axis, field.effective, COLOURS[0])
    axis.set_xlim(-1, width)
    axis.set_ylim(height, -1)
    axis.set_title(
        f"{field.path}\ntheoretical {_size(field.theoretical)}, 95 % in {_size(field.effective)}", y=1, fontsize=SMALL
    )


def _comparison(fields: Sequence[ReceptiveFieldMap], height: int, width: int) -> list[str]:
    whole = next((f for f in fields if f.theoretical.height >= height and f.theoretical.width >= width), None)
    return [] if whole is None else [f"{whole.path} is the first row shown whose receptive field is the whole picture."]


def _rows(fields: Sequence[ReceptiveFieldMap]) -> list[tuple[str, str, str]]:
    return [(field.path, _size(field.theoretical), _size(field.effective)) for field in fields]


def _numbers(field: ReceptiveFieldMap) -> dict[str, object]:
    return {
        "path": field.path,
        "allowed": [field.theoretical.height, field.theoretical.width],
        "visible": [field.visible.height, field.visible.width],
        "effective": [field.effective.height, field.effective.width],
    }


def _size(box: Box) -> str:
    return f"{box.height}×{box.width}"
