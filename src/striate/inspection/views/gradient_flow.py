"""Gradient norms over depth at the first weights: the picture of `gradient_flow`, and what it says of the notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isnan
from typing import TYPE_CHECKING, Any

from striate.analysis import total_cost
from striate.inspection.gradient_flow import GradientFlow, by_depth, gradient_growth, gradient_spread
from striate.inspection.views import style
from striate.inspection.views.view import View
from striate.tables import Add, Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

XLABEL = "depth of the layer, from the input to the output"
YLABEL = "norm of the gradient\nby the layer's weights"
HEADER = ("network", "parameters", "MACs", "first layer", "last layer", "per layer back", "largest / smallest")
_LEVEL = 1.02
"""A gradient that changes by less than this for each layer is called level: over 50 layers that is a factor of 3."""
_NEARLY_NONE = 1000
"""The smallest gradient is called nearly none where the largest is more than so many times as large."""


def gradient_flow_figure(flows: Sequence[GradientFlow]) -> Figure:
    """A line for each network, through the mean of layers of one depth, and a dot for each layer."""
    figure = style.new_figure(4.4)
    axis = figure.subplots()
    for number, flow in enumerate(flows):
        draw(axis, flow, style.COLOURS[number % len(style.COLOURS)], flow.table.name)
    prepare(axis, "Gradient at the first weights")
    axis.legend(fontsize=style.TEXT)
    return figure


def draw(axis: Axes, flow: GradientFlow, colour: Any, label: str) -> None:
    """The gradients of one network at one time."""
    axis.plot(
        [layer.depth for layer in flow.layers], [layer.gradient for layer in flow.layers], "o", color=colour, ms=3
    )
    axis.plot(*by_depth(flow), color=colour, linewidth=1.4, label=label)


def prepare(axis: Axes, title: str, ylabel: str = YLABEL) -> None:
    """Depth from left to right, norms on a logarithmic scale."""
    from matplotlib.ticker import MaxNLocator

    style.label_axes(axis, XLABEL, ylabel, title)
    axis.set_yscale("log")
    axis.tick_params(which="minor", labelsize=style.SMALL)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def gradient_flow_view(flows: Sequence[GradientFlow]) -> View:
    """The networks side by side, with what each costs."""
    return View(
        name="gradient-flow",
        title="The gradient at each layer, at the first weights",
        words=(*map(at_the_first_weights, flows), *against_the_notes(flows, "at the first weights")),
        figure=gradient_flow_figure(flows),
        numbers={"networks": [{**numbers(flow), "layers": [asdict(layer) for layer in flow.layers]} for flow in flows]},
        header=HEADER,
        lines=[line(numbers(flow)) for flow in flows],
    )


def numbers(flow: GradientFlow) -> dict[str, Any]:
    """What the network costs, and how its gradient lies over depth."""
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


def line(found: Mapping[str, Any]) -> tuple[str, ...]:
    """A network's line under `HEADER`."""
    return (
        found["name"],
        f"{found['parameters']:,}",
        f"{found['macs']:,}",
        f"{found['first']:.3g}",
        f"{found['last']:.3g}",
        f"x{found['growth']:.3f}",
        f"{found['spread']:.3g}",
    )


def course(flow: GradientFlow) -> str:
    """How the gradient changes on its way back, as half a sentence with the numbers."""
    factor = gradient_growth(flow)
    if isnan(factor):
        return "has too few layers with a gradient for a course over depth"
    if 1 / _LEVEL <= factor <= _LEVEL:
        return f"stays level over depth (x{factor:.3f} for each layer on the way back)"
    towards = "grows" if factor > 1 else "fades"
    return f"{towards} towards the input by x{factor:.3f} for each layer on the way back"


def at_the_first_weights(flow: GradientFlow) -> str:
    """A paragraph for one network."""
    most, least = (pick(flow.layers, key=lambda layer: layer.gradient) for pick in (max, min))
    return (
        f"{flow.table.name}: the gradient {course(flow)}. It is largest at {most.path} (layer {most.depth}:"
        f" {most.gradient:.3g}) and smallest at {least.path} (layer {least.depth}: {least.gradient:.3g}),"
        f" a factor of {gradient_spread(flow):.3g} apart."
    )


def against_the_notes(flows: Sequence[GradientFlow], when: str) -> list[str]:
    """The notes' sentence on vanishing gradients against what was measured, with shortcuts and without."""
    nearly_none = ", ".join(flow.table.name for flow in flows if gradient_spread(flow) > _NEARLY_NONE)
    return [
        "The notes say that without shortcuts the gradient goes to 0 near the output, and that a shortcut skips such"
        f" layers. Measured {when}, the smallest gradient beside the largest: {'; '.join(map(_smallest, flows))}."
        f" Nearly none is left (less than 1/{_NEARLY_NONE}) in {nearly_none or 'no network'}. A factor for each layer"
        " acts as a power over many: what makes depth hard is how far it is from 1.",
        *_with_and_without(flows),
    ]


def _smallest(flow: GradientFlow) -> str:
    """How small the smallest gradient is, and where."""
    least = min(flow.layers, key=lambda layer: layer.gradient)
    size = f"1/{gradient_spread(flow):.3g}" if least.gradient else "0"
    return f"{size} in {flow.table.name}, at layer {least.depth} of {flow.layers[-1].depth}"


def _with_and_without(flows: Sequence[GradientFlow]) -> list[str]:
    """A sentence that compares networks with shortcuts and without, if there are both and they have a course."""
    parts: dict[bool, list[str]] = {True: [], False: []}
    for flow in flows:
        if not isnan(factor := gradient_growth(flow)):
            parts[has_shortcuts(flow.plan)].append(f"x{factor:.3f} in {flow.table.name}")
    if not all(parts.values()):
        return []
    without, there = (", ".join(parts[shortcuts]) for shortcuts in (False, True))
    return [
        f"For each layer on the way back the gradient is multiplied: without shortcuts {without}; with them {there}."
    ]


def has_shortcuts(plan: Plan) -> bool:
    """Whether there is a residual unit in it."""
    return any(isinstance(step.row, Add) for step in plan.flat)
