"""Accuracy is not traded for speed: bfloat16 against float32, and packed pictures against those in memory.

    python benchmarks/accuracy.py [--data-dir DIR] [--images 10000] [--epochs 3] [--seeds 3]

LeNet-5 as it is built today, by its own recipe but for the epochs, on the first images of MNIST and Fashion-MNIST and
all of their test images, with several seeds each. For the pack the same images are written as PNG files into
train/CLASS/ and val/CLASS/ and read back through `striate.data.pack`: its pixels must be equal to those in memory.
Goal: the means of test accuracies differ by no more than the seeds' own spread (the larger of both).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from processes import machine

from striate.data import NAMED, Dataset, ImageSet, load_dataset, load_named
from striate.runtime import Precision, has_fast_bfloat16
from striate.tables import Table, load_table
from striate.training import Options, train

TABLE = "lenet5:modern"
SETS = ("mnist", "fashion-mnist")


def main() -> None:
    """Measure, print, and fail if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where the sets lie, if not where Striate looks for them")
    parser.add_argument("--images", type=int, default=10_000, help="training images of each set (10000)")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of each training (3)")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each kind (3)")
    options = parser.parse_args()
    instructions = "yes" if has_fast_bfloat16(torch.device("cpu")) else "no, emulated"
    print(f"{machine('torch', 'pillow')}; bfloat16 instructions: {instructions}")
    print(f"{TABLE}, {options.images} images, {options.epochs} epochs, {options.seeds} seeds; test accuracy")
    print("mean (min to max)", flush=True)
    base = load_table(TABLE)
    table = replace(base, recipe=replace(base.recipe, epochs=options.epochs))
    # Found first: below, the cache lies in a temporary directory, so that packs are new and leave nothing behind.
    datasets = {name: some(load_named(name, options.data_dir), options.images) for name in SETS}
    reached = []
    for name, dataset in datasets.items():
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
            reached.append(reaches_goal(name, dataset, table, Path(folder), range(options.seeds)))
    if not all(reached):
        sys.exit("the goal was missed")


def some(dataset: Dataset, images: int) -> Dataset:
    """The first training images and all validation images, by class, as their folders will list them.

    A folder does not state that its pictures are light on dark, so that none is inverted; the same here.
    """
    train, validation = dataset.train.subset(list(range(images))), dataset.validation
    return replace(dataset, train=by_class(train), validation=by_class(validation), light_on_dark=False)


def by_class(images: ImageSet) -> ImageSet:
    """The images in the order of their classes."""
    return images.subset(images.labels.argsort(stable=True).tolist())


def reaches_goal(name: str, dataset: Dataset, table: Table, folder: Path, seeds: Sequence[int]) -> bool:
    """Compare on one set, print, and say whether the goal is met."""
    pictures = folder / "pictures"
    write(dataset, pictures)
    equal = equals(load_dataset(str(pictures), table=table), dataset)
    print(f"{name}: the pack's pixels and labels {'are' if equal else 'are NOT'} those in memory")
    NAMED["in memory"] = lambda _name, _data_dir: dataset
    reference = accuracies(table, "in memory", folder / "float32", "float32", seeds)
    print(f"{name:<14} {'float32, in memory':<20} {percent(reference)}", flush=True)
    sides: tuple[tuple[str, str, Precision], ...] = (
        ("bfloat16, in memory", "in memory", "bfloat16"),
        ("float32, packed", str(pictures), "float32"),
    )
    within = []
    for side, data, precision in sides:
        measured = accuracies(table, data, folder / side, precision, seeds)
        difference = abs(statistics.mean(measured) - statistics.mean(reference))
        allowed = max(max(rates) - min(rates) for rates in (measured, reference))
        within.append(difference <= allowed)
        words = f"differs by {difference:.2%}, the seeds by {allowed:.2%}"
        print(f"{name:<14} {side:<20} {percent(measured)}; {words}{'' if within[-1] else ': MISSED'}", flush=True)
    return equal and all(within)


def write(dataset: Dataset, folder: Path) -> None:
    """The pictures as PNG files, in the order that the set has."""
    for part, images in (("train", dataset.train), ("val", dataset.validation)):
        for number, label in enumerate(images.labels.tolist()):
            path = folder / part / str(label) / f"{number:05}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(images.pictures[number][..., 0]).save(path)


def equals(packed: Dataset, in_memory: Dataset) -> bool:
    """Whether both hold the same pixels and labels, in the same order."""
    pairs = ((packed.train, in_memory.train), (packed.validation, in_memory.validation))
    return all(
        torch.equal(one.labels, other.labels)
        and all(np.array_equal(one.pictures[i], other.pictures[i]) for i in range(len(other)))
        for one, other in pairs
    )


def accuracies(table: Table, data: str, out: Path, precision: Precision, seeds: Sequence[int]) -> list[float]:
    """The test accuracy after a training with each seed."""
    return [
        train(
            table,
            data,
            out / str(seed),
            recipe=replace(table.recipe, seed=seed),
            options=Options(precision=precision),
        ).scores.top1
        for seed in seeds
    ]


def percent(rates: list[float]) -> str:
    """The mean, and the smallest and largest."""
    return f"{statistics.mean(rates):.2%} ({min(rates):.2%} to {max(rates):.2%})"


if __name__ == "__main__":
    main()
