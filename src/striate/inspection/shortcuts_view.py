"""The picture and the words of `shortcut_flow`: the gradient's two paths through each residual unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from striate.inspection import plotting
from striate.inspection.shortcuts import ShortcutFlow
from striate.inspection.view import View

Flows = Mapping[str, Sequence[ShortcutFlow]]
"""Measurements by their names, as "resnet20, at initialization"."""

_MAX_NAMED = 24
"""So many units have their names below a panel; of more units every second, third, ... has."""


def shortcuts_figure(flows: Flows) -> Figure:
    """A panel for each measurement: the norm of the gradient by each path and of both together, over the units."""
    columns = min(len(flows), 2)
    rows = -(-len(flows) // columns)
    figure = plotting.new_figure(3.4 * rows + 0.4, "The gradient at the input of each residual unit, by its path")
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axis, (name, units) in zip(axes, flows.items(), strict=False):
        _draw(axis, units, name)
    for axis in axes[len(flows) :]:
        axis.set_axis_off()
    for axis in axes[1:]:
        axis.set_ylabel("")
    axes[0].legend(fontsize=plotting.SMALL)
    return figure


def shortcuts_view(flows: Flows) -> View:
    """Networks, or one at several times, side by side."""
    return View(
        name="shortcuts",
        title="The gradient's two paths through a residual unit",
        paragraphs=(
            "A unit computes F(x) + s(x), so the gradient at x is a sum: through F it is multiplied by the weights of"
            " the convolutions, through an identity shortcut by nothing.",
            *(_describe_paths(name, units) for name, units in flows.items()),
            _compare_with_notes(flows),
        ),
        figure=shortcuts_figure(flows),
        numbers={"measured": [{"name": name, "units": list(map(asdict, units))} for name, units in flows.items()]},
    )


def _draw(axis: Axes, units: Sequence[ShortcutFlow], name: str) -> None:
    places = np.arange(len(units))
    for part, label, colour, mark in (
        ("together", "together", plotting.COLOURS[6], "_"),
        ("shortcut", "through the shortcut", plotting.COLOURS[1], "o"),
        ("body", "through the convolutions", plotting.COLOURS[0], "s"),
    ):
        norms = [getattr(unit, part) for unit in units]
        axis.plot(places, norms, marker=mark, color=colour, markersize=4, linewidth=1.2, label=label)
    plotting.label_axes(axis, "unit, from the input to the output", "norm of the gradient", name)
    axis.set_yscale("log")
    shown = places[:: -(-len(units) // _MAX_NAMED)]
    axis.set_xticks(shown, [units[place].path for place in shown], rotation=90)


def _describe_paths(name: str, units: Sequence[ShortcutFlow]) -> str:
    whole = sum(unit.identity for unit in units)
    ratios = [unit.body / unit.shortcut for unit in units if unit.shortcut]
    if not ratios:
        return f"{name}: the gradient through each of the {len(units)} shortcuts is 0."
    above, below = units[-1].at_sum, units[0].together
    return (
        f"{name}: {whole} of {len(units)} shortcuts are the identity. The gradient through the convolutions is"
        f" {min(ratios):.2g} to {max(ratios):.2g} times that through the shortcut (median {median(ratios):.2g}). From"
        f" the last unit's sum to the first unit's input its norm goes from {above:.3g} to {below:.3g}."
    )


def _compare_with_notes(flows: Flows) -> str:
    """The notes' claim compared with the unit whose convolutions pass the least gradient."""
    all_units = [(name, unit) for name, units in flows.items() for unit in units]
    name, least = min(all_units, key=lambda pair: pair[1].body / (pair[1].shortcut or 1))
    return (
        "The notes say that a shortcut skips a unit whose gradient is near 0. A shortcut does not choose: every unit"
        f" always adds both terms. In {least.path} ({name}), where the convolutions pass the least gradient relative to"
        f" the shortcut, they pass {least.body:.3g} and the shortcut {least.shortcut:.3g}; through an identity shortcut"
        " the gradient does not depend on the unit's own weights."
    )
