"""How the layers answer to many pictures: the picture of `activity`, trained beside the first weights, and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.inspection.activity import QUANTILES, SATURATED, Activity, LayerActivity
from striate.inspection.views import style
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMED = 32
"""So many layers are named below the picture; of more, every second, third, ..."""
_TRAINED, _FIRST = style.COLOURS[1], style.COLOURS[0]
_ZERO, _DEAD, _SATURATED = "#bbbbbb", style.COLOURS[3], style.COLOURS[4]


def activity_figure(trained: Activity, first: Activity | None = None) -> Figure:
    """Above, a strip for each layer: from the 1st to the 99th percentile of its values, darker the half in the middle.
    Below, the shares of values that are 0, of dead units and of saturated values; a ring is that at the first weights.
    """
    figure = style.new_figure(6.2, f"{trained.table.name}: what the layers give for {trained.pictures:,} pictures")
    strips, shares = figure.subplots(2, 1, sharex=True, height_ratios=[1.3, 1])
    sides = (
        [(trained, _TRAINED, "trained")]
        if first is None
        else [
            (first, _FIRST, "at the first weights"),
            (trained, _TRAINED, "trained"),
        ]
    )
    width = 0.7 / len(sides)
    for number, (one, colour, label) in enumerate(sides):
        _strips(
            strips,
            one.layers,
            np.arange(len(one.layers)) + (number - (len(sides) - 1) / 2) * width,
            width,
            colour,
            label,
        )
    style.label_axes(strips, "", "value of a unit", "Percentiles 1 to 99, 5 to 95, 25 to 75; the median a black line")
    if first is not None:
        strips.legend(fontsize=style.SMALL)
    _shares(shares, trained.layers, () if first is None else first.layers)
    return figure


def activity_view(trained: Activity, first: Activity | None = None) -> View:
    """A trained network's layers, beside those at its first weights (`at_first_weights`) if they are given."""
    return View(
        name="activity",
        title="What the layers give: their spread, dead and saturated units",
        words=tuple(_words(trained, first)),
        figure=activity_figure(trained, first),
        numbers={"pictures": trained.pictures, "quantiles_of": list(QUANTILES), "trained": _numbers(trained)}
        | ({} if first is None else {"first_weights": _numbers(first)}),
        header=("layer", "activation", "mean", "std", "zeros", "dead units", "dead maps", "saturated"),
        lines=[_line(layer) for layer in trained.layers],
    )


def _strips(axis: Axes, layers: Sequence[LayerActivity], places: Any, width: float, colour: str, label: str) -> None:
    """Three bars on top of one another for each layer, and its median."""
    quantiles = np.stack([layer.quantiles for layer in layers])
    for low, high, alpha in ((0, 6, 0.25), (1, 5, 0.4), (2, 4, 1.0)):
        heights = quantiles[:, high] - quantiles[:, low]
        name = label if alpha == 1 else None
        axis.bar(places, heights, width, quantiles[:, low], color=colour, alpha=alpha, label=name)
    axis.use_sticky_edges = False  # else strips that end together touch the frame
    axis.hlines(quantiles[:, 3], places - width / 2, places + width / 2, color="black", linewidth=1)


