"""The gradient's norm at each layer: the notes' claims on vanishing gradients and shortcuts, measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import assert_never

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import TrainingError
from striate.nn import Network, build, device_of
from striate.runtime import Device, find_device
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

GRADIENT_IMAGES = 8
"""Images of the batch."""


@dataclass(frozen=True)
class LayerGradient:
    """A convolution or dense row: the norm of the loss's gradient by its weights, and the norm of the weights.

    `depth` counts the layers from the input to this one, inclusive, along the longest path without shortcuts.
    """

    path: str
    depth: int
    gradient: float
    weights: float


@dataclass(frozen=True)
class GradientFlow:
    """The loss of a batch, and its gradient at each layer in the table's order, without the layers on shortcuts."""

    plan: Plan
    loss: float
    layers: tuple[LayerGradient, ...]

    @property
    def table(self) -> Table:
        """The network's table."""
        return self.plan.table


def gradient_flow(
    network: Plan | Table | str, *, images: int = GRADIENT_IMAGES, seed: int = 0, device: str | None = "cpu"
) -> GradientFlow:
    """The gradient of the table's loss at each layer, in training mode, at initialization with `seed`.

    The batch is standard normal noise with random labels; dropout is random too. torch's global generator is restored.
    `device` is a name as of `find_device`. TrainingError if the loss is not finite, StriateError without the device.

        >>> [layer.path for layer in gradient_flow("resnet18:tiny").layers][:3]
        ['conv1', 'conv2_1.body.conv1', 'conv2_1.body.conv2']
    """
    plan = as_plan(network)
    built = build(plan, seed=seed).to(find_device("float32", device=device).device).train()
    loss = random_loss(built, images, seed)
    loss.backward()  # type: ignore[no-untyped-call]
    return GradientFlow(plan, loss.item(), layer_gradients(built))


def random_loss(network: Network, images: int, seed: int) -> Tensor:
    """The table's loss for a batch of standard normal noise with random labels, on the network's device, in its
    precision. torch's global generator is restored. TrainingError if the loss is not finite."""
    table, device = network.table, Device(device_of(network), "float32")
    precision = next(network.parameters()).dtype
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.randn(images, *table.input, generator=generator)
    labels = torch.randint(0, table.classes, (images,), generator=generator)
    with torch.random.fork_rng(devices=[]):
        device.manual_seed(seed)
        outputs, labels = network(pictures.to(device.device, precision)), labels.to(device.device)
        loss, *_ = total_loss(eval_loss(table.recipe), outputs, labels, [h.weight for h in table.heads])
    if not loss.isfinite():
        raise TrainingError(f"table {table.name}: the loss at initialization is {loss.item()}, so it has no gradient")
    return loss


def layer_gradients(network: Network) -> tuple[LayerGradient, ...]:
    """The layers of a network after a backward pass, in its table's order."""
    layers = []
    for path, depth in layer_depths(network.plan).items():
        weight = network.get_parameter(f"{path}.weight")
        assert weight.grad is not None
        layers.append(LayerGradient(path, depth, weight.grad.norm().item(), weight.detach().norm().item()))
    return tuple(layers)


def layer_depths(plan: Plan) -> dict[str, int]:
    """The depth of every layer by its path, without the layers on shortcuts.

    >>> from striate.tables import load_plan
    >>> layer_depths(load_plan("lenet5:modern"))
    {'C1': 1, 'C3': 2, 'C5': 3, 'F6': 4, 'Out': 5}
    """
    result: dict[str, int] = {}
    _enter_depths(plan.steps, 0, result)
    return result


def gradient_by_depth(flow: GradientFlow) -> tuple[list[int], NDArray[np.float64]]:
    """The depths, and the geometric mean of the gradients at each: parallel branches have the same depths."""
    gradients: dict[int, list[float]] = {}
    for layer in flow.layers:
        gradients.setdefault(layer.depth, []).append(layer.gradient)
    with np.errstate(divide="ignore"):  # a gradient of 0
        return list(gradients), np.array([np.exp(np.log(part).mean()) for part in gradients.values()])


def gradient_growth(flow: GradientFlow) -> float:
    """The factor by which the gradient changes per layer on its way back, from the output to the input.

    exp(-slope) of the least-squares line through the logarithms of the gradients over depth: above 1 the gradient grows
    towards the input, below 1 it vanishes. The first and the last layer are excluded where there are four more, since
    other rows surround them; so are gradients of 0. nan if fewer than two layers are left.
    """
    positions, means = gradient_by_depth(flow)
    x, y = np.array(positions, dtype=np.float64), means
    if len(x) >= 6:
        x, y = x[1:-1], y[1:-1]
    x, y = x[y > 0], y[y > 0]
    if len(x) < 2:
        return nan
    centred = x - x.mean()
    return float(np.exp(-(centred @ np.log(y)) / (centred @ centred)))


def gradient_spread(flow: GradientFlow) -> float:
    """The largest gradient of all layers divided by the smallest; inf if one is 0."""
    gradients = [layer.gradient for layer in flow.layers]
    return max(gradients) / min(gradients) if min(gradients) > 0 else inf


def has_shortcuts(plan: Plan) -> bool:
    """Whether the network has residual units.

    >>> from striate.tables import load_plan
    >>> has_shortcuts(load_plan("resnet20")), has_shortcuts(load_plan("plain20"))
    (True, False)
    """
    return any(isinstance(step.row, Add) for step in plan.flat)


def _enter_depths(steps: tuple[Step, ...], depth: int, result: dict[str, int]) -> int:
    """Enter the depth of every layer, and return that of the last."""
    for step in steps:
        match step.row:
            case Add():
                depth = _enter_depths(step.branches[0], depth, result)
            case Concat():
                depth = max(_enter_depths(branch, depth, result) for branch in step.branches)
            case Conv() | Dense():
                depth += 1
                result[step.path] = depth
            case MaxPool() | AveragePool() | AdaptiveAveragePool() | Subsample():
                pass
            case Identity() | LRN() | BatchNorm() | Dropout() | RBF():
                pass
            case row:
                assert_never(row)
    return depth
