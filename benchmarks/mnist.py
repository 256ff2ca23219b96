"""MNIST to 99 %: from the start of a process to a saved model, against three peers in the same run.

    python benchmarks/mnist.py --data-dir DIR [--keras-python PYTHON]

`striate train lenet5:modern` for one epoch, by the table's own recipe, is repeated with several seeds, in turn with

- a plain PyTorch loop in memory, channels-last, of the same network with the same tuned settings,
- Keras on TensorFlow (in the Python of --keras-python), of the same network with the same tuned settings,
- the same with Keras's usual settings, until an epoch ends at 99 %, or for 30 epochs,
- the network and settings of PyTorch's examples, until an epoch ends at 99 %.

Goals: Striate's mean test accuracy at least 99.0 %; to a saved model 4 times as fast as Keras and 20 times as fast as
the example; training alone 1.3 times as fast as the plain loop. DIR holds MNIST's four IDX files, gzipped or not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from mnist_files import unpacked
from processes import machine, spread

from striate import load_table, summarize

PEERS = Path(__file__).parent
TABLE, GOAL = "lenet5:modern", 0.99
SETTINGS = ("--epochs", "1")
GOALS = {"keras": 4.0, "usual": 4.0, "example": 20.0, "plain": 1.3}


@dataclass(frozen=True)
class Run:
    """One process: seconds from its start until its model was saved, seconds of training, epochs, test accuracy."""

    saved: float
    training: float
    epochs: int
    accuracy: float


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="where MNIST's IDX files lie")
    parser.add_argument("--keras-python", default=sys.executable, help="a Python that has keras and tensorflow")
    parser.add_argument("--seeds", type=int, default=5, help="runs of Striate and of the plain loop (5)")
    parser.add_argument("--keras-seeds", type=int, default=5, help="runs of Keras (5)")
    parser.add_argument("--usual-seeds", type=int, default=5, help="runs of Keras with its usual settings (5)")
    parser.add_argument("--example-seeds", type=int, default=5, help="runs of PyTorch's example, the slowest (5)")
    options = parser.parse_args()
    print(f"{machine('torch')}; {options.seeds} seeds, in turn")
    print("mean accuracy, median (min to max) of the rest", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        data = unpacked(options.data_dir, Path(folder, "data"))
        runs = in_turn(options, data, Path(folder))
    for name, those in runs.items():
        show(name, those)
    print_bound(runs["striate"])
    if not all(reaches_goals(runs)):
        sys.exit("a goal was missed")


def in_turn(options: argparse.Namespace, data: Path, folder: Path) -> dict[str, list[Run]]:
    """All runs: for each seed Striate, then its peers."""
    runs: dict[str, list[Run]] = {"striate": [], "plain": [], "keras": [], "usual": [], "example": []}
    keras = options.keras_python
    for seed in range(options.seeds):
        runs["striate"].append(striate(data, seed, folder / f"striate-{seed}"))
        runs["plain"].append(peer("mnist_plain.py", sys.executable, data, seed, folder))
        if seed < options.keras_seeds:
            runs["keras"].append(peer("mnist_keras.py", keras, data, seed, folder, "tuned"))
        if seed < options.usual_seeds:
            runs["usual"].append(peer("mnist_keras.py", keras, data, seed, folder, "usual"))
        if seed < options.example_seeds:
            runs["example"].append(peer("mnist_examples.py", sys.executable, data, seed, folder))
        print(f"seed {seed}: " + ", ".join(f"{name} {those[-1]}" for name, those in runs.items() if those), flush=True)
    return runs


def striate(data: Path, seed: int, out: Path) -> Run:
    """A run of the command; its model is saved before its pictures are drawn."""
    command = [sys.executable, "-m", "striate", "train", TABLE, "--data", "mnist", *SETTINGS, "--seed", str(seed)]
    started = time.time()
    run([*command, "--data-dir", str(data), "--out", str(out)])
    saved = (out / "model.safetensors").stat().st_mtime - started
    epochs = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return Run(saved, sum(epoch["seconds"] for epoch in epochs), len(epochs), epochs[-1]["test_accuracy"])


def peer(script: str, python: str, data: Path, seed: int, folder: Path, *settings: str) -> Run:
    """A run of a peer, which ends when it has saved its model."""
    started = time.time()
    words = run([python, str(PEERS / script), str(data), str(seed), str(folder / "peer"), *settings])
    seconds = time.time() - started
    return Run(seconds, **json.loads(words.splitlines()[-1]))


def run(command: Sequence[str]) -> str:
    """What a command prints; SystemExit with its own words if it fails."""
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def show(name: str, runs: Sequence[Run]) -> None:
    """A line for one side."""
    accuracy = statistics.mean(run.accuracy for run in runs)
    epochs, saved, training = zip(*((run.epochs, run.saved, run.training) for run in runs), strict=True)
    print(f"{name:<8} {len(runs)} runs: {accuracy:.2%} after {spread(epochs, 0)} epochs;", end=" ")
    print(f"saved after {spread(saved, 1)} s, training {spread(training, 1)} s")


def reaches_goals(runs: dict[str, list[Run]]) -> list[bool]:
    """Whether each goal is met, printed."""
    ours = runs["striate"]
    accuracy = statistics.mean(run.accuracy for run in ours)
    print(f"accuracy: {accuracy:.2%}, goal {GOAL:.0%}")
    reached = [accuracy >= GOAL]
    for name, goal in GOALS.items():
        part = "training" if name == "plain" else "saved"
        pairs = zip(runs[name], ours, strict=False)
        ratios = [getattr(theirs, part) / getattr(own, part) for theirs, own in pairs]
        reached.append(statistics.median(ratios) >= goal)
        print(f"{name} / striate, {part}: {spread(ratios, 2)} times, goal {goal}{'' if reached[-1] else ': MISSED'}")
    return reached


def print_bound(runs: Sequence[Run]) -> None:
    """How much of the machine's measured matrix-product peak the training uses.

    A multiply-add is 2 operations; a step is three products of the forward one's size, but for the first row, whose
    input needs no gradient.
    """
    macs = [row.cost.macs for row in summarize(load_table(TABLE)).rows if row.cost.macs]
    operations = 2 * (3 * sum(macs) - macs[0])
    rate = statistics.median(run.epochs * 60_000 / run.training for run in runs)
    peak = matrix_product_peak()
    share = rate * operations / peak
    print(f"training: {rate:,.0f} images/s of {operations / 1e6:.2f} million operations: {share:.0%} of", end=" ")
    print(f"the matrix product's measured {peak / 1e9:.0f} billion operations/s")


def matrix_product_peak(size: int = 2048, runs: int = 10) -> float:
    """The best operations per second of a product of two square matrices in single precision."""
    a, b = torch.randn(2, size, size).unbind()
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - started)
    return float(2 * size**3 / min(seconds))


if __name__ == "__main__":
    main()
