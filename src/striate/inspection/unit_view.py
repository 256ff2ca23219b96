"""The picture and the words of `unit_arithmetic`: one unit's sum with its numbers."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

from striate.inspection.arithmetic import Trace
from striate.inspection.plotting import (
    COLOURS,
    SMALL,
    TEXT,
    draw_box,
    label_axes,
    new_figure,
    show_picture,
    show_signed,
)
from striate.inspection.receptive_field import visible_field
from striate.inspection.sample import Sample
from striate.inspection.unit import UnitArithmetic
from striate.inspection.view import View
from striate.tables import RBF, Plan

Floats = NDArray[Any]
_MAX_MAPS = 4
"""Input maps that are shown, those with the largest contributions."""
_MAX_TERMS = 24
"""Terms of a unit whose input is flat that are shown, the largest."""
_MAX_LEGIBLE_SIDE = 7
"""The largest side of a window, in cells, whose numbers are written in the cells."""


def unit_view(sample: Sample, plan: Plan, unit: UnitArithmetic) -> View:
    """A unit's window, weights, products and their sum, for one picture."""
    path, name = unit.step.path, _name(unit)
    steps = [f"{trace_step.description}: {trace_step.value:.6g}" for trace_step in unit.trace.steps]
    words = (
        f"{name} of {path} for {sample.name}, computed step by step from its input: {'; '.join(steps)}.",
        f"The network's own value is {unit.network_value:.6g}; the difference is"
        f" {abs(unit.value - unit.network_value):.1g}.",
    )
    numbers = {
        "path": path,
        "unit": list(unit.unit),
        "stages": [{"says": trace_step.description, "value": trace_step.value} for trace_step in unit.trace.steps],
        "network_value": unit.network_value,
    }
    return View(f"unit-{path}", f"One unit of {path}, step by step", words, unit_figure(sample, plan, unit), numbers)


def unit_figure(sample: Sample, plan: Plan, unit: UnitArithmetic) -> Figure:
    """The picture with the unit's receptive field; its window, weights and products; and the steps to its value."""
    figure = new_figure(_height(unit.trace))
    left, middle, right = figure.subfigures(1, 3, squeeze=False, width_ratios=[2.1, 4.6, 2.3])[0]
    _draw_picture(left, sample, plan, unit)
    _draw_terms(middle, unit)
    _draw_steps(right, unit)
    return figure


def _height(trace: Trace) -> float:
    if trace.window.ndim == 1:
        return 3.4
    return 4.4 if len(trace.window) > 1 and trace.weights is not None else 2.5


def _draw_picture(part: SubFigure, sample: Sample, plan: Plan, unit: UnitArithmetic) -> None:
    axis = part.subplots()
    show_picture(axis, sample.fitted_CHW.numpy())
    place = (unit.unit[1], unit.unit[2]) if len(unit.unit) == 3 else None
    box = visible_field(plan, unit.step.path, place, map_index=unit.unit[0])
    draw_box(axis, box, COLOURS[0])
    axis.set_title(f"receptive field: {box.height}×{box.width} pixels", y=1, fontsize=TEXT)


def _draw_terms(part: SubFigure, unit: UnitArithmetic) -> None:
    trace = unit.trace
    if trace.window.ndim == 1:
        _draw_bars(part.subplots(), unit)
        return
    parts = {"window": trace.window}
    if trace.weights is not None and trace.products is not None:
        parts |= {"weights": trace.weights, "products": trace.products}
    weight = trace.window if trace.products is None else trace.products
    order = np.argsort(-np.nansum(np.abs(weight), axis=(1, 2)), kind="stable")[:_MAX_MAPS]
    if len(order) == 1:
        _draw_in_line(part, parts, trace)
        return
    axes = part.subplots(len(parts), len(order), squeeze=False)
    for line, (name, values) in zip(axes, parts.items(), strict=True):
        scale = float(np.nanmax(np.abs(values))) or 1.0
        for axis, index in zip(line, np.sort(order), strict=True):
            _draw_cells(axis, values[index], scale, legible=len(order) <= 2)
            if name == "window":
                axis.set_title(f"input map {trace.maps[index]}", y=1, fontsize=SMALL)
        line[0].text(-0.06, 0.5, name, transform=line[0].transAxes, rotation=90, va="center", ha="right", fontsize=TEXT)
    if len(weight) > _MAX_MAPS:
        part.supxlabel(f"the {_MAX_MAPS} of {len(weight)} input maps with the largest contributions", fontsize=SMALL)


