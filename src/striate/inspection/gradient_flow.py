"""How strong the gradient arrives at each layer: what the notes say of vanishing gradients and shortcuts, measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import assert_never

import numpy as np
import torch
from numpy.typing import NDArray

from striate.errors import TrainingError
from striate.nn import Network, build
from striate.tables import (
    LRN,
    RBF,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Identity,
    MaxPool,
    Plan,
    Step,
    Subsample,
    Table,
    as_plan,
)
from striate.training import eval_loss, total_loss


@dataclass(frozen=True)
class LayerGradient:
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

    plan: Plan
    loss: float
    layers: tuple[LayerGradient, ...]

    @property
    def table(self) -> Table:
        """The table that states the network."""
        return self.plan.table


def gradient_flow(network: Plan | Table | str, *, images: int = 8, seed: int = 0) -> GradientFlow:
    """The gradient of the table's own loss at each layer, in training mode, at the first weights that `seed` draws.

    The batch is noise, standard normal, with labels drawn at random; dropout is drawn too. torch's global generator
    is left as it was. TrainingError if the loss is not finite.

        >>> [layer.path for layer in gradient_flow("resnet18:tiny").layers][:3]
        ['conv1', 'conv2_1.body.conv1', 'conv2_1.body.conv2']
    """
    plan = as_plan(network)
    table, built = plan.table, build(plan, seed=seed).train()
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.randn(images, *table.input, generator=generator)
    labels = torch.randint(0, table.classes, (images,), generator=generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        loss, *_ = total_loss(eval_loss(table.recipe), built(pictures), labels, [h.weight for h in table.heads])
    if not loss.isfinite():
        raise TrainingError(
            f"table {table.name}: the loss at the first weights is {loss.item()}, so it has no gradient"
        )
    loss.backward()  # type: ignore[no-untyped-call]
    return GradientFlow(plan, loss.item(), layer_gradients(built))


def layer_gradients(network: Network) -> tuple[LayerGradient, ...]:
    """The layers of a network whose weights hold their gradient, in its table's order."""
    layers = []
    for path, depth in depths(network.plan).items():
        weight = network.get_parameter(f"{path}.weight")
        assert weight.grad is not None
        layers.append(LayerGradient(path, depth, weight.grad.norm().item(), weight.detach().norm().item()))
    return tuple(layers)


def depths(plan: Plan) -> dict[str, int]:
    """The depth of every layer by its path, without those on shortcuts, which are no layers on the longest way.

    >>> from striate.tables import load_plan
    >>> depths(load_plan("lenet5:modern"))
    {'C1': 1, 'C3': 2, 'C5': 3, 'F6': 4, 'Out': 5}
    """
    found: dict[str, int] = {}
    _count(plan.steps, 0, found)
    return found


def by_depth(flow: GradientFlow) -> tuple[list[int], NDArray[np.float64]]:
    """The depths, and the geometric mean of the gradients at each: branches side by side are as deep as one another."""
    gradients: dict[int, list[float]] = {}
    for layer in flow.layers:
        gradients.setdefault(layer.depth, []).append(layer.gradient)
    with np.errstate(divide="ignore"):  # a gradient of 0
        return list(gradients), np.array([np.exp(np.log(part).mean()) for part in gradients.values()])


def gradient_growth(flow: GradientFlow) -> float:
    """What the gradient is multiplied with for each layer that it goes back, from the output to the input.

    exp(-slope) of the straight line, by least squares, through the logarithms of the gradients over depth: above 1 it
    explodes towards the input, below 1 it vanishes. The first and the last layer are left out where there are four
    more, since other rows surround them; so are gradients of 0. nan if fewer than two layers are left.
    """
    depths_of_means, means = by_depth(flow)
    x, y = np.array(depths_of_means, dtype=np.float64), means
    if len(x) >= 6:
        x, y = x[1:-1], y[1:-1]
    x, y = x[y > 0], y[y > 0]
    if len(x) < 2:
        return nan
    centred = x - x.mean()
    return float(np.exp(-(centred @ np.log(y)) / (centred @ centred)))


def gradient_spread(flow: GradientFlow) -> float:
    """The largest gradient of all layers over the smallest; inf if one is 0."""
    gradients = [layer.gradient for layer in flow.layers]
    return max(gradients) / min(gradients) if min(gradients) > 0 else inf


def _count(steps: tuple[Step, ...], depth: int, found: dict[str, int]) -> int:
    """Enter the depth of every layer, and return that of the last."""
    for step in steps:
        match step.row:
            case Add():
                depth = _count(step.branches[0], depth, found)
            case Concat():
                depth = max(_count(branch, depth, found) for branch in step.branches)
            case Conv() | Dense():
                depth += 1
                found[step.path] = depth
            case MaxPool() | AveragePool() | AdaptiveAveragePool() | Subsample():
                pass
            case Identity() | LRN() | BatchNorm() | Dropout() | RBF():
                pass
            case row:
                assert_never(row)
    return depth
