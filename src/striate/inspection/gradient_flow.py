"""How strong the gradient arrives at each layer: what the notes say of vanishing gradients and shortcuts, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch

from striate.errors import TrainingError
from striate.nn.build import build
from striate.tables import Add, Concat, Conv, Dense, Step, Table, walk
from striate.training.loss import plain_loss, with_heads

# Orange, blue, green, vermilion, purple, sky blue of Okabe and Ito's palette: told apart by the colour-blind too.
_COLOURS = ("#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")


@dataclass(frozen=True)
class Layer:
    """A convolution or dense row: the norm of the loss's gradient by its weights, and that of the weights.

    `depth` counts the layers from the input to this one, it included, along the longest way that takes no shortcut.
    """

    path: str
    depth: int
    gradient: float
    weights: float


@dataclass(frozen=True)
class GradientFlow:
    """The layers of a network in its table's order, without those on shortcuts, and the loss whose gradient it is."""

    table: Table
    loss: float
    layers: tuple[Layer, ...]


def gradient_flow(table: Table, *, images: int = 8, seed: int = 0) -> GradientFlow:
    """The gradient of the table's own loss at each layer, in training mode, at the first weights that `seed` draws.

    The batch is noise, standard normal, with labels drawn at random; dropout is drawn too. torch's global generator
    is left as it was. TrainingError if the loss is not finite.

        >>> from striate.tables import load_table
        >>> [layer.path for layer in gradient_flow(load_table("resnet18:tiny")).layers][:3]
        ['conv1', 'conv2_1.body.conv1', 'conv2_1.body.conv2']
    """
    network = build(table, seed=seed).train()
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.randn(images, *table.input, generator=generator)
    labels = torch.randint(0, table.classes, (images,), generator=generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        loss, *_ = with_heads(plain_loss(table.recipe), network(pictures), labels, [h.weight for h in table.heads])
    if not loss.isfinite():
        raise TrainingError(
            f"table {table.name}: the loss at the first weights is {loss.item()}, so it has no gradient"
        )
    loss.backward()  # type: ignore[no-untyped-call]
    depths: dict[str, int] = {}
    _count(walk(table), 0, depths)
    layers = []
    for path, depth in depths.items():
        weight = network.get_parameter(f"{path}.weight")
        assert weight.grad is not None
        layers.append(Layer(path, depth, weight.grad.norm().item(), weight.detach().norm().item()))
    return GradientFlow(table, loss.item(), tuple(layers))


def _count(steps: tuple[Step, ...], depth: int, depths: dict[str, int]) -> int:
    """Enter the depth of every layer, and return that of the last."""
    for step in steps:
        if isinstance(step.row, Add):
            depth = _count(step.branches[0], depth, depths)
        elif isinstance(step.row, Concat):
            depth = max(_count(branch, depth, depths) for branch in step.branches)
        elif isinstance(step.row, Conv | Dense):
            depth += 1
            depths[step.path] = depth
    return depth


def plot_gradient_flow(flows: Sequence[GradientFlow], path: Path) -> None:
    """Gradient norms over depth as a PNG: a line for each network, through the mean of layers of one depth."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 4.6), layout="constrained")
    axis = figure.subplots()
    for number, flow in enumerate(flows):
        colour = _COLOURS[number % len(_COLOURS)]
        depths, gradients = [layer.depth for layer in flow.layers], [layer.gradient for layer in flow.layers]
        axis.plot(depths, gradients, "o", color=colour, markersize=3)
        axis.plot(*_means(flow), color=colour, linewidth=1.4, label=flow.table.name)
    axis.set_yscale("log")
    axis.set(
        xlabel="layer, from the input to the output",
        ylabel="norm of the gradient by the layer's weights",
        title="Gradient at the first weights",
    )
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(alpha=0.3, which="both")
    axis.legend()
    figure.savefig(path, dpi=120)


def _means(flow: GradientFlow) -> tuple[list[int], list[float]]:
    """The depths, and the geometric mean of the gradients at each: branches side by side are as deep as one another."""
    by_depth: dict[int, list[float]] = {}
    for layer in flow.layers:
        by_depth.setdefault(layer.depth, []).append(layer.gradient)
    return list(by_depth), [prod(gradients) ** (1 / len(gradients)) for gradients in by_depth.values()]
