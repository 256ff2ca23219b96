"""The picture and the words of `gradient_flow`: gradient norms over depth, compared with the notes' claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isnan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from striate.analysis import total_cost
from striate.inspection import plotting
from striate.inspection.gradient_flow import (
    GradientFlow,
    gradient_by_depth,
    gradient_growth,
    gradient_spread,
    has_shortcuts,
)
from striate.inspection.view import View

XLABEL = "depth of the layer, from the input to the output"
YLABEL = "norm of the gradient\nby the layer's weights"
HEADER = ("network", "parameters", "MACs", "first layer", "last layer", "per layer back", "largest / smallest")
_CONSTANT = 1.02
"""A gradient that changes by less than this factor per layer is called constant: over 50 layers a factor of 3."""
_NEGLIGIBLE = 1000
"""The smallest gradient is called negligible where the largest is more than so many times as large."""


def gradient_flow_figure(flows: Sequence[GradientFlow]) -> Figure:
    """A line for each network through the means of the layers of one depth, and a dot for each layer."""
    figure = plotting.new_figure(4.4)
    axis = figure.subplots()
    for number, flow in enumerate(flows):
        draw_flow(axis, flow, plotting.COLOURS[number % len(plotting.COLOURS)], flow.table.name)
    style_axis(axis, "Gradient at initialization")
    axis.legend(fontsize=plotting.TEXT)
    return figure


def draw_flow(axis: Axes, flow: GradientFlow, colour: Any, label: str) -> None:
    """The gradients of one network at one time."""
    axis.plot(
        [layer.depth for layer in flow.layers], [layer.gradient for layer in flow.layers], "o", color=colour, ms=3
    )
    axis.plot(*gradient_by_depth(flow), color=colour, linewidth=1.4, label=label)


def style_axis(axis: Axes, title: str, ylabel: str = YLABEL) -> None:
    """Label an axis of norms over depth, and make the norms' scale logarithmic."""
    plotting.label_axes(axis, XLABEL, ylabel, title)
    axis.set_yscale("log")
    axis.tick_params(which="minor", labelsize=plotting.SMALL)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def gradient_flow_view(flows: Sequence[GradientFlow]) -> View:
    """The networks side by side, with what each costs."""
    return View(
        name="gradient-flow",
        title="The gradient at each layer, at initialization",
        paragraphs=(*map(_describe_flow, flows), *compare_with_notes(flows, "at initialization")),
        figure=gradient_flow_figure(flows),
        numbers={"networks": [{**numbers(flow), "layers": [asdict(layer) for layer in flow.layers]} for flow in flows]},
        header=HEADER,
        rows=[table_row(numbers(flow)) for flow in flows],
    )


def numbers(flow: GradientFlow) -> dict[str, Any]:
    """What the network costs, and how its gradient changes over depth."""
    cost = total_cost(flow.plan)
    return {
        "name": flow.table.name,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "loss": flow.loss,
        "first": flow.layers[0].gradient,
        "last": flow.layers[-1].gradient,
        "growth": gradient_growth(flow),
        "spread": gradient_spread(flow),
    }


def table_row(values: Mapping[str, Any]) -> tuple[str, ...]:
    """A network's row under `HEADER`, from its `numbers`."""
    return (
        values["name"],
        f"{values['parameters']:,}",
        f"{values['macs']:,}",
        f"{values['first']:.3g}",
        f"{values['last']:.3g}",
        f"x{values['growth']:.3f}",
        f"{values['spread']:.3g}",
    )


def describe_growth(flow: GradientFlow) -> str:
    """How the gradient changes on its way back, as the second half of a sentence."""
    factor = gradient_growth(flow)
    if isnan(factor):
        return "has too few layers for a change over depth"
    if 1 / _CONSTANT <= factor <= _CONSTANT:
        return f"stays constant over depth (x{factor:.3f} per layer on the way back)"
    verb = "grows" if factor > 1 else "shrinks"
    return f"{verb} towards the input by x{factor:.3f} per layer on the way back"


def _describe_flow(flow: GradientFlow) -> str:
    """A paragraph for one network."""
    most, least = (pick(flow.layers, key=lambda layer: layer.gradient) for pick in (max, min))
    return (
        f"{flow.table.name}: the gradient {describe_growth(flow)}. It is largest at {most.path} (layer {most.depth}:"
        f" {most.gradient:.3g}) and smallest at {least.path} (layer {least.depth}: {least.gradient:.3g}),"
        f" a factor of {gradient_spread(flow):.3g} apart."
    )


def compare_with_notes(flows: Sequence[GradientFlow], when: str) -> list[str]:
    """The notes' claim on vanishing gradients compared with what was measured, with shortcuts and without."""
    negligible = ", ".join(flow.table.name for flow in flows if gradient_spread(flow) > _NEGLIGIBLE)
    return [
        "The notes say that without shortcuts the gradient goes to 0 near the output, and that a shortcut skips such"
        f" layers. Measured {when}, the smallest gradient relative to the largest: {'; '.join(map(_smallest, flows))}."
        f" It is negligible (less than 1/{_NEGLIGIBLE}) in {negligible or 'no network'}. A factor per layer becomes a"
        " power over many layers: depth is hard as far as the factor differs from 1.",
        *_with_and_without(flows),
    ]


def _smallest(flow: GradientFlow) -> str:
    """The smallest gradient relative to the largest, and its layer."""
    least = min(flow.layers, key=lambda layer: layer.gradient)
    size = f"1/{gradient_spread(flow):.3g}" if least.gradient else "0"
    return f"{size} in {flow.table.name}, at layer {least.depth} of {flow.layers[-1].depth}"


def _with_and_without(flows: Sequence[GradientFlow]) -> list[str]:
    """A sentence that compares networks with and without shortcuts, if both kinds have a factor per layer."""
    parts: dict[bool, list[str]] = {True: [], False: []}
    for flow in flows:
        if not isnan(factor := gradient_growth(flow)):
            parts[has_shortcuts(flow.plan)].append(f"x{factor:.3f} in {flow.table.name}")
    if not all(parts.values()):
        return []
    without, with_shortcuts = (", ".join(parts[shortcuts]) for shortcuts in (False, True))
    return [
        f"Factor of the gradient per layer on the way back: without shortcuts {without}; with them {with_shortcuts}."
    ]
