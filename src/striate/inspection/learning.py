"""How the gradient at each layer changes while a network learns: the table's own training, looked on.

The steps are those of `striate.training.Trainer`, to the last bit; between them this reads gradients and weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data import Dataset
from striate.errors import TrainingError
from striate.inspection.gradient_flow import GradientFlow, depths, layer_gradients
from striate.nn import Network, build
from striate.runtime import Device
from striate.tables import Table
from striate.training import StepResult, Trainer, adapt_to_dataset

STEPS = (0, 1, 5, 15, 35)
"""When it is measured: 36 steps are three epochs of digits in batches of 128."""


@dataclass(frozen=True)
class Moment:
    """What a step down the gradient found and did, `step` steps after the first weights.

    `flow` holds the gradient, as the optimizer got it, and the weights before the step; `updates` (layers,) are the
    norms of what the step changed over the norms of the weights.
    """

    step: int
    flow: GradientFlow
    updates: NDArray[np.float64]


@dataclass(frozen=True)
class Learning:
    """A training's first steps: the loss and the share that was right of each batch, before the step, (steps,).

    `network` is what they made of the first weights, in training mode.
    """

    table: Table
    dataset: str
    losses: NDArray[np.float64]
    accuracies: NDArray[np.float64]
    moments: tuple[Moment, ...]
    network: Network


class _Enough(Exception):  # noqa: N818, no error
    """The last step that is measured is done."""


def measure_learning(
    table: Table,
    dataset: Dataset,
    *,
    steps: Sequence[int] = STEPS,
    seed: int = 0,
    on_step: Callable[[int, int], None] = lambda _done, _all: None,
) -> Learning:
    """Train a table by its own recipe, and measure after each of `steps` (0: the first weights) what comes next.

    On the CPU, in single precision; nothing is written, and torch's global generator is left as it was. `seed` draws
    the first weights and the batches; `on_step` is told how many of how many steps are done. TrainingError if the
    training fails, or its recipe ends before the last of the steps; DataError and TableError for what cannot be
    trained.

    plain20 and resnet20 on digits take a second or two a step on one core.
    """
    wanted = sorted(set(steps))
    if not wanted or wanted[0] < 0:
        raise TrainingError(f"steps must be counted from 0, the first weights: {list(steps)}")
    table = replace(table, recipe=replace(table.recipe, seed=seed))
    table = adapt_to_dataset(table, dataset, world_size=1)
    device = Device(torch.device("cpu"), "float32")
    with torch.random.fork_rng(devices=[]):
        trainer = Trainer(build(table, seed=seed), dataset, device=device)
        if wanted[-1] >= (last := trainer.batches.steps * table.recipe.epochs):
            raise TrainingError(f"table {table.name}: its recipe has {last} steps, after which none is measured")
        recorder = _Recorder(trainer, wanted, on_step)
        try:
            for _epoch in trainer.run(recorder.after_step):
                pass
        except _Enough:
            pass
    return Learning(
        table,
        dataset.name,
        np.array(recorder.losses),
        np.array(recorder.accuracies),
        tuple(recorder.moments),
        trainer.network,
    )


class _Recorder:
    """Reads a trainer after each of its steps; it holds a copy of the layers' weights from before a measured one."""

    def __init__(self, trainer: Trainer, wanted: Sequence[int], on_step: Callable[[int, int], None]) -> None:
        self.trainer, self.wanted, self.on_step = trainer, wanted, on_step
        self.losses: list[float] = []
        self.accuracies: list[float] = []
        self.moments: list[Moment] = []
        self._remember()

    def after_step(self, result: StepResult) -> None:
        """Note the batch's loss; the gradients too if this step was to be measured; raise `_Enough` after the last."""
        self.losses.append(result.loss)
        self.accuracies.append(result.accuracy)
        done = self.trainer.state.step
        if done - 1 in self.wanted:
            self.moments.append(self._moment(done - 1))
        self.on_step(done, self.wanted[-1] + 1)
        if done > self.wanted[-1]:
            raise _Enough
        self._remember()

    def _weight(self, path: str) -> Tensor:
        weight: Tensor = self.trainer.network.get_parameter(f"{path}.weight")
        return weight.detach()

    def _remember(self) -> None:
        """Keep the weights as they are, if the next step is to be measured."""
        if self.trainer.state.step in self.wanted:
            self.weights = {path: self._weight(path).clone() for path in depths(self.trainer.network.plan)}

    def _moment(self, step: int) -> Moment:
        found = layer_gradients(self.trainer.network)
        layers = tuple(replace(layer, weights=self.weights[layer.path].norm().item()) for layer in found)
        changes = [(self._weight(layer.path) - self.weights[layer.path]).norm().item() for layer in layers]
        updates = np.array(changes) / [layer.weights for layer in layers]
        return Moment(step, GradientFlow(self.trainer.network.plan, self.losses[-1], layers), updates)
