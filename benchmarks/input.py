"""Pictures in: Striate's packs and batches against torchvision's ImageFolder and DataLoader, in one run.

    python benchmarks/input.py [--runs 5] [--photos 1000] [--small 20000]

Both have two workers and end in normalized float32 batches; nothing is computed with them. Goals, in images a second:
photos of 400x500 (JPEG) at least 1.3 times as many in the first epoch, which decodes them into the pack, then 2.5
times with random resized crops and 6 times with AlexNet's crops of 256 pixels; pictures of 32x32 (PNG), shifted and
flipped, 20 times. The pictures are drawn, and lie in the file system's cache for both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from processes import machine, spread
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from striate.data import Batches, DataOptions, load_dataset
from striate.tables import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Augmentation,
    HorizontalFlip,
    Preprocessing,
    RandomCrop,
    RandomResizedCrop,
    RandomTranslation,
    Table,
    load_table,
)

WORKERS, CLASSES = 2, 10


@dataclass(frozen=True)
class Case:
    """What is measured: the recipe for us, and for the peer."""

    name: str
    folder: str
    table: str
    batch_size: int
    augmentation: tuple[Augmentation, ...]
    theirs: tuple[Any, ...]
    goal: float
    first_goal: float | None = None


CASES = (
    Case(
        name="photos, random resized crop, flip",
        folder="photos",
        table="resnet50:torchvision",
        batch_size=64,
        augmentation=(RandomResizedCrop(), HorizontalFlip()),
        theirs=(transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()),
        goal=2.5,
        first_goal=1.3,
    ),
    Case(
        name="photos, crop of 256, flip",
        folder="photos",
        table="alexnet",
        batch_size=64,
        augmentation=(RandomCrop(of=256), HorizontalFlip()),
        theirs=(transforms.Resize(256), transforms.RandomCrop(224), transforms.RandomHorizontalFlip()),
        goal=6,
        first_goal=1.3,
    ),
    Case(
        name="32x32, shift, flip",
        folder="small",
        table="resnet20",
        batch_size=128,
        augmentation=(RandomTranslation(cells=4), HorizontalFlip()),
        theirs=(transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()),
        goal=20,
    ),
)


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each (5)")
    parser.add_argument("--photos", type=int, default=1000, help="pictures of 400x500 (1000)")
    parser.add_argument("--small", type=int, default=20_000, help="pictures of 32x32 (20000)")
    options = parser.parse_args()
    load_average = " ".join(f"{load:.2f}" for load in os.getloadavg())
    print(f"{machine('torch', 'torchvision', 'pillow')}; load {load_average} before; {options.runs} runs each, in turn")
    print("images a second, median (min to max)")
    with tempfile.TemporaryDirectory() as folder:
        draw_folder(Path(folder, "photos"), options.photos, (400, 500), ".jpg")
        draw_folder(Path(folder, "small"), options.small, (32, 32), ".png")
        reached = [reaches_goals(case, Path(folder), options.runs) for case in CASES]  # all, whatever fails
    if not all(reached):
        sys.exit("a goal was missed")


def draw_folder(folder: Path, count: int, size: tuple[int, int], suffix: str) -> None:
    """Pictures like photos to a decoder: smooth colours under noise; train/ and val/, a folder for each class."""
    generator = np.random.default_rng(0)
    for part, number in (("train", count), ("val", CLASSES)):
        for i in range(number):
            path = folder / part / f"class{i % CLASSES}" / f"{i}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            coarse = Image.fromarray(generator.integers(0, 256, (12, 15, 3), dtype=np.uint8))
            smooth = np.asarray(coarse.resize(size[::-1], Image.Resampling.BICUBIC)).astype(int)
            noisy = smooth + generator.integers(-12, 13, smooth.shape)
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=90)


def reaches_goals(case: Case, root: Path, runs: int) -> bool:
    """Measure one case, print, and say whether its goals are met."""
    base = load_table(case.table).with_classes(CLASSES)
    table = replace(
        base,
        preprocessing=Preprocessing(mean=IMAGENET_MEAN, std=IMAGENET_STD),
        recipe=replace(base.recipe, augmentation=case.augmentation, batch_size=case.batch_size),
    )
    folder = root / case.folder
    # One epoch of each that is not counted for what comes later: it imports, starts workers, fills caches.
    firsts = [(first_epoch_of_ours(table, folder), first_epoch_of_theirs(case, folder)) for _ in range(runs)]
    met = True
    if case.first_goal is not None:
        met = report(f"{case.name}: first epoch", firsts, case.first_goal)
    with tempfile.TemporaryDirectory() as cache:
        batches = Batches(load_dataset(folder, table, DataOptions(cache_dir=cache)).train, table, workers=WORKERS)
        loader = peer(case, folder)
        list(loader)
        laters = [
            (speed(lambda number=number: batches.epoch(number)), speed(lambda: loader)) for number in range(2, runs + 2)
        ]
    return report(f"{case.name}: later epochs", laters, case.goal) and met


def first_epoch_of_ours(table: Table, folder: Path) -> float:
    """Images a second over listing, decoding, packing and one epoch."""

    def epoch() -> Iterable[Any]:
        images = load_dataset(folder, table, DataOptions(cache_dir=cache, decode_workers=WORKERS)).train
        return Batches(images, table, workers=WORKERS).epoch(1)

    with tempfile.TemporaryDirectory() as cache:
        return speed(epoch)


def first_epoch_of_theirs(case: Case, folder: Path) -> float:
    """Images a second over listing and one epoch."""
    return speed(lambda: peer(case, folder))


def peer(case: Case, folder: Path) -> DataLoader[Any]:
    """torchvision's usual way, with workers that stay."""
    steps = (*case.theirs, transforms.ToTensor(), transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD))
    images = ImageFolder(str(folder / "train"), transforms.Compose(steps))
    return DataLoader(images, case.batch_size, shuffle=True, num_workers=WORKERS, persistent_workers=True)


def speed(epoch: Callable[[], Iterable[Any]]) -> float:
    """Images a second over an epoch, from asking for it to its last batch."""
    started = time.perf_counter()
    images = sum(len(getattr(batch, "images", batch[0] if isinstance(batch, list) else ())) for batch in epoch())
    return images / (time.perf_counter() - started)


def report(name: str, pairs: list[tuple[float, float]], goal: float) -> bool:
    """Print both, their ratio and the goal."""
    ours, theirs = zip(*pairs, strict=True)
    ratios = [mine / other for mine, other in pairs]
    print(f"{name:<48} striate {spread(ours, 0)}, torchvision {spread(theirs, 0)}")
    print(f"{'':<48} {spread(ratios, 2)} times, goal {goal}", flush=True)
    return statistics.median(ratios) >= goal


if __name__ == "__main__":
    main()
