"""The training loop: plain PyTorch, one epoch at a time, the whole set in memory as uint8.

What is drawn is a function of the recipe's seed and the epoch: two runs of one recipe see the same batches.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.data.augment import Augmenter, draw_seed
from striate.data.datasets import ImageSet
from striate.data.preprocess import normalize
from striate.errors import TrainingError
from striate.nn.build import Network
from striate.training.loss import LOSSES, with_heads
from striate.training.metrics import evaluate
from striate.training.schedule import learning_rate, make_optimizer


@dataclass(frozen=True)
class Progress:
    """After a step: how far the epoch is, `images` of `epoch_images`, and the means over it so far."""

    epoch: int
    images: int
    epoch_images: int
    loss: float
    accuracy: float
    images_per_second: float


@dataclass(frozen=True)
class Epoch:
    """After an epoch (counted from 1): means over its training images, and the held-out set's scores."""

    epoch: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    learning_rate: float
    images_per_second: float
    seconds: float


def epochs(network: Network, train: ImageSet, test: ImageSet, on_step: Callable[[Progress], None]) -> Iterator[Epoch]:
    """Train the network in place by its table's recipe, yielding after each epoch.

    Training images are `training_pictures`, those held out have the input's size.

    Seeds torch's global generator at each epoch, and has the CPU flush denormal numbers from here on.

    TrainingError if the loss stops being finite; the weights are then those of the step before.
    """
    torch.set_flush_denormal(True)  # late in training tiny numbers would slow the CPU down many times
    network.to(memory_format=torch.channels_last)  # a quarter faster on a CPU
    table, recipe = network.table, network.table.recipe
    optimizer, augmenter = make_optimizer(network, recipe), Augmenter(table, train.images_NCHW)
    accuracies: list[float] = []
    for epoch in range(1, recipe.epochs + 1):
        started = time.perf_counter()
        trained = _train_epoch(network, augmenter, train.labels, optimizer, epoch, accuracies, on_step)
        seconds = time.perf_counter() - started
        held_out = evaluate(network, test, table.preprocessing, LOSSES[recipe.loss])
        if not math.isfinite(held_out.loss):
            raise TrainingError(f"the held-out loss is {held_out.loss} after epoch {epoch}: try a lower learning rate")
        accuracies.append(held_out.top1)
        yield Epoch(
            epoch=epoch,
            train_loss=trained.loss,
            train_accuracy=trained.accuracy,
            test_loss=held_out.loss,
            test_accuracy=held_out.top1,
            learning_rate=optimizer.param_groups[0]["lr"],
            images_per_second=trained.images / seconds,
            seconds=seconds,
        )


def _train_epoch(
    network: Network,
    augmenter: Augmenter,
    all_labels: Tensor,
    optimizer: torch.optim.Optimizer,
    epoch: int,
    accuracies: Sequence[float],
    on_step: Callable[[Progress], None],
) -> Progress:
    """Every image once; the progress after the last step."""
    network.train()
    table, recipe = network.table, network.table.recipe
    weights = [head.weight for head in table.heads]
    torch.manual_seed(draw_seed(recipe.seed, epoch, "order"))  # dropout draws from torch's own generator
    steps = math.ceil(len(all_labels) / recipe.batch_size)
    started = time.perf_counter()
    total_loss, correct, images = 0.0, 0, 0
    for number, batch in enumerate(_batches(len(all_labels), steps, recipe.seed, epoch), (epoch - 1) * steps):
        rate = learning_rate(recipe, number, steps, accuracies)
        for group in optimizer.param_groups:
            group["lr"] = rate
        labels = all_labels[batch]
        outputs = network(normalize(augmenter(batch, epoch), table.preprocessing))
        loss, own, logits = with_heads(LOSSES[recipe.loss], outputs, labels, weights)
        if not math.isfinite(value := loss.item()):
            raise TrainingError(f"the loss is {value} at step {number + 1}, learning rate {rate:.3g}: try a lower one")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total_loss += own.item() * len(batch)
        correct += int((logits.argmax(dim=1) == labels).sum())
        images += len(batch)
        speed = images / (time.perf_counter() - started)
        progress = Progress(epoch, images, len(all_labels), total_loss / images, correct / images, speed)
        on_step(progress)
    return progress


def _batches(images: int, steps: int, seed: int, epoch: int) -> tuple[Tensor, ...]:
    """Every image once, shuffled by (seed, epoch), in batches that differ by one image at most."""
    generator = torch.Generator().manual_seed(draw_seed(seed, epoch, "order"))
    return torch.randperm(images, generator=generator).tensor_split(steps)
