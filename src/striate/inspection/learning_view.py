"""The picture and the words of `measure_learning`: gradient norms over depth during training, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from striate.inspection import gradient_flow_view, plotting
from striate.inspection.gradient_flow import gradient_spread
from striate.inspection.learning import LearningRecord
from striate.inspection.view import View

_MEAN_OF = 5
"""Steps over which the loss is averaged, since that of a single batch is noisy."""


def learning_figure(records: Sequence[LearningRecord]) -> Figure:
    """A panel for each network with a line for each measured step; below, the losses, and the last step's updates."""
    columns = min(len(records), 2)
    rows = -(-len(records) // columns)
    figure = plotting.new_figure(2.6 * rows + 3, "The gradient at each layer during training")
    above, below = figure.subfigures(2, 1, height_ratios=[2.6 * rows, 3], squeeze=False).ravel()
    axes = above.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axis, record in zip(axes, records, strict=False):
        _draw_snapshots(axis, record)
    for axis in axes[len(records) :]:
        axis.set_axis_off()
    for axis in axes:
        axis.label_outer()
    axes[0].legend(fontsize=plotting.SMALL, title="step", title_fontsize=plotting.SMALL, ncols=2)
    losses, updates = below.subplots(1, 2)
    for colour, record in zip(plotting.COLOURS, records, strict=False):
        _draw_losses(losses, record, colour)
        _draw_updates(updates, record, colour)
    plotting.label_axes(losses, "step", f"loss, mean of {_MEAN_OF} batches", "Loss on the training batches")
    losses.legend(fontsize=plotting.SMALL)
    gradient_flow_view.style_axis(
        updates,
        f"Step {records[0].snapshots[-1].step}: relative update",
        "norm of the update\nover that of the weights",
    )
    updates.set_xlabel("depth of the layer", fontsize=plotting.TEXT)
    return figure


def learning_view(records: Sequence[LearningRecord]) -> View:
    """Networks that were trained on the same data by their own recipes: plain and residual, or shortcut options."""
    return View(
        name="learning",
        title="The gradient at each layer during training",
        paragraphs=(_describe_training(records), *map(_describe_learning, records), *_compare(records)),
        figure=learning_figure(records),
        numbers={"dataset": records[0].dataset, "networks": list(map(_numbers, records))},
        header=("step", *gradient_flow_view.HEADER, "loss"),
        rows=[
            (
                str(snapshot.step),
                *gradient_flow_view.table_row(gradient_flow_view.numbers(snapshot.flow)),
                f"{mean_recent_loss(record)[snapshot.step]:.3f}",
            )
            for record in records
            for snapshot in record.snapshots
        ],
    )


def mean_recent_loss(record: LearningRecord) -> NDArray[np.float64]:
    """The mean loss of the last few batches at each step (steps,); at the first steps of as many as there are."""
    sums = np.cumsum(record.losses)
    before = np.concatenate([np.zeros(min(_MEAN_OF, len(sums))), sums[:-_MEAN_OF]])
    means: NDArray[np.float64] = (sums - before) / np.minimum(np.arange(1, len(sums) + 1), _MEAN_OF)
    return means


def _draw_snapshots(axis: Axes, record: LearningRecord) -> None:
    colours = colormaps[plotting.MAGNITUDE](
        np.linspace(0, 0.88, len(record.snapshots))
    )  # yellow is too light for lines
    for colour, snapshot in zip(colours, record.snapshots, strict=True):
        gradient_flow_view.draw_flow(axis, snapshot.flow, colour, str(snapshot.step))
    gradient_flow_view.style_axis(axis, record.table.name)


def _draw_losses(axis: Axes, record: LearningRecord, colour: str) -> None:
    axis.plot(record.losses, color=colour, alpha=0.3, linewidth=0.8)
    axis.plot(mean_recent_loss(record), color=colour, linewidth=1.6, label=record.table.name)


def _draw_updates(axis: Axes, record: LearningRecord, colour: str) -> None:
    last = record.snapshots[-1]
    depths = [layer.depth for layer in last.flow.layers]
    axis.plot(depths, last.updates, "o-", color=colour, linewidth=1, markersize=3, label=record.table.name)


def _describe_training(records: Sequence[LearningRecord]) -> str:
    first = records[0]
    rates = sorted({record.table.recipe.learning_rate for record in records})
    return (
        f"{len(first.losses)} steps on {first.dataset}, each network by its own recipe (learning rate"
        f" {', '.join(f'{rate:g}' for rate in rates)}). Each line is the gradient of one batch, after the number of"
        " steps in the legend: 0 is at initialization."
    )


def _when(record: LearningRecord) -> str:
    step = record.snapshots[-1].step
    return f"after {step} steps" if step else "at initialization"


def _describe_learning(record: LearningRecord) -> str:
    first, last = record.snapshots[0], record.snapshots[-1]
    lowest, highest = last.updates.min(), last.updates.max()
    return (
        f"{record.table.name}: at initialization the gradient {gradient_flow_view.describe_growth(first.flow)}; after"
        f" {last.step} steps it {gradient_flow_view.describe_growth(last.flow)}. Largest over smallest:"
        f" {gradient_spread(first.flow):.3g}, then {gradient_spread(last.flow):.3g}. That step changes the layers'"
        f" weights by {lowest:.2%} to {highest:.2%} of their norm. The loss goes from {record.losses[0]:.3g} to"
        f" {mean_recent_loss(record)[-1]:.3g}, and the accuracy on the last batches is"
        f" {record.accuracies[-_MEAN_OF:].mean():.0%}."
    )


def _compare(records: Sequence[LearningRecord]) -> list[str]:
    if len(records) < 2:
        return []
    ranked = sorted(records, key=lambda record: mean_recent_loss(record)[-1])
    order = ", ".join(f"{record.table.name} {mean_recent_loss(record)[-1]:.3g}" for record in ranked)
    return [
        *gradient_flow_view.compare_with_notes([record.snapshots[-1].flow for record in records], _when(records[0])),
        f"The loss after the same {len(ranked[0].losses)} steps, lowest first: {order}. One seed and so few steps show"
        " how training starts, not which network is better in the end.",
    ]


def _numbers(record: LearningRecord) -> dict[str, Any]:
    return {
        "name": record.table.name,
        "losses": record.losses.tolist(),
        "accuracies": record.accuracies.tolist(),
        "moments": [
            {
                "step": snapshot.step,
                **gradient_flow_view.numbers(snapshot.flow),
                "layers": [
                    {**asdict(layer), "update": update}
                    for layer, update in zip(snapshot.flow.layers, snapshot.updates.tolist(), strict=True)
                ],
            }
            for snapshot in record.snapshots
        ],
    }