def _draw_in_line(part: SubFigure, parts: dict[str, Floats], trace: Trace) -> None:
    """Window × weights = products of the one input map, as in the notes; or the window alone."""
    axes = np.atleast_1d(part.subplots(1, max(2, len(parts))))
    for axis in axes[len(parts) :]:
        axis.set_axis_off()
    for axis, (name, values), sign in zip(axes, parts.items(), ("", "×", "="), strict=False):
        _draw_cells(axis, values[0], float(np.nanmax(np.abs(values))) or 1.0, legible=True)
        above = f"\ninput map {trace.maps[0]}" if name == "window" and trace.maps else "\n"
        axis.set_title(name + above, y=1, fontsize=TEXT)
        axis.text(-0.1, 0.5, sign, transform=axis.transAxes, va="center", ha="center", fontsize=14)


def _draw_cells(axis: Axes, values_HW: Floats, scale: float, *, legible: bool) -> None:
    show_signed(axis, values_HW, scale)
    if not legible or max(values_HW.shape) > _MAX_LEGIBLE_SIDE:
        return
    for (row, column), value in np.ndenumerate(values_HW):
        text = "" if np.isnan(value) else f"{value:.2f}"
        colour = "white" if abs(value) > 0.6 * scale else "black"
        axis.text(column, row, text, ha="center", va="center", fontsize=6, color=colour, in_layout=False)


def _draw_bars(axis: Axes, unit: UnitArithmetic) -> None:
    """The largest terms of a unit whose input is flat, in their order."""
    trace = unit.trace
    terms = trace.window if trace.products is None else trace.products
    chosen = np.sort(np.argsort(-np.abs(terms), kind="stable")[:_MAX_TERMS])
    names = ["body", "shortcut"] if len(terms) == 2 and trace.products is None else [str(index) for index in chosen]
    colours = [COLOURS[3] if value > 0 else COLOURS[1] for value in terms[chosen]]
    axis.bar(names, terms[chosen], color=colours)
    axis.tick_params(axis="x", rotation=90)
    what = _term_name(unit)
    some = f"the {_MAX_TERMS} largest of {len(terms):,} {what}s" if len(terms) > _MAX_TERMS else f"the {what}s"
    label_axes(axis, "" if chosen.size == 2 else "input unit", what, some)
    axis.axhline(0, color="0.3", linewidth=0.8)


def _term_name(unit: UnitArithmetic) -> str:
    if unit.trace.products is None:
        return "value"
    return "squared difference" if isinstance(unit.step.row, RBF) else "product"


def _draw_steps(part: SubFigure, unit: UnitArithmetic) -> None:
    lines = [unit.step.path, _name(unit), ""]
    for trace_step in unit.trace.steps:
        lines += [_wrapped(trace_step.description), f"   = {trace_step.value:.5g}"]
    lines += ["", "the network:", f"   = {unit.network_value:.5g}"]
    part.text(0.04, 0.5, "\n".join(lines), va="center", fontsize=TEXT, linespacing=1.45)


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 27))


def _name(unit: UnitArithmetic) -> str:
    if len(unit.unit) == 1:
        return f"Unit {unit.unit[0]}"
    k, i, j = unit.unit
    return f"Map {k}, row {i}, column {j}"
