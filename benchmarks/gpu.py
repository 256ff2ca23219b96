"""Training on a GPU, the input path included: Striate against torchvision's reference loop and a hand-tuned one.

    python benchmarks/gpu.py [--rounds 5] [--batches 50] [--pictures 20000] [--dry-run]

Each side has a process; they take turns on one GPU, so that all are measured in one run. Images a second of resnet50 on
photos of 400x500 at 224 pixels, and of resnet20 on pictures of 32x32:

striate     `Trainer.train_step` over its own batches, as `striate train` calls it, with its defaults and with --compile
reference   after torchvision's references/classification/train.py with --amp: ImageFolder, DataLoader with a worker for
            each core, pinned memory, channels last, float16 with GradScaler, metrics read in every step
hand-tuned  the pictures as bytes in the GPU's memory from the beginning, cropped and flipped there for the batch as a
            whole, bfloat16, channels last, fused SGD, `torch.compile` with CUDA graphs, nothing read

Then an epoch by two processes on one GPU, and AlexNet's towers on the GPU and the CPU. Goal: the better of ours is at
least as fast as the best of theirs. Without a GPU it measures nothing and fails; --dry-run tries the script itself on
the CPU, with one tiny network and without a goal.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torchvision
from input import draw_folder
from processes import machine, spread
from sides import Step, ask, started
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from striate.data import DataOptions, Dataset, load_dataset, resize_batch
from striate.nn import build
from striate.runtime import available_cores, find_device
from striate.tables import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Augmentation,
    HorizontalFlip,
    Preprocessing,
    RandomResizedCrop,
    RandomTranslation,
    Table,
    load_table,
)
from striate.training import Trainer

CLASSES, RATE, MOMENTUM, DECAY = 10, 1e-3, 0.9, 1e-4
WARM_UP = 3  # turns before the first that counts: compiling, choosing kernels, filling caches
GOAL = 1.0


@dataclass(frozen=True)
class Case:
    """What is trained; `margin` are the pixels by which the hand-tuned loop's pictures are larger than its crops."""

    table: str
    folder: str
    size: tuple[int, int]
    suffix: str
    batch_size: int
    augmentation: tuple[Augmentation, ...]
    theirs: tuple[Any, ...]
    margin: int


@dataclass(frozen=True)
class Work:
    """What a side needs to know."""

    case: Case
    folder: str
    device: str
    batches: int


PHOTOS = Case(
    table="resnet50:torchvision",
    folder="photos",
    size=(400, 500),
    suffix=".jpg",
    batch_size=256,
    augmentation=(RandomResizedCrop(), HorizontalFlip()),
    theirs=(transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()),
    margin=32,
)
SMALL = Case(
    table="resnet20",
    folder="small",
    size=(32, 32),
    suffix=".png",
    batch_size=128,
    augmentation=(RandomTranslation(cells=4), HorizontalFlip()),
    theirs=(transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()),
    margin=8,
)


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds, each side in turn (5)")
    parser.add_argument("--batches", type=int, default=50, help="batches of a side in a round (50)")
    parser.add_argument("--pictures", type=int, default=20_000, help="of 32x32; a fifth as many photos (20000)")
    parser.add_argument("--dry-run", action="store_true", help="on the CPU, tiny, to try the script")
    options = parser.parse_args()
    if not options.dry_run and not torch.cuda.is_available():
        sys.exit("gpu.py: this machine has no CUDA GPU, so there is nothing to measure; --dry-run tries the script")
    device, cases = "cuda:0", (PHOTOS, SMALL)
    if options.dry_run:
        device, options.rounds, options.batches, options.pictures = "cpu", 1, 1, 100
        cases = (replace(SMALL, table="resnet18:tiny", batch_size=4),)
    print(f"{machine('torch', 'torchvision')}; {name_of(device)}; load {os.getloadavg()[0]:.2f} before")
    print(f"{options.rounds} rounds of {options.batches} batches each, in turn; images a second, median (min to max)")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            count = options.pictures // 5 if case is PHOTOS else options.pictures
            draw_folder(Path(folder, case.folder), count, case.size, case.suffix)
        works = [Work(case, str(Path(folder, case.folder)), device, options.batches) for case in cases]
        reached = [compare(work, options.rounds) for work in works]  # all, whatever fails
        share_a_gpu(Path(folder), cases[-1], device)
    towers_on_two_devices(device)
    if not all(reached) and not options.dry_run:
        sys.exit("a goal was missed")


