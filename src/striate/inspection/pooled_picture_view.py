"""The picture and the words of pooling: a picture pooled in three ways, as it is and moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from striate.inspection.image_grid import caption, name_line, new_image_grid
from striate.inspection.perturbations import fill_mode
from striate.inspection.plotting import show_picture
from striate.inspection.pooled_picture import ShiftedPooling, pooling_under_shift
from striate.inspection.pooling_variants import POOLING_KINDS, PoolingKind
from striate.inspection.sample import Sample
from striate.inspection.view import View
from striate.tables import Table

_NAMES: Mapping[PoolingKind, str] = {"max": "max pooling", "average": "average pooling", "none": "every second value"}

_TITLE = "The picture, pooled"


def pooled_picture_view(sample: Sample, table: Table) -> View:
    """A picture through a 2x2 window at stride 2, as it is and moved by a pixel, and how much that changes."""
    fill = fill_mode(table.preprocessing)
    pooled = {kind: pooling_under_shift(sample.fitted_CHW, kind=kind, fill=fill) for kind in POOLING_KINDS}
    before = pooled["max"].input_change
    changes = {kind: result.output_change for kind, result in pooled.items()}
    paragraphs = (
        f"The window is 2×2, the stride 2: a quarter of the values is left. When the picture moves by a pixel, its"
        f" values change by {before:.1f} of 255 gray levels on average, after max pooling by {changes['max']:.1f},"
        f" after average pooling by {changes['average']:.1f}, with every second value kept by {changes['none']:.1f}.",
    )
    numbers = {"input_change": before, "output_change": changes}
    return View("pooled", _TITLE, paragraphs, pooled_picture_figure(sample, pooled), numbers)


def pooled_picture_figure(sample: Sample, pooled: Mapping[PoolingKind, ShiftedPooling]) -> Figure:
    """The picture and its pooled ones, in a line as they are, in another when the picture has moved."""
    lines: list[tuple[str, list[Any]]] = [
        ("as it is", [sample.fitted_CHW.numpy(), *(one.pooled_CHW for one in pooled.values())]),
        (
            "moved",
            [next(iter(pooled.values())).shifted_CHW.numpy(), *(one.pooled_shifted_CHW for one in pooled.values())],
        ),
    ]
    figure, axes = new_image_grid(2, len(pooled) + 1, _TITLE, named=True)
    for line, (name, pictures) in zip(axes, lines, strict=True):
        name_line(line[0], name)
        for axis, picture, title in zip(line, pictures, ("picture", *(_NAMES[kind] for kind in pooled)), strict=True):
            show_picture(axis, np.asarray(picture).round().astype(np.uint8))
            caption(axis, title)
    return figure
