"""A training that is killed at random instants and resumed ends in the same weights, bit for bit.

    python benchmarks/resume.py [--kills 100] > benchmarks/resume.md

Trains once without interruption. Then repeatedly with SIGKILL at a random instant after the training has begun, resumed
with 0, 1 and 2 workers in turn until it ends, and compares all weights; until so many kills were survived. A checkpoint
is due every 50 ms, so that many kills interrupt the writing of one. The recipe has all that must be restored: dropout,
augmentation, batch normalization, a mean of weights, a schedule, Adam's moments. The report's plots are left out: they
take longer than this training, and nothing of it is lost by then.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import safetensors.torch
import torch

_KILLS = 3  # a session lasts at most this part of the uninterrupted training: a run is killed about twice as often
_MOST = 12  # after so many kills a run is left to end

SESSION = """
import sys
from dataclasses import replace
from pathlib import Path
from striate.tables import RandomTranslation, Rotation, load_table
from striate.training import Callback, Options, resume, train
from striate.training import plots

class PrintStart(Callback):
    def on_start(self, device):
        print("started", flush=True)

for plot in ("curves", "confusion", "calibration", "mistakes"):
    setattr(plots, f"plot_{plot}", lambda *_: None)
out, workers, epochs = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
options = Options(workers=workers, checkpoint_seconds=0.05)
if (out / "run.json").exists():
    resume(out, options=options, callbacks=[PrintStart()])
else:
    table = load_table("minivggnet:tiny")
    recipe = replace(table.recipe, epochs=epochs, ema=0.9, augmentation=(RandomTranslation(cells=2), Rotation()))
    train(table, "digits", out, recipe=recipe, options=options, callbacks=[PrintStart()])
"""


def run_session(out: Path, workers: int, epochs: int, seconds: float | None = None) -> tuple[bool, float]:
    """One process, killed after so many seconds of training: whether it ended by itself, and how long it trained."""
    command = [sys.executable, "-c", SESSION, str(out), str(workers), str(epochs)]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}  # for each of several processes at once
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=one_thread
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        started = time.perf_counter()
        try:
            _, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            _, errors = process.communicate()
        if process.returncode not in (0, -signal.SIGKILL):
            raise SystemExit(f"a session failed: {errors}")
        return process.returncode == 0, time.perf_counter() - started


def weights(out: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(out / "model.safetensors")


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def killed_run(number: int, longest: float, epochs: int, out: Path) -> int:
    """Train with kills at random instants until the run ends; the number of kills."""
    generator, done, kills = random.Random(number), False, 0
    while not done:
        seconds = generator.uniform(0, longest) if kills < _MOST else None
        done, _ = run_session(out, (number + kills) % 3, epochs, seconds)
        kills += not done
        done = done or (out / "README.md").exists()  # killed after it had finished
    return kills


def campaign(kills: int, epochs: int, folder: Path) -> tuple[int, int, int]:
    """Kills survived, runs ended, and those with the weights of the uninterrupted run; a run on each core."""
    _, total = run_session(folder / "uninterrupted", 1, epochs)
    expected = weights(folder / "uninterrupted")
    survived = ended = same = 0
    at_once = os.cpu_count() or 1
    with ThreadPoolExecutor(at_once) as pool:
        while survived < kills:
            outs = [folder / f"run{ended + number}" for number in range(at_once)]
            runs = [pool.submit(killed_run, ended + n, total / _KILLS, epochs, out) for n, out in enumerate(outs)]
            survived += sum(run.result() for run in runs)
            ended += at_once
            same += sum(equal(weights(out), expected) for out in outs)
            for out in outs:
                shutil.rmtree(out)
            print(f"{survived} kills, {same} of {ended} runs equal", file=sys.stderr, flush=True)
    return survived, ended, same


def main() -> None:
    """Print the result as Markdown; exit code 1 if any weights differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        survived, ended, same = campaign(options.kills, options.epochs, Path(folder))
    print("# Killed and resumed\n")
    print(f"`python benchmarks/resume.py --kills {options.kills}`; torch {torch.__version__}, ", end="")
    print(f"{os.cpu_count()} runs at once, {time.perf_counter() - started:.0f} s.\n")
    print("| SIGKILLs at random instants | runs ended | with the uninterrupted run's weights, bit for bit |")
    print("|---|---|---|")
    print(f"| {survived} | {ended} | {same} |")
    sys.exit(same != ended)


if __name__ == "__main__":
    main()
