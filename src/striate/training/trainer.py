"""The training loop: plain PyTorch, step by step. A checkpoint is all that it needs to go on bit for bit.

What is drawn is a function of the recipe's seed and of the place in the training alone: the order of the images and
their augmentation of (seed, epoch, image), dropout of (seed, step, process). So there is no random state to keep.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from striate.data import Batch, Batches, ImageSet
from striate.errors import TrainingError
from striate.nn import Network
from striate.runtime import Device, ProcessGroup
from striate.training.callbacks import Epoch, Progress
from striate.training.loss import eval_loss, make_loss, total_loss
from striate.training.metrics import Scores, predict_logits, score
from striate.training.nonfinite import first_nonfinite
from striate.training.optimizer import Optimizer
from striate.training.schedule import learning_rate


@dataclass
class TrainState:
    """Where a training stands: steps done, this process's sums over the epoch so far, and the epochs before."""

    step: int = 0
    loss: float = 0.0
    correct: int = 0
    images: int = 0
    seconds: float = 0.0
    history: list[Epoch] = field(default_factory=list)


class Trainer:
    """One training of a network on one machine or as one process of several.

    `run` yields after each epoch; `state_dict` and `load_state_dict` are what a checkpoint holds. TrainingError if
    a loss or gradient stops being finite; the weights are then those of the step before.
    """

    def __init__(
        self,
        network: Network,
        train: ImageSet,
        validation: ImageSet,
        *,
        device: Device,
        group: ProcessGroup = ProcessGroup(),
        workers: int = 1,
        compiled: bool = False,
        on_step: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self.network = network.to(device.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.table, self.recipe = network.table, network.table.recipe
        self.validation, self.device, self.group, self.on_step = validation, device, group, on_step
        self.batches = Batches(train, self.table, workers=workers, rank=group.rank, world_size=group.world_size)
        self.parameters = list(network.parameters())
        self.optimizer = Optimizer(network, self.recipe)
        self.ema: AveragedModel | None = None
        if self.recipe.ema is not None:
            average = get_ema_multi_avg_fn(self.recipe.ema)  # type: ignore[no-untyped-call]
            self.ema = AveragedModel(network, multi_avg_fn=average, use_buffers=True)
        counts = torch.bincount(train.labels, minlength=self.table.classes)
        self.loss = make_loss(self.recipe, counts.to(device.device))
        self.weights = [head.weight for head in self.table.heads]
        self.model: nn.Module = torch.compile(network) if compiled else network  # type: ignore[assignment]
        if group.world_size > 1:
            self.model = DistributedDataParallel(self.model)
        self.position = TrainState()
        self.logits: Tensor | None = None  # of the held-out images after the last epoch

    @property
    def evaluated(self) -> Network:
        """The network that is evaluated and kept: the mean of the weights if the recipe has one."""
        return self.network if self.ema is None else cast(Network, self.ema.module)

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done: the recipe's, or the one after which the accuracy has stopped rising."""
        history, patience = self.position.history, self.recipe.patience
        if patience is not None and history and len(history) - best_epoch(history).epoch >= patience:
            return True
        return len(history) >= self.recipe.epochs

    def run(self, after_step: Callable[[], None] = lambda: None) -> Iterator[Epoch]:
        """Train from where the position stands to the recipe's last epoch, or until the accuracy has stopped rising.

        `after_step` may save a checkpoint, or raise to end the training.
        """
        while not self.finished:
            number = len(self.position.history) + 1
            done = self.position.step - (number - 1) * self.batches.steps
            self.model.train()
            started = time.perf_counter() - self.position.seconds
            for batch in self.batches.epoch(number, first_step=done):
                self._step(batch)
                self.position.seconds = time.perf_counter() - started
                self._report(number)
                after_step()
            yield self._finish_epoch(number)

    def _rate(self, step: int) -> float:
        accuracies = [epoch.test_accuracy for epoch in self.position.history]
        return learning_rate(self.recipe, step, self.batches.steps, accuracies)

    def _step(self, batch: Batch) -> None:
        """One step down the gradient."""
        position, rate = self.position, self._rate(self.position.step)
        self.device.seed(_seed(self.recipe.seed, position.step, self.group.rank))
        images, labels = (part.to(self.device.device, non_blocking=True) for part in (batch.images, batch.labels))
        with self.device.autocast():
            outputs = self.model(images)
        loss, own, logits = total_loss(self.loss, outputs, labels, self.weights)
        self.optimizer.zero_grad()
        (loss * self._share(len(labels))).backward()  # type: ignore[no-untyped-call]
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        norm = get_total_norm(gradients)
        right = (logits.argmax(dim=1) == labels).sum(dtype=torch.float32)
        # One transfer for all that is looked at, since a GPU waits for each.
        loss_now, own_now, norm_now, right_now = torch.stack([loss.detach(), own.detach(), norm, right]).tolist()
        if not math.isfinite(loss_now + norm_now):
            raise TrainingError(
                f"the loss is {loss_now:.4g} and its gradient's norm {norm_now:.4g} at step {position.step + 1},"
                f" learning rate {rate:.3g}: {first_nonfinite(self.network, images)}; try a lower learning rate"
            )
        if self.recipe.gradient_clip is not None:
            clip_grads_with_norm_(self.parameters, self.recipe.gradient_clip, norm)
        self.optimizer.step(rate)
        if self.ema is not None:
            self.ema.update_parameters(self.network)
        position.step += 1
        position.loss += own_now * len(labels)
        position.correct += int(right_now)
        position.images += len(labels)

    def _share(self, images: int) -> float:
        """What this process's mean counts for: processes' gradients are averaged, and their batches may differ."""
        if self.group.world_size == 1:
            return 1.0
        everywhere = self.group.sum(torch.tensor(float(images)))
        return images * self.group.world_size / everywhere.item()

    def _report(self, number: int) -> None:
        here, everywhere = self.position, len(self.batches.images.labels)
        done = here.step / self.batches.steps - (number - 1)
        images = round(done * everywhere)
        self.on_step(
            Progress(
                epoch=number,
                images=images,
                epoch_images=everywhere,
                loss=here.loss / max(1, here.images),
                accuracy=here.correct / max(1, here.images),
                images_per_second=images / here.seconds,
            )
        )

    def _finish_epoch(self, number: int) -> Epoch:
        here = self.position
        loss, correct, images = self._sums()
        self.logits = self.evaluate()
        scores = self.scores(self.logits)
        if not math.isfinite(scores.loss):
            raise TrainingError(f"the held-out loss is {scores.loss} after epoch {number}: try a lower learning rate")
        epoch = Epoch(
            epoch=number,
            train_loss=loss / images,
            train_accuracy=correct / images,
            test_loss=scores.loss,
            test_accuracy=scores.top1,
            learning_rate=self._rate(here.step - 1),
            images_per_second=images / here.seconds,
            seconds=here.seconds,
        )
        self.position = TrainState(step=here.step, history=[*here.history, epoch])
        return epoch

    def _sums(self) -> list[float]:
        """Loss, correct answers and images of the epoch so far, over all processes."""
        here = self.position
        sums = torch.tensor([here.loss, here.correct, here.images], dtype=torch.float64)
        return self.group.sum(sums).tolist()

    def evaluate(self) -> Tensor:
        """Logits (N, classes) of the held-out images, in order, the same on every process."""
        for buffer in self.evaluated.buffers():  # each process has running means of its own since the last step
            self.group.broadcast(buffer)
        return predict_logits(self.evaluated, self.validation, self.device, self.group)

    def scores(self, logits: Tensor) -> Scores:
        """Scores of these logits of the held-out images."""
        return score(logits, self.validation.labels, eval_loss(self.recipe))

    def state_dict(self) -> dict[str, Any]:
        """All that a checkpoint holds. Every process must ask for it at once, for the sums over them."""
        loss, correct, images = self._sums()
        position = replace(self.position, loss=loss, correct=int(correct), images=int(images))
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": None if self.ema is None else self.ema.state_dict(),
            "position": asdict(position),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Stand where the checkpoint stood, with as many processes as there are now: the first takes the sums."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        position = TrainState(**{**state["position"], "history": [Epoch(**e) for e in state["position"]["history"]]})
        self.position = position if self.group.is_first else replace(position, loss=0.0, correct=0, images=0)


def best_epoch(history: list[Epoch]) -> Epoch:
    """The first epoch of the highest held-out accuracy."""
    return max(history, key=lambda epoch: (epoch.test_accuracy, -epoch.epoch))


def _seed(seed: int, step: int, rank: int) -> int:
    """A seed for a step, far from those of its neighbours, of other processes and of other runs."""
    return ((seed * 1_000_003 + step) * 1009 + rank) % 2**63
