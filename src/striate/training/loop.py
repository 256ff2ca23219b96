"""The training loop: plain PyTorch, one epoch at a time, the whole set in memory as uint8.

What is drawn is a function of the recipe's seed and the epoch: two runs of one recipe see the same batches.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.data.datasets import ImageSet
from striate.data.preprocess import normalize
from striate.errors import TrainingError
from striate.tables import Preprocessing, Recipe
from striate.training.loss import LOSSES
from striate.training.metrics import evaluate


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


def epochs(
    network: nn.Module,
    train: ImageSet,
    test: ImageSet,
    preprocessing: Preprocessing,
    recipe: Recipe,
    on_step: Callable[[Progress], None],
) -> Iterator[Epoch]:
    """Train the network in place, yielding after each epoch. Images have the input's size already.

    Seeds torch's global generator at each epoch, and has the CPU flush denormal numbers from here on.

    TrainingError if the loss stops being finite; the weights are then those of the step before.
    """
    torch.set_flush_denormal(True)  # late in training tiny numbers would slow the CPU down many times
    network.to(memory_format=torch.channels_last)  # a quarter faster on a CPU
    optimizer = _optimizer(network, recipe)
    for epoch in range(1, recipe.epochs + 1):
        started = time.perf_counter()
        trained = _train_epoch(network, train, preprocessing, recipe, optimizer, epoch, on_step)
        seconds = time.perf_counter() - started
        held_out = evaluate(network, test, preprocessing, LOSSES[recipe.loss])
        if not math.isfinite(held_out.loss):
            raise TrainingError(f"the held-out loss is {held_out.loss} after epoch {epoch}: try a lower learning rate")
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
    network: nn.Module,
    train: ImageSet,
    preprocessing: Preprocessing,
    recipe: Recipe,
    optimizer: torch.optim.Optimizer,
    epoch: int,
    on_step: Callable[[Progress], None],
) -> Progress:
    """Every image once; the progress after the last step."""
    network.train()
    torch.manual_seed(_seed(recipe.seed, epoch))  # dropout draws from torch's own generator
    steps = math.ceil(len(train.labels) / recipe.batch_size)
    started = time.perf_counter()
    total_loss, correct, images = 0.0, 0, 0
    for number, batch in enumerate(_batches(len(train.labels), steps, recipe.seed, epoch), (epoch - 1) * steps):
        rate = learning_rate(recipe, number, steps * recipe.epochs)
        for group in optimizer.param_groups:
            group["lr"] = rate
        labels = train.labels[batch]
        logits = network(normalize(train.images_NCHW[batch], preprocessing))
        loss = LOSSES[recipe.loss](logits, labels)
        if not math.isfinite(value := loss.item()):
            raise TrainingError(f"the loss is {value} at step {number + 1}, learning rate {rate:.3g}: try a lower one")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total_loss += value * len(batch)
        correct += int((logits.argmax(dim=1) == labels).sum())
        images += len(batch)
        speed = images / (time.perf_counter() - started)
        progress = Progress(epoch, images, len(train.labels), total_loss / images, correct / images, speed)
        on_step(progress)
    return progress


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The learning rate of a step (counted from 0) out of `steps`.

    "one_cycle" climbs in a straight line from a 25th of the recipe's rate over the first fifth of the steps, then
    falls to zero along a cosine. Source: Smith and Topin, "Super-Convergence", 2017.

        >>> [round(learning_rate(Recipe(learning_rate=1.0), step, 101), 3) for step in (0, 20, 60, 100)]
        [0.04, 1.0, 0.5, 0.0]
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    last = max(1, steps - 1)
    climb = last / 5
    if step < climb:
        return recipe.learning_rate * (1 + 24 * step / climb) / 25
    return recipe.learning_rate * (1 + math.cos(math.pi * (step - climb) / (last - climb))) / 2


def _optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Weight decay acts on weights of two dimensions and more: not on biases and batch normalization."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, fused=True)
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)


def _batches(images: int, steps: int, seed: int, epoch: int) -> tuple[Tensor, ...]:
    """Every image once, shuffled by (seed, epoch), in batches that differ by one image at most."""
    generator = torch.Generator().manual_seed(_seed(seed, epoch))
    return torch.randperm(images, generator=generator).tensor_split(steps)


def _seed(seed: int, epoch: int) -> int:
    """A seed for an epoch, far from those of its neighbours and of other runs."""
    return (seed * 1_000_003 + epoch) % 2**63
