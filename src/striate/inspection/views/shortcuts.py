"""The gradient's two ways through each residual unit: the picture of `shortcut_flow`, and what it says of the notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from striate.inspection.shortcuts import UnitFlow
from striate.inspection.views import style
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Flows = Mapping[str, Sequence[UnitFlow]]
"""What was measured, by what it is called: "resnet20, at the first weights"."""

_NAMED = 24
"""So many units are named below a panel; of more, every second, third, ..."""


def shortcut_figure(flows: Flows) -> Figure:
    """A panel for each measurement: by unit, the norm of the gradient by either way, and of both together."""
    columns = min(len(flows), 2)
    rows = -(-len(flows) // columns)
    figure = style.new_figure(3.4 * rows + 0.4, "The gradient at the input of each residual unit, by the way it came")
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axis, (name, units) in zip(axes, flows.items(), strict=False):
        _draw(axis, units, name)
    for axis in axes[len(flows) :]:
        axis.set_axis_off()
    for axis in axes[1:]:
        axis.set_ylabel("")
    axes[0].legend(fontsize=style.SMALL)
    return figure


def shortcut_view(flows: Flows) -> View:
    """Networks, or one at several times, side by side."""
    return View(
        name="shortcuts",
        title="The gradient's two ways through a residual unit",
        words=(
            "A unit computes F(x) + s(x), so the gradient comes back to x as a sum: through F it is multiplied by the"
            " weights of the convolutions, through an identity shortcut by nothing.",
            *(_ways(name, units) for name, units in flows.items()),
            _against_the_notes(flows),
        ),
        figure=shortcut_figure(flows),
        numbers={"measured": [{"name": name, "units": list(map(asdict, units))} for name, units in flows.items()]},
    )


def _draw(axis: Axes, units: Sequence[UnitFlow], name: str) -> None:
    places = np.arange(len(units))
    for part, label, colour, mark in (
        ("together", "together", style.COLOURS[6], "_"),
        ("shortcut", "through the shortcut", style.COLOURS[1], "o"),
        ("body", "through the convolutions", style.COLOURS[0], "s"),
    ):
        norms = [getattr(unit, part) for unit in units]
        axis.plot(places, norms, marker=mark, color=colour, markersize=4, linewidth=1.2, label=label)
    style.label_axes(axis, "unit, from the input to the output", "norm of the gradient", name)
    axis.set_yscale("log")
    shown = places[:: -(-len(units) // _NAMED)]
    axis.set_xticks(shown, [units[place].path for place in shown], rotation=90)


def _ways(name: str, units: Sequence[UnitFlow]) -> str:
    whole = sum(unit.identity for unit in units)
    ratios = [unit.body / unit.shortcut for unit in units if unit.shortcut]
    if not ratios:
        return f"{name}: no gradient comes through any of the {len(units)} shortcuts."
    above, below = units[-1].at_sum, units[0].together
    return (
        f"{name}: {whole} of {len(units)} shortcuts are the identity. The gradient through the convolutions is"
        f" {min(ratios):.2g} to {max(ratios):.2g} times that through the shortcut (median {median(ratios):.2g}). From"
        f" the last unit's sum to the first unit's input its norm goes from {above:.3g} to {below:.3g}."
    )


def _against_the_notes(flows: Flows) -> str:
    """What a unit gets where its convolutions pass on least."""
    everywhere = [(name, unit) for name, units in flows.items() for unit in units]
    name, least = min(everywhere, key=lambda pair: pair[1].body / (pair[1].shortcut or 1))
    return (
        "The notes say that a shortcut skips a unit whose gradient is near 0. It chooses nothing: every unit adds both"
        f" terms, always. In {least.path} ({name}), where the convolutions pass on least beside the shortcut, they"
        f" bring {least.body:.3g} and the shortcut {least.shortcut:.3g}; what the shortcut brings does not depend on"
        " the unit's own weights where it is the identity."
    )
