"""How the gradient at each layer changes during training.

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
from striate.inspection.gradient_flow import GradientFlow, layer_depths, layer_gradients
from striate.nn import Network, build
from striate.runtime import find_device
from striate.tables import Table
from striate.training import StepResult, Trainer, adapt_to_dataset

STEPS = (0, 1, 5, 15, 35)
"""The steps that are measured: 36 steps are three epochs of digits in batches of 128."""


@dataclass(frozen=True)
class GradientSnapshot:
    """The gradient and the update of the training step after `step` steps.

    `flow` has the gradient as the optimizer got it, and the weights before the step; `updates` (layers,) are the norms
    of the updates divided by the norms of the weights.
    """

    step: int
    flow: GradientFlow
    updates: NDArray[np.float64]


@dataclass(frozen=True)
class LearningRecord:
    """The first steps of a training: the loss and the accuracy of each batch, before its step, (steps,).

    `network` is the network after them, in training mode.
    """

    table: Table
    dataset: str
    losses: NDArray[np.float64]
    accuracies: NDArray[np.float64]
    snapshots: tuple[GradientSnapshot, ...]
    network: Network


class _LastStepDone(Exception):  # noqa: N818, no error
    """Raised after the last measured step, to end the training."""


def measure_learning(
    table: Table,
    dataset: Dataset,
    *,
    steps: Sequence[int] = STEPS,
    seed: int = 0,
    device: str | None = "cpu",
    on_step: Callable[[int, int], None] = lambda _done, _all: None,
) -> LearningRecord:
    """Train a table by its own recipe, and measure the gradient after each of `steps` (0: at initialization).

    In single precision; nothing is written, and torch's global generator is restored. `seed` is that of the
    initialization and of the batches, `device` a name as of `find_device`; the trained network stays on it.
    `on_step(done, total)` is called after each step. TrainingError if the training
    fails, or if its recipe ends before the last of the steps; DataError and TableError as from training.

    plain20 and resnet20 on digits take a second or two a step on one core.
    """
    measured_steps = sorted(set(steps))
    if not measured_steps or measured_steps[0] < 0:
        raise TrainingError(f"steps must be counted from 0, the initialization: {list(steps)}")
    table = replace(table, recipe=replace(table.recipe, seed=seed))
    plan = adapt_to_dataset(table, dataset)
    found = find_device("float32", device=device)
    with torch.random.fork_rng(devices=[]):
        trainer = Trainer(build(plan, seed=seed), dataset, device=found)
        if measured_steps[-1] >= (last := trainer.batches.steps * table.recipe.epochs):
            raise TrainingError(f"table {table.name}: its recipe has {last} steps, after which none is measured")
        recorder = _Recorder(trainer, measured_steps, on_step)
        try:
            for _epoch in trainer.run(recorder.after_step):
                pass
        except _LastStepDone:
            pass
    return LearningRecord(
        plan.table,
        dataset.name,
        np.array(recorder.losses),
        np.array(recorder.accuracies),
        tuple(recorder.snapshots),
        trainer.network,
    )


class _Recorder:
    """Reads a trainer after each of its steps; it holds a copy of the layers' weights from before a measured one."""

    def __init__(self, trainer: Trainer, measured_steps: Sequence[int], on_step: Callable[[int, int], None]) -> None:
        self.trainer, self.measured_steps, self.on_step = trainer, measured_steps, on_step
        self.losses: list[float] = []
        self.accuracies: list[float] = []
        self.snapshots: list[GradientSnapshot] = []
        self._copy_weights()

    def after_step(self, result: StepResult) -> None:
        """Record the batch's loss, and the gradients of a measured step; raise `_LastStepDone` after the last."""
        self.losses.append(result.loss)
        self.accuracies.append(result.accuracy)
        done = self.trainer.state.step
        if done - 1 in self.measured_steps:
            self.snapshots.append(self._snapshot(done - 1))
        self.on_step(done, self.measured_steps[-1] + 1)
        if done > self.measured_steps[-1]:
            raise _LastStepDone
        self._copy_weights()

    def _weight(self, path: str) -> Tensor:
        weight: Tensor = self.trainer.network.get_parameter(f"{path}.weight")
        return weight.detach()

    def _copy_weights(self) -> None:
        """Keep the weights as they are, if the next step is to be measured."""
        if self.trainer.state.step in self.measured_steps:
            self.weights = {path: self._weight(path).clone() for path in layer_depths(self.trainer.network.plan)}

    def _snapshot(self, step: int) -> GradientSnapshot:
        gradients = layer_gradients(self.trainer.network)
        layers = tuple(replace(layer, weights=self.weights[layer.path].norm().item()) for layer in gradients)
        changes = [(self._weight(layer.path) - self.weights[layer.path]).norm().item() for layer in layers]
        updates = np.array(changes) / [layer.weights for layer in layers]
        return GradientSnapshot(step, GradientFlow(self.trainer.network.plan, self.losses[-1], layers), updates)
