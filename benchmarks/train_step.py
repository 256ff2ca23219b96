"""A training step at 224 pixels: Striate's trainer with its defaults against torchvision's networks in a plain loop.

    python benchmarks/train_step.py [--rounds 5] [--steps 4] [NETWORK...]

Batches of 16 random images, in memory as floats. Ours is `Trainer.train_step`, as `striate train` calls it, with a
table's own recipe: channels last, bfloat16 where the CPU has instructions for it, a fused optimizer, denormals flushed.
The peer is the usual loop: float32, contiguous, SGD with its defaults. Each side has a process and all cores; they take
turns.

Goals, how many times faster: where the CPU has bfloat16 instructions a geometric mean of at least 2.2, and no network
below 1.4; elsewhere no network below 0.97.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import numpy as np
import torch
import torchvision
from processes import machine, spread
from sides import Step, ask, started
from torch.nn.functional import cross_entropy

from striate.data import ArrayPictures, Batch, Dataset, ImageSet
from striate.nn import build, relu_after_pooling
from striate.runtime import Device, has_fast_bfloat16, keep_freed_memory, set_threads
from striate.tables import load_table
from striate.training import Trainer

NETWORKS = ("resnet18", "resnet50", "alexnet", "googlenet")
BATCH_SIZE, SIDE, CLASSES = 16, 224, 1000
WARM_UP = 2  # steps before the first that counts
GOAL_MEAN, GOAL_EACH, GOAL_WITHOUT_BFLOAT16 = 2.2, 1.4, 0.97

CPU = torch.device("cpu")


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)} (all)")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds, each side in turn (5)")
    parser.add_argument("--steps", type=int, default=4, help="steps of a side in a round (4)")
    options = parser.parse_args()
    if unknown := set(options.networks) - set(NETWORKS):
        parser.error(f"no such network: {', '.join(sorted(unknown))}")
    fast = has_fast_bfloat16(CPU)
    load_average = " ".join(f"{load:.2f}" for load in os.getloadavg())
    print(f"{machine('torch', 'torchvision')}; bfloat16 instructions: {'yes' if fast else 'no'}; load {load_average}")
    print(f"{options.rounds} rounds of {options.steps} steps each, in turn; batch {BATCH_SIZE}; median (min to max)")
    print(f"{'network':<10} {'striate, ms a step':<26} {'torchvision, ms a step':<26} times faster", flush=True)
    medians = []
    for name in options.networks or NETWORKS:
        ours, theirs = in_turn(name, options.rounds, options.steps)
        ratios = [peer / mine for mine, peer in zip(ours, theirs, strict=True)]
        medians.append(statistics.median(ratios))
        print(f"{name:<10} {spread(ours, 0):<26} {spread(theirs, 0):<26} {spread(ratios, 2)}", flush=True)
    if not reaches_goal(medians, fast):
        sys.exit("a goal was missed")


def reaches_goal(ratios: list[float], fast: bool) -> bool:
    """Print what all networks come to and this machine's goal, and say whether it is met."""
    mean, least = statistics.geometric_mean(ratios), min(ratios)
    goal = f"{GOAL_MEAN}, {GOAL_EACH} each" if fast else f"{GOAL_WITHOUT_BFLOAT16} each, without bfloat16 instructions"
    print(f"geometric mean {mean:.2f}, the least {least:.2f}; goal {goal}")
    return mean >= GOAL_MEAN and least >= GOAL_EACH if fast else least >= GOAL_WITHOUT_BFLOAT16


def in_turn(name: str, rounds: int, steps: int) -> tuple[list[float], list[float]]:
    """Milliseconds a step of each round (ours, theirs). Denormals are a process's own matter, hence one for each."""
    with ExitStack() as stack:
        ours, theirs = (stack.enter_context(started(side, name)) for side in (our_step, their_step))
        for side in (ours, theirs):
            ask(side, WARM_UP)
        pairs = [(ask(ours, steps), ask(theirs, steps)) for _ in range(rounds)]
    return [mine for mine, _ in pairs], [other for _, other in pairs]


@contextmanager
def our_step(name: str) -> Iterator[Step]:
    """The trainer's own step."""
    table = load_table(f"{name}:torchvision")
    # The rate is the peer's: the recipe's own suits its larger batches, and diverges on one batch of noise.
    table = replace(table, recipe=replace(table.recipe, batch_size=BATCH_SIZE, learning_rate=1e-3))
    set_threads(local_world_size=1)
    keep_freed_memory()
    images, labels = batch()
    # The trainer takes its batches from pictures, which are not measured here; it counts them for its schedule.
    picture = ImageSet(ArrayPictures(np.zeros((1, SIDE, SIDE, 3), np.uint8)), torch.zeros(1, dtype=torch.int64))
    pictures = picture.subset([0] * BATCH_SIZE * 1000)
    device = Device(CPU, "bfloat16" if has_fast_bfloat16(CPU) else "float32")
    dataset = Dataset("noise", "drawn", tuple(map(str, range(CLASSES))), pictures, pictures)
    trainer = Trainer(build(table, seed=0), dataset, device=device)
    prepared = Batch(images.contiguous(memory_format=torch.channels_last), labels, torch.arange(BATCH_SIZE))
    with relu_after_pooling(trainer.network):
        yield lambda: trainer.train_step(prepared)


@contextmanager
def their_step(name: str) -> Iterator[Step]:
    """The usual loop around torchvision's network."""
    heads = {"aux_logits": True, "init_weights": True} if name == "googlenet" else {}
    network = torchvision.models.get_model(name, weights=None, **heads).train()
    optimizer = torch.optim.SGD(network.parameters())
    images, labels = batch()

    def step() -> None:
        outputs = network(images)
        if name == "googlenet":
            loss = cross_entropy(outputs.logits, labels)
            loss = loss + 0.3 * (
                cross_entropy(outputs.aux_logits1, labels) + cross_entropy(outputs.aux_logits2, labels)
            )
        else:
            loss = cross_entropy(outputs, labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    yield step


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Noise (N, 3, height, width) and labels (N,), always the same."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(BATCH_SIZE, 3, SIDE, SIDE, generator=generator)
    return images, torch.randint(CLASSES, (BATCH_SIZE,), generator=generator)


if __name__ == "__main__":
    main()
