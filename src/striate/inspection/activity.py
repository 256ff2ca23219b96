"""How the units of each layer answer to many pictures: their spread, and those that are dead or saturated."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data import eval_batch_size
from striate.errors import StriateError
from striate.inspection.batch_norm import batch_norms, update_batch_norms
from striate.inspection.hooks import record_activations
from striate.nn import Network, ScaledTanh, build
from striate.tables import Step, Table

Nonlinear = Literal["relu", "tanh", "scaled_tanh"]

SATURATED = 0.97
"""A tanh is saturated beyond this share of its limit: its slope, in proportion to 1 - tanh^2, is then less than 6 % of
that at 0, and of the gradient that arrives less than a sixteenth goes through. A tanh(2a/3) is there for |a| > 3.14.
"""

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

_VALUES = 2**25
"""Numbers of all layers that are held at once: 128 MiB."""
_DRAWN = 200
"""Values of a layer that are drawn from each picture for its quantiles; all else counts every value."""


@dataclass(frozen=True)
class LayerActivity:
    """What a row's activation gave over all pictures: mean and standard deviation, shares from 0 to 1.

    `zeros` are the values that are 0. A ReLU unit is dead if it was 0 for every picture, and a map if all its units
    are: `dead_units` of `units`, `dead_maps` of `maps` (after a Dense each unit counts as a map). `saturated` are the
    values of a tanh beyond `SATURATED` of its limit. What the activation cannot be is 0. `quantiles` are those of
    `QUANTILES`, of values drawn with a fixed seed.
    """

    path: str
    activation: Nonlinear
    units: int
    maps: int
    mean: float
    std: float
    zeros: float
    dead_units: int
    dead_maps: int
    saturated: float
    quantiles: NDArray[np.float32]


@dataclass(frozen=True)
class Activity:
    """The rows with an activation, in the table's order, over so many pictures."""

    table: Table
    pictures: int
    layers: tuple[LayerActivity, ...]


def activity(network: Network, images_NCHW: Tensor) -> Activity:
    """The statistics of every ReLU and tanh for normalized images (N, channels, height, width), in evaluation mode.

    It holds the values of a few pictures at a time. StriateError if the table has no ReLU and no tanh, or there is no
    picture.

        >>> network = build("lenet5", seed=0)
        >>> [layer.path for layer in activity(network, torch.zeros(1, 1, 32, 32)).layers]
        ['C1', 'S2', 'C3', 'S4', 'C5', 'F6']
    """
    table = network.table
    steps = [step for step in network.plan.flat if _nonlinear(step)]
    if not steps:
        raise StriateError(f"table {table.name}: no row has a ReLU or a tanh")
    if not len(images_NCHW):
        raise StriateError("there is no picture to look at")
    tallies = [_Tally(step) for step in steps]
    at_once = max(1, _VALUES // sum(prod(step.output) for step in steps))
    for part_NCHW in torch.split(images_NCHW, at_once):
        passed = record_activations(network, part_NCHW, [step.path for step in steps])
        for tally in tallies:
            tally.add(passed[tally.step.path].output)
    return Activity(table, len(images_NCHW), tuple(tally.result() for tally in tallies))


def at_initialization(table: Table, images_NCHW: Tensor, *, seed: int = 0) -> Network:
    """The network at initialization with `seed`, in evaluation mode, to compare a trained one with.

    Its batch normalizations have the means and variances of these images (N, channels, height, width), as in training
    they would have those of a batch. StriateError if these are fewer than two and the network has such rows.
    """
    network = build(table, seed=seed)
    if batch_norms(network) and len(images_NCHW) < 2:
        raise StriateError(f"table {table.name}: batch normalization needs at least 2 pictures")
    update_batch_norms(network, images_NCHW.tensor_split(-(-len(images_NCHW) // eval_batch_size(table))))
    return network


class _Tally:
    """Sums over the pictures so far of what one row gives."""

    def __init__(self, step: Step) -> None:
        self.step, self.activation = step, _nonlinear(step)
        self.count, self.sum, self.squares, self.zeros, self.saturated = 0, 0.0, 0.0, 0, 0
        self.answered = torch.zeros(step.output, dtype=torch.bool)
        self.drawn: list[Tensor] = []
        self.generator = torch.Generator().manual_seed(0)
        self.limit = SATURATED * float(ScaledTanh()(torch.tensor(torch.inf)) if self.activation == "scaled_tanh" else 1)

    def add(self, output: Tensor) -> None:
        """The row's output for some pictures, (N, maps, height, width) or (N, units)."""
        self.count += output.numel()
        self.sum += output.sum(dtype=torch.float64).item()
        self.squares += output.square().sum(dtype=torch.float64).item()
        self.zeros += int((output == 0).sum())
        if self.activation == "relu":
            self.answered |= (output != 0).any(dim=0)
        else:
            self.saturated += int((output.abs() > self.limit).sum())
        values = output.flatten()
        wanted = min(_DRAWN, self.answered.numel()) * len(output)
        self.drawn.append(values[torch.randint(len(values), (wanted,), generator=self.generator)])

    def result(self) -> LayerActivity:
        """What the sums come to."""
        mean = self.sum / self.count
        assert self.activation is not None
        dead = ~self.answered.view(len(self.answered), -1)
        if self.activation != "relu":
            dead.fill_(False)
        return LayerActivity(
            path=self.step.path,
            activation=self.activation,
            units=self.answered.numel(),
            maps=len(self.answered),
            mean=mean,
            std=max(0.0, self.squares / self.count - mean**2) ** 0.5,
            zeros=self.zeros / self.count,
            dead_units=int(dead.sum()),
            dead_maps=int(dead.all(dim=1).sum()),
            saturated=self.saturated / self.count,
            quantiles=np.quantile(torch.cat(self.drawn).numpy(), QUANTILES).astype(np.float32),
        )


def _nonlinear(step: Step) -> Nonlinear | None:
    """The row's ReLU or tanh, if it has one."""
    activation = getattr(step.row, "activation", None)
    return activation if activation in ("relu", "tanh", "scaled_tanh") else None
