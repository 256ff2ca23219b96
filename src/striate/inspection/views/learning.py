"""Gradient norms over depth while networks learn, side by side: the picture of `learn`, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from striate.inspection.gradient_flow import gradient_spread
from striate.inspection.learning import Learning
from striate.inspection.views import gradient_flow as at_once
from striate.inspection.views import style
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MEAN_OF = 5
"""Steps over which the loss is averaged: that of a single batch goes up and down with its pictures."""


def learning_figure(learnings: Sequence[Learning]) -> Figure:
    """A panel for each network, a line for each time; below, the losses, and what the last step changed."""
    columns = min(len(learnings), 2)
    rows = -(-len(learnings) // columns)
    figure = style.new_figure(2.6 * rows + 3, "The gradient at each layer while the network learns")
    above, below = figure.subfigures(2, 1, height_ratios=[2.6 * rows, 3], squeeze=False).ravel()
    axes = above.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axis, learning in zip(axes, learnings, strict=False):
        _moments(axis, learning)
    for axis in axes[len(learnings) :]:
        axis.set_axis_off()
    for axis in axes:
        axis.label_outer()
    axes[0].legend(fontsize=style.SMALL, title="step", title_fontsize=style.SMALL, ncols=2)
    losses, updates = below.subplots(1, 2)
    for colour, learning in zip(style.COLOURS, learnings, strict=False):
        _losses(losses, learning, colour)
        _updates(updates, learning, colour)
    style.label_axes(losses, "step", f"loss, mean of {_MEAN_OF} batches", "Loss on the training batches")
    losses.legend(fontsize=style.SMALL)
    at_once.prepare(
        updates, f"Step {learnings[0].moments[-1].step}: how far it moves", "change of the weights\nover the weights"
    )
    updates.set_xlabel("depth of the layer", fontsize=style.TEXT)
    return figure


def learning_view(learnings: Sequence[Learning]) -> View:
    """Networks that learned the same data by their own recipes: plain and residual, or shortcut options."""
    return View(
        name="learning",
        title="The gradient at each layer while the network learns",
        words=(_told(learnings), *map(_course, learnings), *_compared(learnings)),
        figure=learning_figure(learnings),
        numbers={"dataset": learnings[0].dataset, "networks": list(map(_numbers, learnings))},
        header=("step", *at_once.HEADER, "loss"),
        lines=[
            (str(moment.step), *at_once.line(at_once.numbers(moment.flow)), f"{recent(learning)[moment.step]:.3f}")
            for learning in learnings
            for moment in learning.moments
        ],
    )


def recent(learning: Learning) -> NDArray[np.float64]:
    """The mean loss of the last few batches, at each step (steps,); of as many as there are at the first."""
    sums = np.cumsum(learning.losses)
    before = np.concatenate([np.zeros(min(_MEAN_OF, len(sums))), sums[:-_MEAN_OF]])
    means: NDArray[np.float64] = (sums - before) / np.minimum(np.arange(1, len(sums) + 1), _MEAN_OF)
    return means


def _moments(axis: Axes, learning: Learning) -> None:
    from matplotlib import colormaps

    colours = colormaps[style.MAGNITUDE](np.linspace(0, 0.88, len(learning.moments)))  # yellow is too light for lines
    for colour, moment in zip(colours, learning.moments, strict=True):
        at_once.draw(axis, moment.flow, colour, str(moment.step))
    at_once.prepare(axis, learning.table.name)


def _losses(axis: Axes, learning: Learning, colour: str) -> None:
    axis.plot(learning.losses, color=colour, alpha=0.3, linewidth=0.8)
    axis.plot(recent(learning), color=colour, linewidth=1.6, label=learning.table.name)


def _updates(axis: Axes, learning: Learning, colour: str) -> None:
    last = learning.moments[-1]
    depths = [layer.depth for layer in last.flow.layers]
    axis.plot(depths, last.updates, "o-", color=colour, linewidth=1, markersize=3, label=learning.table.name)


def _told(learnings: Sequence[Learning]) -> str:
    first = learnings[0]
    rates = sorted({learning.table.recipe.learning_rate for learning in learnings})
    return (
        f"{len(first.losses)} steps on {first.dataset}, each network by its own recipe (learning rate"
        f" {', '.join(f'{rate:g}' for rate in rates)}). Each line is the gradient of one batch, after as many steps as"
        " its legend says: 0 is at the first weights."
    )


def _when(learning: Learning) -> str:
    step = learning.moments[-1].step
    return f"after {step} steps" if step else "at the first weights"


def _course(learning: Learning) -> str:
    first, last = learning.moments[0], learning.moments[-1]
    lowest, highest = last.updates.min(), last.updates.max()
    return (
        f"{learning.table.name}: at the first weights the gradient {at_once.course(first.flow)}; after {last.step}"
        f" steps it {at_once.course(last.flow)}. Largest over smallest: {gradient_spread(first.flow):.3g}, then"
        f" {gradient_spread(last.flow):.3g}. That step changes the layers' weights by {lowest:.2%} to {highest:.2%} of"
        f" their norm. The loss goes from {learning.losses[0]:.3g} to {recent(learning)[-1]:.3g}, and"
        f" {learning.accuracies[-_MEAN_OF:].mean():.0%} of the last batches are right."
    )


def _compared(learnings: Sequence[Learning]) -> list[str]:
    if len(learnings) < 2:
        return []
    ranked = sorted(learnings, key=lambda learning: recent(learning)[-1])
    order = ", ".join(f"{learning.table.name} {recent(learning)[-1]:.3g}" for learning in ranked)
    return [
        *at_once.against_the_notes([learning.moments[-1].flow for learning in learnings], _when(learnings[0])),
        f"The loss after the same {len(ranked[0].losses)} steps, lowest first: {order}. One seed and so few steps tell"
        " how training starts, not which network is better in the end.",
    ]


def _numbers(learning: Learning) -> dict[str, Any]:
    return {
        "name": learning.table.name,
        "losses": learning.losses.tolist(),
        "accuracies": learning.accuracies.tolist(),
        "moments": [
            {
                "step": moment.step,
                **at_once.numbers(moment.flow),
                "layers": [
                    {**asdict(layer), "update": update}
                    for layer, update in zip(moment.flow.layers, moment.updates.tolist(), strict=True)
                ],
            }
            for moment in learning.moments
        ],
    }
