"""Training small networks on pictures of 32x32: `striate train`'s own loop against plain loops by hand.

    python benchmarks/small_nets.py [--rounds 7] [--steps 20] [--pictures 6400] [--data DIR] [NETWORK...]

Ours is the trainer as `striate train` runs it, on a folder of JPEG, with the network's own recipe: batches of 128,
shifted and flipped. What is counted is a steady state, from a batch's preparation by the trainer's thread to the update
of the weights: not the first pass, which decodes the pictures into a pack, nor the validation after each epoch, nor the
steps that begin a turn, whose batches were prepared while others were measured.

The peers are plain PyTorch, with the pictures in memory as bytes, and the same augmentation, loss and optimizer:

- "by hand": channels last, autocast to bfloat16 where the CPU has instructions for it, a fused optimizer, denormals
  flushed;
- "eager": the usual loop, float32, contiguous, torch's defaults.

Both augment a batch by a few operations on all of it. Each side has a process and all cores; they take turns.

Goals, in images a second: 1.2 times the loop by hand where the CPU has bfloat16 instructions; elsewhere 1.0 times the
better of the two.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from processes import machine, spread
from sides import Step, ask, started
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data import Batch, DataOptions, Dataset, load_dataset
from striate.nn import build, relu_after_pooling
from striate.runtime import find_device, has_fast_bfloat16, keep_freed_memory, set_threads
from striate.tables import SGD, HorizontalFlip, RandomTranslation, Table, load_table
from striate.training import Trainer

BATCH_SIZE, SIDE, CLASSES = 128, 32, 10
WARM_UP = 4  # steps before the first that counts
BEGIN = 3  # steps at the beginning of a turn that do not count: our thread has prepared two batches meanwhile
GOAL_BY_HAND, GOAL_WITHOUT_BFLOAT16 = 1.2, 1.0

CPU = torch.device("cpu")


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(PEERS)} (all)")
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds, each side in turn (7)")
    parser.add_argument("--steps", type=int, default=20, help="counted steps of a side in a round (20)")
    parser.add_argument("--pictures", type=int, default=6400, help="pictures that are drawn (6400)")
    parser.add_argument("--data", metavar="DIR", help="a folder with a folder of pictures for each of 10 classes")
    options = parser.parse_args()
    if unknown := set(options.networks) - set(PEERS):
        parser.error(f"no such network: {', '.join(sorted(unknown))}")
    fast = has_fast_bfloat16(CPU)
    load_average = " ".join(f"{load:.2f}" for load in os.getloadavg())
    print(f"{machine('torch')}; bfloat16 instructions: {'yes' if fast else 'no'}; load {load_average}")
    print(
        f"{options.rounds} rounds of {options.steps} steps each, in turn; batch {BATCH_SIZE}; images/s, median (min to"
        " max)"
    )
    print(f"{'network':<15} {'striate':<20} {'by hand':<20} {'eager':<20} {'/ by hand':<20} / eager", flush=True)
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or draw_pictures(Path(folder) / "pictures", options.pictures)
        packs = str(Path(folder) / "packs")
        for name in options.networks or PEERS:
            pictures(name, data, packs)  # the pass that decodes
            rates = in_turn(name, data, packs, options.rounds, options.steps)
            ours, by_hand, eager = rates
            ratios = [[mine / peer for mine, peer in zip(ours, peers, strict=True)] for peers in (by_hand, eager)]
            print(
                f"{name:<15} {' '.join(f'{spread(rate, 0):<20}' for rate in rates)} {spread(ratios[0], 2):<20}"
                f" {spread(ratios[1], 2)}",
                flush=True,
            )
            to_hand, to_eager = map(statistics.median, ratios)
            missed |= to_hand < GOAL_BY_HAND if fast else min(to_hand, to_eager) < GOAL_WITHOUT_BFLOAT16
    print(
        f"goal {GOAL_BY_HAND} by hand" if fast else f"goal {GOAL_WITHOUT_BFLOAT16} each, without bfloat16 instructions"
    )
    if missed:
        sys.exit("a goal was missed")


def draw_pictures(folder: Path, number: int) -> str:
    """JPEG pictures of 32x32, in a folder for each class, which has a colour of its own."""
    generator = np.random.default_rng(0)
    for index in range(number):
        label = index % CLASSES
        coarse = generator.integers(0, 128, (8, 8, 3)) + np.array([12, 9, 6]) * label
        file = folder / str(label) / f"{index}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coarse.astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, quality=75)
    return str(folder)


def pictures(name: str, data: str, packs: str) -> Dataset:
    """The data set as `striate train` has it, from its pack."""
    return load_dataset(data, load_table(name), DataOptions(cache_dir=packs))


def in_turn(name: str, data: str, packs: str, rounds: int, steps: int) -> list[list[float]]:
    """Images a second of each round, of ours, the loop by hand, and the eager one."""
    with ExitStack() as stack:
        sides = [stack.enter_context(started(side, name, data, packs)) for side in (our_step, step_by_hand, eager_step)]
        for side in sides:
            ask(side, WARM_UP)
        rates: list[list[float]] = [[] for _ in sides]
        for _ in range(rounds):
            for side, of_side in zip(sides, rates, strict=True):
                ask(side, BEGIN)
                of_side.append(BATCH_SIZE * 1000 / ask(side, steps))
    return rates


@contextmanager
def our_step(name: str, data: str, packs: str) -> Iterator[Step]:
    """The trainer's own step and its own batches, epoch after epoch."""
    set_threads(local_world_size=1)
    keep_freed_memory()
    dataset = pictures(name, data, packs)
    network = build(load_table(name), seed=0)
    trainer = Trainer(network, dataset, device=find_device())
    trainer.network.train()

    def endless() -> Iterator[Batch]:
        epoch = 0
        while True:
            epoch += 1
            yield from trainer.batches.epoch(epoch)

    batches = endless()
    with relu_after_pooling(trainer.network):
        yield lambda: trainer.train_step(next(batches))