def name_of(device: str) -> str:
    """The GPU's name, or that there is none."""
    return torch.cuda.get_device_name(device) if device != "cpu" else "no GPU, a dry run"


def compare(work: Work, rounds: int) -> bool:
    """Measure all sides of a case, print, and say whether the goal is met."""
    sides = [("striate", ours, False), ("reference", reference), ("hand-tuned", hand_tuned)]
    if work.device != "cpu":
        sides.insert(1, ("striate --compile", ours, True))
    with ExitStack() as stack:
        asked = {name: stack.enter_context(started(side, work, *more)) for name, side, *more in sides}
        for _ in range(WARM_UP if work.device != "cpu" else 0):
            for side in asked.values():
                ask(side, 1)
        images = work.batches * work.case.batch_size
        turns = [{name: images / ask(side, 1) * 1000 for name, side in asked.items()} for _ in range(rounds)]
    print(f"{work.case.table}, batch {work.case.batch_size}")
    for name in asked:
        ratios = [turn["striate"] / turn[name] for turn in turns]
        print(f"  {name:<18} {spread([turn[name] for turn in turns], 0):<28} striate {spread(ratios, 2)} times")
    ratios = [best(turn, "striate") / best(turn, "reference", "hand-tuned") for turn in turns]
    print(f"  the better of ours {spread(ratios, 2)} times the best of theirs, goal {GOAL}", flush=True)
    return statistics.median(ratios) >= GOAL


def best(turn: dict[str, float], *prefixes: str) -> float:
    """The most images a second of the sides whose names begin so."""
    return max(rate for name, rate in turn.items() if name.startswith(prefixes))


def table_of(case: Case) -> Table:
    """The network and recipe of a case; the rate is the peers', at which noise does not diverge."""
    table = load_table(case.table).with_classes(CLASSES)
    recipe = replace(
        table.recipe, augmentation=case.augmentation, batch_size=case.batch_size, learning_rate=RATE, epochs=10_000
    )
    return replace(table, preprocessing=Preprocessing(mean=IMAGENET_MEAN, std=IMAGENET_STD), recipe=recipe)


def load(work: Work) -> Dataset:
    """The pictures, decoded into a pack beside them by the first side that comes."""
    options = DataOptions(cache_dir=f"{work.folder}-pack", decode_workers=available_cores())
    return load_dataset(work.folder, table_of(work.case), options)


def turn_of(work: Work, step: Callable[[], object]) -> Step:
    """A turn: some steps, and then all that the device was given."""

    def turn() -> None:
        for _ in range(work.batches):
            step()
        if work.device != "cpu":
            torch.cuda.synchronize(work.device)

    return turn


@contextmanager
def ours(work: Work, compiled: bool) -> Iterator[Step]:
    """Striate's trainer over its own batches."""
    workers = available_cores()
    trainer = Trainer(
        build(table_of(work.case), seed=0), load(work), device=find_device(), workers=workers, compiled=compiled
    )
    trainer.model.train()
    batches = itertools.chain.from_iterable(trainer.batches.epoch(number) for number in itertools.count(1))
    yield turn_of(work, lambda: trainer.train_step(next(batches)))


