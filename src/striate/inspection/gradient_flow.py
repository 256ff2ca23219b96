"""How strong the gradient arrives at each layer: what the notes say of vanishing gradients and shortcuts, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from striate.nn.build import build
from striate.tables import Conv, Dense, Table, every_step, walk
from striate.training.loss import LOSSES, with_heads

# Orange, blue, green, vermilion, purple, sky blue of Okabe and Ito's palette: told apart by the colour-blind too.
_COLOURS = ("#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")


@dataclass(frozen=True)
class Layer:
    """A convolution or dense row: the norm of the loss's gradient by its weights, and that of the weights.

    `shortcut`: it lies on a shortcut, beside the chain of layers that `depth` counts (from 1; 0 on a shortcut).
    """

    path: str
    depth: int
    gradient: float
    weights: float
    shortcut: bool = False


@dataclass(frozen=True)
class GradientFlow:
    """The layers of a network in the order of its table, and the loss whose gradient it is."""

    table: Table
    loss: float
    layers: tuple[Layer, ...]

    @property
    def chain(self) -> tuple[Layer, ...]:
        """The layers that stand behind one another, without those on shortcuts."""
        return tuple(layer for layer in self.layers if not layer.shortcut)


def gradient_flow(table: Table, *, images: int = 8, seed: int = 0) -> GradientFlow:
    """The gradient of the table's own loss at each layer, in training mode, at the first weights that `seed` draws.

    The batch is noise, standard normal, with labels drawn at random; dropout is drawn too. torch's global generator
    is left as it was.

        >>> from striate.tables import load_table
        >>> [layer.path for layer in gradient_flow(load_table("resnet18:tiny")).chain][:3]
        ['conv1', 'conv2_1.body.conv1', 'conv2_1.body.conv2']
    """
    network = build(table, seed=seed).train()
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.randn(images, *table.input, generator=generator)
    labels = torch.randint(0, table.classes, (images,), generator=generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        loss, _ = with_heads(LOSSES[table.recipe.loss], network(pictures), labels, [h.weight for h in table.heads])
    loss.backward()  # type: ignore[no-untyped-call]
    layers: list[Layer] = []
    depth = 0
    for step in every_step(walk(table)):
        if not isinstance(step.row, Conv | Dense):
            continue
        shortcut = ".shortcut." in step.path
        depth += not shortcut
        weight = network.get_parameter(f"{step.path}.weight")
        assert weight.grad is not None
        norms = weight.grad.norm().item(), weight.detach().norm().item()
        layers.append(Layer(step.path, 0 if shortcut else depth, *norms, shortcut))
    return GradientFlow(table, loss.item(), tuple(layers))


def plot_gradient_flow(flows: Sequence[GradientFlow], path: Path) -> None:
    """Gradient norms over depth, a line for each network, as a PNG."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 4.6), layout="constrained")
    axis = figure.subplots()
    for number, flow in enumerate(flows):
        colour = _COLOURS[number % len(_COLOURS)]
        chain = flow.chain
        axis.plot(
            [layer.depth for layer in chain],
            [layer.gradient for layer in chain],
            color=colour,
            marker="o",
            markersize=3,
            linewidth=1.4,
            label=flow.table.name,
        )
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