@contextmanager
def step_by_hand(name: str, data: str, packs: str) -> Iterator[Step]:
    """A loop by somebody who knows what makes PyTorch fast on a CPU."""
    torch.set_flush_denormal(True)
    table, network = load_table(name), peer(name).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches = augmented(table, pictures(name, data, packs))
    optimizer = sgd(network, table, fused=True)
    autocast = torch.autocast("cpu", torch.bfloat16) if has_fast_bfloat16(CPU) else nullcontext()

    def step() -> None:
        images, labels = next(batches)
        with autocast:
            loss = total_loss(network(images), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    yield step


@contextmanager
def eager_step(name: str, data: str, packs: str) -> Iterator[Step]:
    """The usual loop."""
    table, network = load_table(name), peer(name)
    batches = augmented(table, pictures(name, data, packs))
    optimizer = sgd(network, table)

    def step() -> None:
        images, labels = next(batches)
        loss = total_loss(network(images.contiguous()), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    yield step


def sgd(network: nn.Module, table: Table, *, fused: bool | None = None) -> torch.optim.SGD:
    """torch's optimizer with the recipe's numbers."""
    recipe = table.recipe
    assert isinstance(recipe.optimizer, SGD)
    return torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.optimizer.momentum,
        nesterov=recipe.optimizer.nesterov,
        weight_decay=recipe.weight_decay,
        fused=fused,
    )


def augmented(table: Table, dataset: Dataset) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end, normalized, channels last, each picture shifted by up to 4 cells and flipped or not."""
    cells = {type(step): step for step in table.recipe.augmentation}
    shift = cells[RandomTranslation]
    assert isinstance(shift, RandomTranslation) and HorizontalFlip in cells and len(cells) == 2
    reach = shift.cells
    stored = dataset.train.pictures
    padded_NHWC = F.pad(
        torch.from_numpy(np.stack([stored[index] for index in range(len(stored))])), (0, 0, reach, reach, reach, reach)
    )
    labels, side = dataset.train.labels, torch.arange(SIDE)
    scale = 1 / (255 * torch.tensor(table.preprocessing.std))
    offset = -torch.tensor(table.preprocessing.mean) / torch.tensor(table.preprocessing.std)
    while True:
        for chosen in torch.randperm(len(labels)).split(BATCH_SIZE):
            if len(chosen) < BATCH_SIZE:
                break
            top, left = torch.randint(2 * reach + 1, (2, BATCH_SIZE, 1))
            rows, columns = top + side, left + side
            columns = torch.where(torch.rand(BATCH_SIZE, 1) < 0.5, columns, columns.flip(1))
            bytes_NHWC = padded_NHWC[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]
            yield (bytes_NHWC.float() * scale + offset).permute(0, 3, 1, 2), labels[chosen]


def total_loss(outputs: Tensor | tuple[Tensor, Tensor], labels: Tensor) -> Tensor:
    """The loss, and that of an auxiliary head."""
    if isinstance(outputs, Tensor):
        return F.cross_entropy(outputs, labels)
    logits, aux = outputs
    return F.cross_entropy(logits, labels) + 0.3 * F.cross_entropy(aux, labels)


def peer(name: str) -> nn.Module:
    """The same network in plain PyTorch, of as many parameters."""
    torch.manual_seed(0)
    network = PEERS[name]()
    mine = build(name, seed=0)
    counts = [sum(parameter.numel() for parameter in module.parameters()) for module in (network, mine)]
    assert counts[0] == counts[1], f"{name}: {counts}"
    return network


class Unit(nn.Module):
    """Two convolutions and the identity, with zeros where maps grow."""

    def __init__(self, maps_in: int, maps: int) -> None:
        super().__init__()
        self.stride, self.added = maps // maps_in, maps - maps_in
        self.conv1 = nn.Conv2d(maps_in, maps, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(maps)
        self.conv2 = nn.Conv2d(maps, maps, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        if self.added:
            shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(out)).add_(shortcut), inplace=True)


class ResNet(nn.Sequential):
    """He et al. 2016, section 4.2, 20 layers."""

    def __init__(self) -> None:
        units = [
            Unit(*maps) for maps in ((16, 16),) * 3 + ((16, 32),) + ((32, 32),) * 2 + ((32, 64),) + ((64, 64),) * 2
        ]
        stem = (nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
        super().__init__(*stem, *units, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES))


class ConvBN(nn.Sequential):
    """Convolution, batch normalization, ReLU."""

    def __init__(self, maps_in: int, maps: int, kernel: int) -> None:
        convolution = nn.Conv2d(maps_in, maps, kernel, padding=kernel // 2, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(maps, eps=0.001), nn.ReLU(inplace=True))


class Inception(nn.Module):
    """Four branches side by side."""

    def __init__(self, maps_in: int, one: int, reduce3: int, three: int, reduce5: int, five: int, project: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [
                ConvBN(maps_in, one, 1),
                nn.Sequential(ConvBN(maps_in, reduce3, 1), ConvBN(reduce3, three, 3)),
                nn.Sequential(ConvBN(maps_in, reduce5, 1), ConvBN(reduce5, five, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), ConvBN(maps_in, project, 1)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class GoogLeNet(nn.Module):
    """`googlenet:small`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *(ConvBN(3, 24, 3), nn.MaxPool2d(3, 2, 1), ConvBN(24, 24, 1), ConvBN(24, 64, 3)),
            *(Inception(64, 32, 32, 48, 8, 16, 16), Inception(112, 32, 32, 64, 8, 16, 16), nn.MaxPool2d(3, 2, 1)),
            Inception(128, 48, 48, 96, 16, 32, 32),
        )
        self.rest = nn.Sequential(
            *(Inception(208, 48, 48, 96, 16, 32, 32), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            *(nn.Dropout(0.2), nn.Linear(208, CLASSES)),
        )
        self.aux = nn.Sequential(
            *(nn.AvgPool2d(2), ConvBN(208, 32, 1), nn.Flatten(), nn.Linear(32 * 4 * 4, 64), nn.ReLU(inplace=True)),
            *(nn.Dropout(0.7), nn.Linear(64, CLASSES)),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        return self.rest(x), self.aux(x)


PEERS: dict[str, Callable[[], nn.Module]] = {"resnet20": ResNet, "googlenet:small": GoogLeNet}

if __name__ == "__main__":
    main()