def _shares(axis: Axes, layers: Sequence[LayerActivity], first: Sequence[LayerActivity]) -> None:
    """Bars beside one another: of what some layer can be."""
    from matplotlib.ticker import PercentFormatter

    kinds: list[tuple[str, str, Callable[[LayerActivity], float]]] = []
    if any(layer.activation == "relu" for layer in layers):
        kinds += [("values that are 0", _ZERO, lambda layer: layer.zeros), ("dead units", _DEAD, _dead)]
    if any(layer.activation != "relu" for layer in layers):
        kinds.append(("saturated values", _SATURATED, lambda layer: layer.saturated))
    width = 0.7 / len(kinds)
    for number, (label, colour, share) in enumerate(kinds):
        places = np.arange(len(layers)) + (number - (len(kinds) - 1) / 2) * width
        axis.bar(places, [share(layer) for layer in layers], width, color=colour, label=label)
        if first:
            rings = [share(layer) for layer in first]
            axis.plot(places, rings, "o", color="black", fillstyle="none", markersize=4, linestyle="none",
                      label="at the first weights" if number == 0 else None)  # fmt: skip
    style.label_axes(axis, "layer, from the input to the output", "share")
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_ylim(0, 1)
    axis.legend(fontsize=style.SMALL)
    step = -(-len(layers) // _NAMED)
    shown = range(0, len(layers), step)
    axis.set_xticks(shown, [layers[place].path for place in shown], rotation=0 if len(layers) <= 8 else 90)


def _words(trained: Activity, first: Activity | None) -> list[str]:
    narrow, wide = (pick(trained.layers, key=lambda layer: layer.std) for pick in (min, max))
    words = [
        f"Over {trained.pictures:,} pictures the values of a layer spread (standard deviation) from {narrow.std:.3g} in"
        f" {narrow.path} to {wide.std:.3g} in {wide.path}."
    ]
    if first is not None:
        least, most = (pick(first.layers, key=lambda layer: layer.std) for pick in (min, max))
        words.append(
            f"At the first weights they spread from {least.std:.3g} in {least.path} to {most.std:.3g} in {most.path},"
            f" a factor of {most.std / least.std if least.std else np.inf:.3g}; trained, it is"
            f" {wide.std / narrow.std if narrow.std else np.inf:.3g}."
        )
    return [*words, *_dead_words(trained, first), *_saturated_words(trained, first)]


def _dead_words(trained: Activity, first: Activity | None) -> list[str]:
    relus = [layer for layer in trained.layers if layer.activation == "relu"]
    if not relus:
        return []
    sparse, dense = (pick(relus, key=lambda layer: layer.zeros) for pick in (max, min))
    dead, units = (sum(getattr(layer, name) for layer in relus) for name in ("dead_units", "units"))
    dead_maps, maps = (sum(getattr(layer, name) for layer in relus) for name in ("dead_maps", "maps"))
    worst = max(relus, key=_dead)
    before = "" if first is None else f" At the first weights {_total(first, 'dead_units'):,} units were dead."
    where = f", the largest share in {worst.path} ({_dead(worst):.1%})" if dead else ""
    return [
        f"ReLU: {dense.zeros:.0%} ({dense.path}) to {sparse.zeros:.0%} ({sparse.path}) of the values are 0. A unit that"
        " is 0 for every picture is dead: no gradient passes it, so it does not learn from these pictures."
        f" {dead:,} of {units:,} units are{where}, and {dead_maps:,} of {maps:,} whole maps.{before} With more pictures"
        " some would answer."
    ]


def _saturated_words(trained: Activity, first: Activity | None) -> list[str]:
    tanhs = [layer for layer in trained.layers if layer.activation != "relu"]
    if not tanhs:
        return []
    each = ", ".join(f"{layer.path} {layer.saturated:.1%}" for layer in tanhs)
    before = ""
    if first is not None:
        then = max(layer.saturated for layer in first.layers)
        before = f" At the first weights it was {then:.1%} at most."
    return [
        f"tanh: a value beyond {SATURATED:.0%} of the limit is saturated, for there the slope, and with it what goes"
        f" back of the gradient, is less than {1 - SATURATED**2:.1%} of that at 0. Saturated are: {each}.{before}"
    ]


def _dead(layer: LayerActivity) -> float:
    return layer.dead_units / layer.units


def _total(activity: Activity, name: str) -> int:
    return sum(getattr(layer, name) for layer in activity.layers)


def _line(layer: LayerActivity) -> tuple[str, ...]:
    relu = layer.activation == "relu"
    return (
        layer.path,
        layer.activation,
        f"{layer.mean:.3g}",
        f"{layer.std:.3g}",
        f"{layer.zeros:.1%}",
        f"{layer.dead_units:,} of {layer.units:,}" if relu else "",
        f"{layer.dead_maps:,} of {layer.maps:,}" if relu else "",
        "" if relu else f"{layer.saturated:.1%}",
    )


def _numbers(activity: Activity) -> list[dict[str, Any]]:
    found = [{field.name: getattr(layer, field.name) for field in fields(layer)} for layer in activity.layers]
    return [{**layer, "quantiles": layer["quantiles"].tolist()} for layer in found]