def network_of(work: Work) -> nn.Module:
    """torchvision's network, or where it has none, ours."""
    name = work.case.table.partition(":")[0]
    if work.case.table.endswith(":torchvision"):
        network: nn.Module = torchvision.models.get_model(name, weights=None, num_classes=CLASSES)
    else:
        network = build(table_of(work.case), seed=0)
    return network.train().to(work.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


@contextmanager
def reference(work: Work) -> Iterator[Step]:
    """torchvision's reference loop."""
    torch.backends.cudnn.benchmark = True
    on_gpu = work.device != "cpu"
    side = table_of(work.case).input[1]
    steps = (*work.case.theirs, transforms.Resize(side), transforms.ToTensor())  # `Resize` is for dry runs alone
    images = ImageFolder(
        f"{work.folder}/train", transforms.Compose([*steps, transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD)])
    )
    workers = available_cores() if on_gpu else 0
    loader = DataLoader(
        images,
        work.case.batch_size,
        shuffle=True,
        num_workers=workers,
        pin_memory=on_gpu,
        persistent_workers=workers > 0,
    )
    batches = itertools.chain.from_iterable(loader for _ in itertools.count())
    network = network_of(work)
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    scaler = torch.amp.GradScaler(enabled=on_gpu)

    def step() -> tuple[float, float]:
        image, target = (part.to(work.device) for part in next(batches))
        with torch.autocast(torch.device(work.device).type, torch.float16, enabled=on_gpu):
            output = network(image)
            loss = cross_entropy(output, target)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.item(), (output.argmax(dim=1) == target).float().mean().item()

    yield turn_of(work, step)


@contextmanager
def hand_tuned(work: Work) -> Iterator[Step]:
    """All that is known to be fast, for this one network and these pictures."""
    torch.backends.cudnn.benchmark = True
    on_gpu = work.device != "cpu"
    bytes_NCHW, labels = pictures_on_device(work)
    side, size = table_of(work.case).input[1], work.case.batch_size
    mean, std = (torch.tensor(part, device=work.device).view(3, 1, 1) * 255 for part in (IMAGENET_MEAN, IMAGENET_STD))
    network = network_of(work)
    forward = torch.compile(network, mode="reduce-overhead") if on_gpu else network
    optimizer = torch.optim.SGD(
        network.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY, nesterov=True, fused=True
    )
    generator = torch.Generator().manual_seed(0)

    def step() -> None:
        chosen = torch.randint(len(labels), (size,), device=work.device)
        top, left, flipped = torch.randint(work.case.margin + 1, (3,), generator=generator).tolist()
        image = bytes_NCHW[chosen][:, :, top : top + side, left : left + side]
        image = ((image.flip(3) if flipped % 2 else image) - mean) / std
        with torch.autocast(torch.device(work.device).type, torch.bfloat16, enabled=on_gpu):
            loss = cross_entropy(forward(image.contiguous(memory_format=torch.channels_last)), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    yield turn_of(work, step)


def pictures_on_device(work: Work) -> tuple[Tensor, Tensor]:
    """All training pictures as bytes, a margin larger than the network's input, and their labels."""
    images = load(work).train
    side = table_of(work.case).input[1] + work.case.margin
    pictures = (torch.from_numpy(images.pictures[number].copy()).permute(2, 0, 1) for number in range(len(images)))
    resized = torch.cat([resize_batch(picture.unsqueeze(0), (side, side)) for picture in pictures])
    return resized.to(work.device, memory_format=torch.channels_last), images.labels.to(work.device)


def share_a_gpu(folder: Path, case: Case, device: str) -> None:
    """An epoch by one process, and by two on the same GPU: they learn the same."""
    for processes in (1, 2) if device != "cpu" else (2,):
        out = folder / f"run{processes}"
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        train = ["-m", "striate", "train", case.table, "--data", str(folder / case.folder), "--out", str(out)]
        environment = os.environ | {"CUDA_VISIBLE_DEVICES": "0" if device != "cpu" else ""}
        subprocess.run(
            [*torchrun, *train, "--epochs=1", "--batch-size=100"],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        epoch = json.loads((out / "metrics.jsonl").read_text(encoding="utf-8"))
        print(
            f"{case.table}, an epoch by {processes} of torchrun's processes: {epoch['images_per_second']:.0f} images a"
            f" second, training loss {epoch['train_loss']:.4f}",
            flush=True,
        )


def towers_on_two_devices(device: str) -> None:
    """AlexNet's towers on a GPU and the CPU, against the network on the CPU."""
    whole, towers = build("alexnet:tiny", seed=0).eval(), build("alexnet:tiny", seed=0, devices=[device, "cpu"]).eval()
    images_NCHW = torch.randn(8, *whole.table.input, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        apart = (towers(images_NCHW.to(device)).cpu() - whole(images_NCHW)).abs().max().item()
    print(f"alexnet:tiny, towers on {device} and cpu: logits differ from those on one device by {apart:.1e} at most")


if __name__ == "__main__":
    main()
