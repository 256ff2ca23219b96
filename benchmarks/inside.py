"""Every network looked into: what the test suite does with the small ones, for all; and how long a report takes.

    python benchmarks/inside.py [NAME...] > benchmarks/inside.md

For each network, at initialization and with its batch normalization calibrated: the arithmetic of three units of every
row compared with the network's own values; for rows throughout it, whether the gradient stays inside the theoretical
receptive field; attributions compared with captum called directly. Then `striate inspect` as a process, with a digit
for the shipped LeNet-5 and with a photo for ResNet-50. Goes on after a failure, and exits with an error at the end.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from PIL import Image
from processes import machine
from sklearn.datasets import load_digits, load_sample_image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from captums import captums
from every_unit import WITHIN, largest_difference

from striate.inspection import ATTRIBUTION_METHODS, at_initialization, attribute, middle_unit, receptive_field_map
from striate.nn import Model, Network, build, save_model
from striate.tables import ARCHITECTURES, load_table

ROWS, UNITS, RUNS = 12, 3, 5
STRIATE = (sys.executable, "-m", "striate")


def main() -> None:
    """Check, print Markdown, fail if anything failed."""
    names = sys.argv[1:] or list(ARCHITECTURES)
    print("# Every network looked into\n")
    print(f"{machine('torch', 'captum')}. Made by `python benchmarks/inside.py`, which says what it checks.\n")
    print(f"| network | {' | '.join(CHECKS)} | seconds |")
    print(f"|---|{'---|' * len(CHECKS)}---|")
    failed = False
    for name in names:
        started = time.perf_counter()
        network = untrained(name)
        cells = [run_check(check, network) for check in CHECKS.values()]
        failed |= any(cell.startswith("FAILED") for cell in cells)
        print(f"| {name} | {' | '.join(cells)} | {time.perf_counter() - started:.0f} |", flush=True)
    slow = not sys.argv[1:] and not reports()
    if failed or slow:
        sys.exit("a check failed, or a report was too slow")


def untrained(name: str) -> Network:
    """A network at initialization, whose batch normalization has the statistics of four pictures of noise."""
    table = load_table(name)
    return at_initialization(table, noise(table.input, 4))


def noise(shape: tuple[int, ...], images: int) -> Tensor:
    """Standard normal, always the same."""
    return torch.randn(images, *shape, generator=torch.Generator().manual_seed(0))


def run_check(check: Callable[[Network], str], network: Network) -> str:
    """What a check found, or that it failed and why."""
    try:
        return check(network)
    except Exception as error:  # every failure has its place in the table
        return f"FAILED: {type(error).__name__} {' '.join(str(error).split())[:200]}"


def arithmetic(network: Network) -> str:
    """Three units of every row, worked out by hand."""
    return f"{largest_difference(network, UNITS):.0e} of {WITHIN:.0e}"


def receptive_fields(network: Network) -> str:
    """The corner and the middle of rows throughout the network, those inside branches too."""
    steps = network.plan.flat
    checked = 0
    for step in steps[:: max(1, len(steps) // ROWS)]:
        for place in [(0, 0), middle_unit(step)] if len(step.output) == 3 else [None]:
            field = receptive_field_map(network, noise(network.table.input, 2), step.path, place)
            assert field.theoretical.contains(field.nonzero), (step.path, place)
            checked += 1
    return f"{checked} hold"


def attributions(network: Network) -> str:
    """Four methods against captum alone, over the largest value of each."""
    largest = 0.0
    image = noise(network.table.input, 1)
    for method in ATTRIBUTION_METHODS:
        ours = torch.from_numpy(attribute(network, image, 0, method).values_CHW)
        expected = captums(network, image.clone().requires_grad_(), 0, method).detach()[0]
        largest = max(largest, float((ours - expected).abs().max() / expected.abs().max()))
    assert largest < 1e-5, f"differ by {largest:.1e}"
    return f"within {largest:.0e}"


CHECKS: dict[str, Callable[[Network], str]] = {
    "arithmetic differs by": arithmetic,
    "receptive fields": receptive_fields,
    "attributions": attributions,
}


def reports() -> bool:
    """How long `striate inspect MODEL IMAGE` takes as a process; whether the medians are within their goals."""
    print("\n## A full report\n")
    print("| model | picture | goal | seconds, median | least | most | runs |\n|---|---|---|---|---|---|---|")
    fast = True
    with tempfile.TemporaryDirectory() as folder:
        digit, photo, resnet = (
            Path(folder, "digit.png"),
            Path(folder, "photo.jpg"),
            Path(folder, "resnet50.safetensors"),
        )
        Image.fromarray((load_digits().images[7] * 255 / 16).astype("uint8")).save(digit)
        Image.fromarray(load_sample_image("china.jpg")).save(photo)
        network = build("resnet50", seed=0)
        save_model(resnet, Model(network, tuple(map(str, range(network.table.classes))), {}, {}))
        for model, picture, goal in (("lenet5", digit, 10), (resnet, photo, 60)):
            seconds = []
            for _ in range(RUNS):
                started = time.perf_counter()
                command = [*STRIATE, "inspect", str(model), str(picture), "--out", f"{folder}/out"]
                subprocess.run(command, check=True, capture_output=True)
                seconds.append(time.perf_counter() - started)
            cells = (f"{part:.1f}" for part in (median(seconds), min(seconds), max(seconds)))
            print(f"| {Path(model).stem} | {picture.name} | {goal} | {' | '.join(cells)} | {RUNS} |", flush=True)
            fast = fast and median(seconds) <= goal
    return fast


if __name__ == "__main__":
    main()
