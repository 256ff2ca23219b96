"""The picture and the words of `activation_statistics`: a trained network beside the same at initialization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from striate.inspection import plotting
from striate.inspection.activation_statistics import QUANTILES, SATURATED, ActivationStatistics, LayerStatistics
from striate.inspection.view import View

_MAX_NAMED = 32
"""So many layers have their names below the picture; of more layers every second, third, ... has."""
_TRAINED, _FIRST = plotting.COLOURS[1], plotting.COLOURS[0]
_ZERO, _DEAD, _SATURATED = "#bbbbbb", plotting.COLOURS[3], plotting.COLOURS[4]


def activation_statistics_figure(trained: ActivationStatistics, first: ActivationStatistics | None = None) -> Figure:
    """Above, a strip for each layer from the 1st to the 99th percentile of its values, the middle half darker.

    Below, the shares of values that are 0, of dead units and of saturated values; rings are at initialization.
    """
    figure = plotting.new_figure(6.2, f"{trained.table.name}: activations of the layers over {trained.images:,} images")
    strips, shares = figure.subplots(2, 1, sharex=True, height_ratios=[1.3, 1])
    sides = (
        [(trained, _TRAINED, "trained")]
        if first is None
        else [
            (first, _FIRST, "at initialization"),
            (trained, _TRAINED, "trained"),
        ]
    )
    width = 0.7 / len(sides)
    for number, (statistics, colour, label) in enumerate(sides):
        _draw_strips(
            strips,
            statistics.layers,
            np.arange(len(statistics.layers)) + (number - (len(sides) - 1) / 2) * width,
            width,
            colour,
            label,
        )
    plotting.label_axes(
        strips, "", "value of a unit", "Percentiles 1 to 99, 5 to 95, 25 to 75; the median a black line"
    )
    if first is not None:
        strips.legend(fontsize=plotting.SMALL)
    _draw_shares(shares, trained.layers, () if first is None else first.layers)
    return figure


def activation_statistics_view(trained: ActivationStatistics, first: ActivationStatistics | None = None) -> View:
    """A trained network's layers, beside the same at initialization (`at_initialization`) if `first` is given."""
    return View(
        name="activity",
        title="Activations of the layers: spread, dead and saturated units",
        paragraphs=tuple(_paragraphs(trained, first)),
        figure=activation_statistics_figure(trained, first),
        numbers={"pictures": trained.images, "quantiles_of": list(QUANTILES), "trained": _numbers(trained)}
        | ({} if first is None else {"first_weights": _numbers(first)}),
        header=("layer", "activation", "mean", "std", "zeros", "dead units", "dead maps", "saturated"),
        rows=[_row(layer) for layer in trained.layers],
    )


def _draw_strips(
    axis: Axes, layers: Sequence[LayerStatistics], positions: Any, width: float, colour: str, label: str
) -> None:
    """Three bars on top of one another for each layer, and its median."""
    quantiles = np.stack([layer.quantiles for layer in layers])
    for low, high, alpha in ((0, 6, 0.25), (1, 5, 0.4), (2, 4, 1.0)):
        heights = quantiles[:, high] - quantiles[:, low]
        name = label if alpha == 1 else None
        axis.bar(positions, heights, width, quantiles[:, low], color=colour, alpha=alpha, label=name)
    axis.use_sticky_edges = False  # else strips that end together touch the frame
    axis.hlines(quantiles[:, 3], positions - width / 2, positions + width / 2, color="black", linewidth=1)


