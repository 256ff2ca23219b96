"""Folders of thousands of classes: listing, split and scores take time that grows with them, not with their square.

    python benchmarks/many_classes.py [--classes 1000 4000 10000] [--images 4]

For each number of classes a folder of so many pictures of 32x32 a class is drawn, and three commands run as processes:
`check`, `train` for one epoch with its report, `evaluate` on the run's validation part. It prints seconds and megabytes
at their peak; there is no goal. What grows faster are the logits of the validation images, images times classes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from processes import machine, measure

_NETWORK = "minivggnet:tiny"


def main() -> None:
    """Measure each number of classes and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, nargs="+", default=[1000, 4000, 10_000])
    parser.add_argument("--images", type=int, default=4, help="pictures of each class (4)")
    options = parser.parse_args()
    load = " ".join(f"{average:.2f}" for average in os.getloadavg())
    print(f"{machine('torch', 'pillow')}; load {load} before; {options.images} pictures of 32x32 a class, {_NETWORK}")
    for classes in options.classes:
        with tempfile.TemporaryDirectory() as place:
            os.environ["XDG_CACHE_HOME"] = str(Path(place, "cache"))
            draw_classes(Path(place, "data"), classes, options.images)
            print(f"{classes:,} classes: {', '.join(measure_commands(Path(place)))}", flush=True)


def draw_classes(folder: Path, classes: int, images: int) -> None:
    """Noise, so that no picture is a copy of another."""
    generator = np.random.default_rng(0)
    for number in range(classes):
        place = folder / f"class {number:05}"
        place.mkdir(parents=True)
        for image in range(images):
            Image.fromarray(generator.integers(0, 256, (32, 32, 3), np.uint8)).save(place / f"{image}.png")


def measure_commands(place: Path) -> list[str]:
    """Seconds and megabytes of each command."""
    data, run = str(place / "data"), str(place / "run")
    commands = {
        "check": ["check", data],
        "train": ["train", _NETWORK, "--data", data, "--epochs", "1", "--out", run],
        "evaluate": ["evaluate", run],
    }
    results = []
    for name, words in commands.items():
        measured = measure([sys.executable, "-m", "striate", *words])
        results.append(f"{name} {measured.seconds:.1f} s, {measured.megabytes:,.0f} MB")
    return results


if __name__ == "__main__":
    main()
