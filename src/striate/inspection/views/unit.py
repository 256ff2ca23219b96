"""One unit's arithmetic, as a teacher writes it on the board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from striate.inspection.arithmetic import Trace
from striate.inspection.receptive_field import theoretical_field
from striate.inspection.sample import Sample
from striate.inspection.unit import UnitArithmetic
from striate.inspection.views.style import (
    COLOURS,
    SMALL,
    TEXT,
    frame,
    label_axes,
    new_figure,
    show_picture,
    show_signed,
)
from striate.inspection.views.view import View
from striate.tables import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

Floats = NDArray[Any]
_MAPS = 4
"""Input maps that are shown, those that count most."""
_TERMS = 24
"""Products of a dense unit that are shown, the largest."""
_LEGIBLE = 7
"""Cells of a window's side up to which their numbers are written in."""


def unit_view(seen: Sample, plan: Plan, found: UnitArithmetic) -> View:
    """A unit's window, weights, products and their sum, for one picture."""
    path, name = found.step.path, _name(found)
    stages = [f"{stage.says}: {stage.value:.6g}" for stage in found.working.stages]
    words = (
        f"{name} of {path} for {seen.name}, worked out by hand from what it sees: {'; '.join(stages)}.",
        f"The network says {found.network_value:.6g}; the difference is {abs(found.value - found.network_value):.1g}.",
    )
    numbers = {
        "path": path,
        "unit": list(found.unit),
        "stages": [{"says": stage.says, "value": stage.value} for stage in found.working.stages],
        "network_value": found.network_value,
    }
    return View(f"unit-{path}", f"One unit of {path}, worked out", words, unit_figure(seen, plan, found), numbers)


def unit_figure(seen: Sample, plan: Plan, found: UnitArithmetic) -> Figure:
    """The picture with what the unit sees of it; its window, weights and products; and the stages to its value."""
    figure = new_figure(_height(found.working))
    left, middle, right = figure.subfigures(1, 3, squeeze=False, width_ratios=[2.1, 4.6, 2.3])[0]
    _picture(left, seen, plan, found)
    _terms(middle, found)
    _stages(right, found)
    return figure


def _height(working: Trace) -> float:
    if working.window.ndim == 1:
        return 3.4
    return 4.4 if len(working.window) > 1 and working.weights is not None else 2.5


def _picture(part: SubFigure, seen: Sample, plan: Plan, found: UnitArithmetic) -> None:
    axis = part.subplots()
    show_picture(axis, seen.fitted_CHW.numpy())
    place = (found.unit[1], found.unit[2]) if len(found.unit) == 3 else None
    box = theoretical_field(plan, found.step.path, place)
    frame(axis, box.within(*plan.table.input[1:]), COLOURS[0])
    axis.set_title(f"it sees {box.height}×{box.width} pixels", y=1, fontsize=TEXT)


def _terms(part: SubFigure, found: UnitArithmetic) -> None:
    working = found.working
    if working.window.ndim == 1:
        _bars(part.subplots(), found)
        return
    parts = {"window": working.window}
    if working.weights is not None and working.products is not None:
        parts |= {"weights": working.weights, "products": working.products}
    weight = working.window if working.products is None else working.products
    order = np.argsort(-np.nansum(np.abs(weight), axis=(1, 2)), kind="stable")[:_MAPS]
    if len(order) == 1:
        _in_a_line(part, parts, working)
        return
    axes = part.subplots(len(parts), len(order), squeeze=False)
    for line, (name, values) in zip(axes, parts.items(), strict=True):
        scale = float(np.nanmax(np.abs(values))) or 1.0
        for axis, index in zip(line, np.sort(order), strict=True):
            _cells(axis, values[index], scale, legible=len(order) <= 2)
            if name == "window":
                axis.set_title(f"input map {working.maps[index]}", y=1, fontsize=SMALL)
        line[0].text(-0.06, 0.5, name, transform=line[0].transAxes, rotation=90, va="center", ha="right", fontsize=TEXT)
    if len(weight) > _MAPS:
        part.supxlabel(f"the {_MAPS} of {len(weight)} input maps that count most", fontsize=SMALL)


def _in_a_line(part: SubFigure, parts: dict[str, Floats], working: Trace) -> None:
    """Window × weights = products of the one input map, as the notes draw it; or a window alone."""
    axes = np.atleast_1d(part.subplots(1, max(2, len(parts))))
    for axis in axes[len(parts) :]:
        axis.set_axis_off()
    for axis, (name, values), sign in zip(axes, parts.items(), ("", "×", "="), strict=False):
        _cells(axis, values[0], float(np.nanmax(np.abs(values))) or 1.0, legible=True)
        above = f"\ninput map {working.maps[0]}" if name == "window" and working.maps else "\n"
        axis.set_title(name + above, y=1, fontsize=TEXT)
        axis.text(-0.1, 0.5, sign, transform=axis.transAxes, va="center", ha="center", fontsize=14)


def _cells(axis: Axes, values_HW: Floats, scale: float, *, legible: bool) -> None:
    show_signed(axis, values_HW, scale)
    if not legible or max(values_HW.shape) > _LEGIBLE:
        return
    for (row, column), value in np.ndenumerate(values_HW):
        text = "" if np.isnan(value) else f"{value:.2f}"
        colour = "white" if abs(value) > 0.6 * scale else "black"
        axis.text(column, row, text, ha="center", va="center", fontsize=6, color=colour, in_layout=False)


def _bars(axis: Axes, found: UnitArithmetic) -> None:
    """The largest terms of a unit without places, in their order."""
    working = found.working
    terms = working.window if working.products is None else working.products
    chosen = np.sort(np.argsort(-np.abs(terms), kind="stable")[:_TERMS])
    names = ["body", "shortcut"] if len(terms) == 2 and working.products is None else [str(index) for index in chosen]
    colours = [COLOURS[3] if value > 0 else COLOURS[1] for value in terms[chosen]]
    axis.bar(names, terms[chosen], color=colours)
    axis.tick_params(axis="x", rotation=90)
    what = "product" if working.products is not None else "value"
    some = f"the {_TERMS} largest of {len(terms):,} {what}s" if len(terms) > _TERMS else f"the {what}s"
    label_axes(axis, "" if chosen.size == 2 else "input unit", what, some)
    axis.axhline(0, color="0.3", linewidth=0.8)


def _stages(part: SubFigure, found: UnitArithmetic) -> None:
    lines = [found.step.path, _name(found), ""]
    for stage in found.working.stages:
        lines += [_wrapped(stage.says), f"   = {stage.value:.5g}"]
    lines += ["", "the network:", f"   = {found.network_value:.5g}"]
    part.text(0.04, 0.5, "\n".join(lines), va="center", fontsize=TEXT, linespacing=1.45)


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 27))


def _name(found: UnitArithmetic) -> str:
    if len(found.unit) == 1:
        return f"Unit {found.unit[0]}"
    k, i, j = found.unit
    return f"Map {k}, row {i}, column {j}"