def _draw_shares(axis: Axes, layers: Sequence[LayerStatistics], first: Sequence[LayerStatistics]) -> None:
    """Bars side by side, of the shares that apply to some layer."""
    kinds: list[tuple[str, str, Callable[[LayerStatistics], float]]] = []
    if any(layer.activation == "relu" for layer in layers):
        kinds += [("values that are 0", _ZERO, lambda layer: layer.zeros), ("dead units", _DEAD, _dead_share)]
    if any(layer.activation != "relu" for layer in layers):
        kinds.append(("saturated values", _SATURATED, lambda layer: layer.saturated))
    width = 0.7 / len(kinds)
    for number, (label, colour, share) in enumerate(kinds):
        positions = np.arange(len(layers)) + (number - (len(kinds) - 1) / 2) * width
        axis.bar(positions, [share(layer) for layer in layers], width, color=colour, label=label)
        if first:
            rings = [share(layer) for layer in first]
            axis.plot(positions, rings, "o", color="black", fillstyle="none", markersize=4, linestyle="none",
                      label="at initialization" if number == 0 else None)  # fmt: skip
    plotting.label_axes(axis, "layer, from the input to the output", "share")
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_ylim(0, 1)
    axis.legend(fontsize=plotting.SMALL)
    step = -(-len(layers) // _MAX_NAMED)
    shown = range(0, len(layers), step)
    axis.set_xticks(shown, [layers[index].path for index in shown], rotation=0 if len(layers) <= 8 else 90)


def _paragraphs(trained: ActivationStatistics, first: ActivationStatistics | None) -> list[str]:
    narrow, wide = (pick(trained.layers, key=lambda layer: layer.std) for pick in (min, max))
    words = [
        f"Over {trained.images:,} images the standard deviation of a layer's values goes from {narrow.std:.3g} in"
        f" {narrow.path} to {wide.std:.3g} in {wide.path}."
    ]
    if first is not None:
        least, most = (pick(first.layers, key=lambda layer: layer.std) for pick in (min, max))
        words.append(
            f"At initialization it goes from {least.std:.3g} in {least.path} to {most.std:.3g} in {most.path},"
            f" a factor of {most.std / least.std if least.std else np.inf:.3g}; after training the factor is"
            f" {wide.std / narrow.std if narrow.std else np.inf:.3g}."
        )
    return [*words, *_dead_words(trained, first), *_saturated_words(trained, first)]


def _dead_words(trained: ActivationStatistics, first: ActivationStatistics | None) -> list[str]:
    relus = [layer for layer in trained.layers if layer.activation == "relu"]
    if not relus:
        return []
    sparse, dense = (pick(relus, key=lambda layer: layer.zeros) for pick in (max, min))
    dead, units = (sum(getattr(layer, name) for layer in relus) for name in ("dead_units", "units"))
    dead_maps, maps = (sum(getattr(layer, name) for layer in relus) for name in ("dead_maps", "maps"))
    worst = max(relus, key=_dead_share)
    before = "" if first is None else f" At initialization {_total(first, 'dead_units'):,} units were dead."
    where = f", the largest share in {worst.path} ({_dead_share(worst):.1%})" if dead else ""
    return [
        f"ReLU: {dense.zeros:.0%} ({dense.path}) to {sparse.zeros:.0%} ({sparse.path}) of the values are 0. A unit that"
        " is 0 for every image is dead: no gradient passes through it, so that it does not learn from these images."
        f" {dead:,} of {units:,} units are dead{where}, and {dead_maps:,} of {maps:,} whole maps.{before} With more"
        " images some of them would be active."
    ]


def _saturated_words(trained: ActivationStatistics, first: ActivationStatistics | None) -> list[str]:
    tanhs = [layer for layer in trained.layers if layer.activation != "relu"]
    if not tanhs:
        return []
    shares = ", ".join(f"{layer.path} {layer.saturated:.1%}" for layer in tanhs)
    before = ""
    if first is not None:
        then = max(layer.saturated for layer in first.layers)
        before = f" At initialization it was {then:.1%} at most."
    return [
        f"tanh: a value beyond {SATURATED:.0%} of the limit is saturated: there the slope, and with it the gradient"
        f" that passes, is less than {1 - SATURATED**2:.1%} of that at 0. Share of saturated values: {shares}.{before}"
    ]


def _dead_share(layer: LayerStatistics) -> float:
    return layer.dead_units / layer.units


def _total(statistics: ActivationStatistics, name: str) -> int:
    return sum(getattr(layer, name) for layer in statistics.layers)


def _row(layer: LayerStatistics) -> tuple[str, ...]:
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


def _numbers(statistics: ActivationStatistics) -> list[dict[str, Any]]:
    return [{**vars(layer), "quantiles": layer.quantiles.tolist()} for layer in statistics.layers]
