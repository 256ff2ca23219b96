"""The activations of each layer over many pictures: mean and spread, dead units, saturated values."""

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

Nonlinearity = Literal["relu", "tanh", "scaled_tanh"]

SATURATED = 0.97
"""A tanh is saturated beyond this share of its limit: its slope, in proportion to 1 - tanh^2, is then less than 6 % of
that at 0, so that less than a sixteenth of the gradient passes. tanh(2a/3) is saturated for |a| > 3.14.
"""

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

_MAX_VALUES = 2**25
"""Values of all layers that are in memory at once: 128 MiB."""
_SAMPLES_PER_IMAGE = 200
"""Values of a layer that are drawn from each picture for the quantiles; the other statistics use every value."""


@dataclass(frozen=True)
class LayerStatistics:
    """A row's activations over all pictures: mean and standard deviation; `zeros`, `saturated`: shares from 0 to 1.

    `zeros` is the share of values that are 0. A ReLU unit is dead if it is 0 for every picture, a map if all its units
    are: `dead_units` of `units`, `dead_maps` of `maps` (after a Dense each unit counts as a map). `saturated` is the
    share of a tanh's values beyond `SATURATED` of its limit. What does not apply to the activation is 0. `quantiles`
    are at `QUANTILES`, of values drawn with a fixed seed.
    """

    path: str
    activation: Nonlinearity
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
class ActivationStatistics:
    """The statistics of the rows with a ReLU or a tanh, in the table's order, over so many images."""

    table: Table
    images: int
    layers: tuple[LayerStatistics, ...]


def activation_statistics(network: Network, images_NCHW: Tensor) -> ActivationStatistics:
    """The statistics of every ReLU and tanh for normalized images (N, channels, height, width), in evaluation mode.

    The values of a few pictures at a time are in memory. StriateError if the table has no ReLU and no tanh, or if there
    are no images.

        >>> network = build("lenet5", seed=0)
        >>> [layer.path for layer in activation_statistics(network, torch.zeros(1, 1, 32, 32)).layers]
        ['C1', 'S2', 'C3', 'S4', 'C5', 'F6']
    """
    table = network.table
    steps = [step for step in network.plan.flat if _nonlinearity(step)]
    if not steps:
        raise StriateError(f"table {table.name}: no row has a ReLU or a tanh")
    if not len(images_NCHW):
        raise StriateError("there are no images")
    tallies = [_LayerTally(step) for step in steps]
    batch_size = max(1, _MAX_VALUES // sum(prod(step.output) for step in steps))
    for batch_NCHW in torch.split(images_NCHW, batch_size):
        activations = record_activations(network, batch_NCHW, [step.path for step in steps])
        for tally in tallies:
            tally.add(activations[tally.step.path].output)
    return ActivationStatistics(table, len(images_NCHW), tuple(tally.result() for tally in tallies))


def at_initialization(
    table: Table, images_NCHW: Tensor, *, seed: int = 0, device: torch.device | str = "cpu"
) -> Network:
    """The network at initialization with `seed`, in evaluation mode, on a device, to compare a trained one with.

    Its batch normalizations have the means and variances of these images (N, channels, height, width), as in training
    they would have those of a batch. StriateError if these are fewer than two and the network has such rows.
    """
    network = build(table, seed=seed).to(device)
    if batch_norms(network) and len(images_NCHW) < 2:
        raise StriateError(f"table {table.name}: batch normalization needs at least 2 pictures")
    update_batch_norms(network, images_NCHW.tensor_split(-(-len(images_NCHW) // eval_batch_size(table))))
    return network


class _LayerTally:
    """Sums over the pictures so far of one row's output."""

    def __init__(self, step: Step) -> None:
        self.step, self.activation = step, _nonlinearity(step)
        self.count, self.sum, self.squares, self.zeros, self.saturated = 0, 0.0, 0.0, 0, 0
        self.active = torch.zeros(step.output, dtype=torch.bool)
        self.samples: list[Tensor] = []
        self.generator = torch.Generator().manual_seed(0)
        self.limit = SATURATED * float(ScaledTanh()(torch.tensor(torch.inf)) if self.activation == "scaled_tanh" else 1)

    def add(self, output: Tensor) -> None:
        """The row's output for some pictures, (N, maps, height, width) or (N, units)."""
        self.count += output.numel()
        self.sum += output.sum(dtype=torch.float64).item()
        self.squares += output.square().sum(dtype=torch.float64).item()
        self.zeros += int((output == 0).sum())
        if self.activation == "relu":
            self.active |= (output != 0).any(dim=0)
        else:
            self.saturated += int((output.abs() > self.limit).sum())
        values = output.flatten()
        count = min(_SAMPLES_PER_IMAGE, self.active.numel()) * len(output)
        self.samples.append(values[torch.randint(len(values), (count,), generator=self.generator)])

    def result(self) -> LayerStatistics:
        """The statistics of all pictures."""
        mean = self.sum / self.count
        assert self.activation is not None
        dead = ~self.active.view(len(self.active), -1)
        if self.activation != "relu":
            dead.fill_(False)
        return LayerStatistics(
            path=self.step.path,
            activation=self.activation,
            units=self.active.numel(),
            maps=len(self.active),
            mean=mean,
            std=max(0.0, self.squares / self.count - mean**2) ** 0.5,
            zeros=self.zeros / self.count,
            dead_units=int(dead.sum()),
            dead_maps=int(dead.all(dim=1).sum()),
            saturated=self.saturated / self.count,
            quantiles=np.quantile(torch.cat(self.samples).numpy(), QUANTILES).astype(np.float32),
        )


def _nonlinearity(step: Step) -> Nonlinearity | None:
    """The row's ReLU or tanh, or None."""
    activation = getattr(step.row, "activation", None)
    return activation if activation in ("relu", "tanh", "scaled_tanh") else None
