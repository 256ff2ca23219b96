"""The training loop: plain PyTorch, step by step. A checkpoint is all that it needs to continue bit for bit.

Random choices depend only on the recipe's seed and the place in the training: the order of the images and their
augmentation on (seed, epoch, image), dropout on (seed, step, process). So there is no random state to save.

On a GPU no step waits for the one before: steps are queued, and what one measured is read when others are queued behind
it, and at the end of an epoch and for a checkpoint.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim.swa_utils import AveragedModel

from striate.data import Batch, Batches, Dataset
from striate.errors import DivergenceError
from striate.nn import Network
from striate.runtime import STEPS_AHEAD, Device, HostCopy, ProcessGroup, works_off_a_queue
from striate.training.averaging import make_average, update_average
from striate.training.callbacks import Epoch, Progress
from striate.training.loss import eval_loss, make_loss, total_loss
from striate.training.metrics import Scores, predict_logits, score
from striate.training.nonfinite import first_nonfinite
from striate.training.optimizer import Optimizer
from striate.training.schedule import learning_rate
from striate.training.step_result import QueuedStepResult, StepResult


@dataclass(frozen=True)
class QueuedStep:
    """A step whose `numbers` are not yet read: the network's own loss, the images classified correctly, the norm of the
    gradients, and the total loss, with that of auxiliary heads."""

    number: int
    images_NCHW: Tensor
    labels: Tensor
    learning_rate: float
    numbers: HostCopy


@dataclass
class TrainState:
    """How far a training is: steps done, this process's sums over the present epoch, and the epochs done.

    On a device that works off a queue the sums lack the last steps, until the epoch ends or a checkpoint is made.
    """

    step: int = 0
    loss: float = 0.0
    correct: int = 0
    images: int = 0
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)


class Trainer:
    """The training of a network by its table's recipe, on one device or as one process of several.

    `run` yields after each epoch; `state_dict` and `load_state_dict` are what a checkpoint holds.

    >>> from striate.data import load_dataset
    >>> from striate.nn import build
    >>> from striate.runtime import find_device
    >>> network = build("lenet5:tiny", seed=0)
    >>> dataset = load_dataset("digits", network.table)
    >>> trainer = Trainer(network, dataset, device=find_device("float32"))
    >>> result = trainer.train_step(next(trainer.batches.epoch(1)))
    >>> result.images, trainer.state.step
    (63, 1)
    """

    def __init__(
        self,
        network: Network,
        dataset: Dataset,
        *,
        device: Device,
        group: ProcessGroup = ProcessGroup(),
        workers: int = 1,
        compiled: bool = False,
    ) -> None:
        self.network = network.to(device.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.table, self.recipe = network.table, network.table.recipe
        self.dataset, self.device, self.group = dataset, device, group
        self.batches = Batches(
            dataset.train,
            self.table,
            workers=workers,
            rank=group.rank,
            world_size=group.world_size,
            device=device.device,
        )
        self.parameters = list(network.parameters())
        self.optimizer = Optimizer(network, self.recipe)
        self.ema: AveragedModel | None = None
        if self.recipe.ema is not None:
            self.ema = make_average(network, self.recipe.ema)
        counts = torch.bincount(dataset.train.labels, minlength=self.table.classes)
        self.loss = make_loss(self.recipe, counts.to(device.device))
        self.head_weights = [head.weight for head in self.table.heads]
        self.model: nn.Module = torch.compile(network) if compiled else network  # type: ignore[assignment]
        if group.world_size > 1:
            self.model = DistributedDataParallel(self.model)
        self.queue: deque[QueuedStep] = deque()
        # On a device that works off a queue: 1 after a step that is not finite, so that none changes a weight.
        self.failed = torch.zeros((), device=device.device) if works_off_a_queue(device.device) else None
        self.state = TrainState()
        self.logits: Tensor | None = None  # of the validation images after the last epoch

    @property
    def evaluated(self) -> Network:
        """The network that is evaluated and saved: the mean of the weights if the recipe has one."""
        return self.network if self.ema is None else cast(Network, self.ema.module)

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done: the recipe's, or the one after which the accuracy has stopped rising."""
        history, patience = self.state.history, self.recipe.patience
        if patience is not None and history and len(history) - best_epoch(history).epoch >= patience:
            return True
        return len(history) >= self.recipe.epochs

    @property
    def between_epochs(self) -> bool:
        """Whether an epoch is done, and no step of the next one."""
        return 0 < self.state.step == len(self.state.history) * self.batches.steps

    @property
    def progress(self) -> Progress:
        """How far the present epoch is, after a step of it; its means lack the steps that are not yet read."""
        if self.queue and not self.state.images:
            self._read_steps(leave=len(self.queue) - 1)  # once an epoch: there is no mean of nothing
        state, epoch_images = self.state, len(self.batches.images)
        epoch = len(state.history) + 1
        images = round((state.step / self.batches.steps - (epoch - 1)) * epoch_images)
        return Progress(
            epoch=epoch,
            images=images,
            epoch_images=epoch_images,
            loss=state.loss / max(1, state.images),
            accuracy=state.correct / max(1, state.images),
            images_per_second=images / state.seconds,
        )

    def run(self, after_step: Callable[[StepResult], None] = lambda _result: None) -> Iterator[Epoch]:
        """Train from the present state to the recipe's last epoch, or until the accuracy has stopped rising.

        `after_step` may save a checkpoint, or raise to end the training. TrainingError as by `train_step`, or if the
        validation loss is not finite.
        """
        while not self.finished:
            epoch = len(self.state.history) + 1
            done = self.state.step - (epoch - 1) * self.batches.steps
            self.model.train()
            started = time.perf_counter() - self.state.seconds
            for batch in self.batches.epoch(epoch, first_step=done):
                result = self.train_step(batch)
                self.state.seconds = time.perf_counter() - started
                after_step(result)
            self._read_steps()
            self.state.seconds = time.perf_counter() - started
            yield self._finish_epoch(epoch)

    def train_step(self, batch: Batch) -> StepResult:
        """One step of the optimizer, on a batch that is this process's part; the network is in training mode.

        TrainingError if the loss or a gradient is not finite; the weights are then those of the step before. Where the
        device works off a queue the error comes a few steps later, and those steps change no weight either.
        """
        state, rate = self.state, self._learning_rate(self.state.step)
        images_NCHW, labels = (part.to(self.device.device, non_blocking=True) for part in (batch.images, batch.labels))
        total, own, logits = self._compute_gradients(state.step, images_NCHW, labels)
        norm = get_total_norm([parameter.grad for parameter in self.parameters if parameter.grad is not None])
        correct = (logits.argmax(dim=1) == labels).sum(dtype=torch.float32)
        numbers = HostCopy(torch.stack([own.detach(), correct, norm, total.detach()]))
        self.queue.append(QueuedStep(state.step, images_NCHW, labels, rate, numbers))
        if self.failed is None:
            self._read_steps()
        else:
            self.failed = torch.maximum(self.failed, (total.detach() + norm).isfinite().logical_not().float())
        if self.recipe.gradient_clip is not None:
            clip_grads_with_norm_(self.parameters, self.recipe.gradient_clip, norm)
        self.optimizer.step(rate, unless=self.failed)
        if self.ema is not None:
            update_average(self.ema, self.network)
        state.step += 1
        self._read_steps(leave=STEPS_AHEAD)
        if self.failed is not None:
            return QueuedStepResult(numbers, len(labels), rate)
        own_value, correct_images, norm_value, _ = numbers.read().tolist()
        return StepResult(own_value, correct_images / len(labels), len(labels), norm_value, rate)

    def _compute_gradients(self, step: int, images_NCHW: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What `total_loss` returns of a batch, and the gradients of the total in the parameters."""
        self.device.manual_seed(_seed(self.recipe.seed, step, self.group.rank))
        with self.device.autocast():
            outputs = self.model(images_NCHW)
        total, own, logits = total_loss(self.loss, outputs, labels, self.head_weights)
        self.optimizer.zero_grad()
        (total * self._gradient_weight(len(labels))).backward()  # type: ignore[no-untyped-call]
        return total, own, logits

    def _read_steps(self, leave: int = 0) -> None:
        """Read the numbers of all steps but the last ones. TrainingError as by `train_step`."""
        while len(self.queue) > leave:
            self._read_step(self.queue.popleft())

    def _read_step(self, step: QueuedStep) -> None:
        state = self.state
        own, correct, norm, total = step.numbers.read().tolist()
        if not math.isfinite(total + norm):
            self._return_to(step)
            raise DivergenceError(
                f"the loss is {total:.4g} and its gradient's norm {norm:.4g} at step {step.number + 1}, learning rate"
                f" {step.learning_rate:.3g}: {first_nonfinite(self.network, step.images_NCHW)}; try a lower learning"
                f" rate"
            )
        state.loss += own * len(step.labels)
        state.correct += int(correct)
        state.images += len(step.labels)

    def _return_to(self, step: QueuedStep) -> None:
        """Take back the steps that were queued after one that failed; they have changed no weight."""
        if self.failed is not None:
            self.queue.clear()
            self.failed.zero_()
            self.state.step = step.number
            self._compute_gradients(step.number, step.images_NCHW, step.labels)

    def evaluated_now(self) -> Network:
        """`evaluated`, when all steps are read. TrainingError as by `train_step`."""
        self._read_steps()
        return self.evaluated

    def evaluate(self) -> Tensor:
        """Logits (N, classes) of the validation images, in order, the same on every process."""
        for buffer in self.evaluated.buffers():  # the running means of batch normalization differ between processes
            self.group.broadcast(buffer)
        return predict_logits(
            self.evaluated, self.dataset.validation, self.device, self.group, workers=self.batches.workers
        )

    def scores(self, logits: Tensor) -> Scores:
        """Scores of these logits (N, classes) of the validation images."""
        return score(logits, self.dataset.validation.labels, eval_loss(self.recipe))

    def state_dict(self) -> dict[str, Any]:
        """All that a checkpoint holds. Every process must call it at the same step, for the sums over them."""
        loss, correct, images = self._epoch_sums()
        state = replace(self.state, loss=loss, correct=int(correct), images=int(images))
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": None if self.ema is None else self.ema.state_dict(),
            "position": asdict(state),
        }

    def load_state_dict(self, checkpoint: dict[str, Any]) -> None:
        """Continue from a checkpoint, with as many processes as there are now: the first takes the sums."""
        self.network.load_state_dict(checkpoint["network"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        if self.ema is not None:
            self.ema.load_state_dict(checkpoint["ema"])
        history = [Epoch(**epoch) for epoch in checkpoint["position"]["history"]]
        state = TrainState(**{**checkpoint["position"], "history": history})
        self.queue.clear()
        self.state = state if self.group.is_first else replace(state, loss=0.0, correct=0, images=0)

    def _learning_rate(self, step: int) -> float:
        accuracies = [epoch.test_accuracy for epoch in self.state.history]
        return learning_rate(self.recipe, step, self.batches.steps, accuracies)

    def _gradient_weight(self, images: int) -> float:
        """The weight of this process's mean loss: gradients are averaged over processes, whose batches may differ."""
        if self.group.world_size == 1:
            return 1.0
        total = self.group.all_sum(torch.tensor(float(images)))
        return images * self.group.world_size / total.item()

    def _finish_epoch(self, number: int) -> Epoch:
        state = self.state
        loss, correct, images = self._epoch_sums()
        self.logits = self.evaluate()
        scores = self.scores(self.logits)
        if not math.isfinite(scores.loss):
            raise DivergenceError(
                f"the validation loss is {scores.loss} after epoch {number}: try a lower learning rate"
            )
        epoch = Epoch(
            epoch=number,
            train_loss=loss / images,
            train_accuracy=correct / images,
            test_loss=scores.loss,
            test_accuracy=scores.top1,
            learning_rate=self._learning_rate(state.step - 1),
            images_per_second=images / state.seconds,
            seconds=state.seconds,
        )
        self.state = TrainState(step=state.step, history=[*state.history, epoch])
        return epoch

    def _epoch_sums(self) -> list[float]:
        """Loss, correct predictions and images of the present epoch, summed over all processes."""
        self._read_steps()
        sums = torch.tensor([self.state.loss, self.state.correct, self.state.images], dtype=torch.float64)
        return self.group.all_sum(sums).tolist()


def best_epoch(history: list[Epoch]) -> Epoch:
    """The first epoch with the highest validation accuracy."""
    return max(history, key=lambda epoch: (epoch.test_accuracy, -epoch.epoch))


def _seed(seed: int, step: int, rank: int) -> int:
    """A seed for a step, far from those of its neighbours, of other processes and of other runs."""
    return ((seed * 1_000_003 + step) * 1009 + rank) % 2**63
