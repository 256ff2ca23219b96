"""Two processes that resume one run at the same time: one goes on, the other is refused.

    python benchmarks/double_resume.py [--times 100] [--out benchmarks/double_resume.md]

A run is interrupted in its second epoch. Copies of it are resumed by two processes that start together, and new runs
are begun by two processes with one `--out`; a tenth of them are `striate train` from the command line, the others
forked processes, which cost no import. Each time exactly one must train to the end, the other must end with one line
that says who trains, and the run must have each epoch once in metrics.jsonl and the weights of an uninterrupted run.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import torch
from resume import Plots, is_equal

EPOCHS = 2
_RECIPE = {"epochs": EPOCHS, "batch_size": 64}
_FLAGS = ("--epochs", str(EPOCHS), "--batch-size", "64", "--precision", "float32", "--device", "cpu")
REFUSALS = ("is being trained by process", "exists already and holds a run", "this run is finished")


def train_in(out: Path, steps: int | None = None) -> None:
    """Train, or resume what is there; interrupted after so many steps."""
    from dataclasses import replace

    from striate.tables import load_table
    from striate.training import Callback, Options, resume, train

    class StopAfter(Callback):
        left = steps

        def on_step(self, progress: object) -> None:  # noqa: ARG002
            if self.left is not None:
                self.left -= 1
                if self.left == 0:
                    raise KeyboardInterrupt

    Plots()
    torch.set_num_threads(1)
    options = Options(checkpoint_seconds=0.05, precision="float32", device="cpu")
    if (out / "run.json").exists():
        resume(out, options=options)
    else:
        table = load_table("minivggnet:tiny")
        recipe = replace(table.recipe, **_RECIPE)
        train(table, "digits", out, recipe=recipe, options=options, callbacks=[StopAfter()])


def one_of_two(out: Path, resumes: bool, start: Barrier, result: Connection) -> None:
    """One of two processes that train in a directory together: sends "" if it went on, else the line of the refusal."""
    from striate.errors import TrainingError
    from striate.training import api

    if not resumes:  # each has seen the empty place before the other takes it
        check = api.check_available

        def check_together(place: Path) -> None:
            check(place)
            start.wait()

        api.check_available = check_together
    else:
        start.wait()
    try:
        train_in(out)
    except TrainingError as error:
        result.send(str(error))
    else:
        result.send("")


def forked(out: Path, resumes: bool) -> list[str]:
    """The lines of two forked processes, "" for the one that went on."""
    context = multiprocessing.get_context("forkserver")
    start, pipes, processes = context.Barrier(2), [], []
    for _ in range(2):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=one_of_two, args=(out, resumes, start, sender))
        process.start()
        sender.close()
        pipes.append(receiver)
        processes.append(process)
    lines = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    return lines


def typed(out: Path, resumes: bool) -> list[str]:
    """The same of two commands."""
    words = ["--resume", str(out)] if resumes else ["minivggnet:tiny", "--data", "digits", *_FLAGS, "--out", str(out)]
    commands = [
        subprocess.Popen(
            [sys.executable, "-m", "striate", "train", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    return [command.communicate()[1].strip() if command.wait() else "" for command in commands]


def is_right(lines: list[str]) -> bool:
    """Whether one went on, and the other was refused in one line; else the lines are printed."""
    refused = [line for line in lines if line]
    right = len(refused) == 1 and "\n" not in refused[0] and any(words in refused[0] for words in REFUSALS)
    if not right:
        print(lines, file=sys.stderr)
    return right


def campaign(times: int, folder: Path) -> Iterator[tuple[str, int, int, int]]:
    """For each way: how often it was tried, how often exactly one went on, and how often the run was the right one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["striate.training.api", "sklearn.datasets", "sklearn.metrics", "filelock"])
    train_in(folder / "whole")
    with contextlib.suppress(KeyboardInterrupt):
        train_in(folder / "interrupted", steps=30)
    typed_times = max(1, times // 10)
    ways = {
        "two `resume`": (forked, True, times - typed_times),
        "two `striate train --resume`": (typed, True, typed_times),
        "two `train` with one directory": (forked, False, max(1, times // 4)),
        "two `striate train --out`": (typed, False, typed_times),
    }
    for name, (start, resumes, number) in ways.items():
        one = same = 0
        for _ in range(number):
            out = folder / "run"
            if resumes:
                shutil.copytree(folder / "interrupted", out)
            one += is_right(start(out, resumes))
            same += is_equal(out, folder / "whole", EPOCHS)
            shutil.rmtree(out)
        yield name, number, one, same


def main() -> None:
    """Print the result as Markdown; exit code 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--out", type=Path, help="a file for what is printed")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    started, results = time.perf_counter(), []
    with tempfile.TemporaryDirectory() as folder:
        for result in campaign(options.times, Path(folder)):
            results.append(result)
            if options.out is not None:
                text = _report(results, options.times, time.perf_counter() - started)
                options.out.write_text(text, encoding="utf-8", newline="\n")
    print(_report(results, options.times, time.perf_counter() - started))
    sys.exit(any(number != one or number != same for _, number, one, same in results))


def _report(results: list[tuple[str, int, int, int]], times: int, seconds: float) -> str:
    rows = [f"| {name} | {number} | {one} | {same} |" for name, number, one, same in results]
    return f"""# Two processes in one run directory

`python benchmarks/double_resume.py --times {times}`; torch {torch.__version__}, {os.cpu_count()} cores, shared with
other work; {seconds:.0f} s. Right is a run with each epoch once and the weights of an uninterrupted one.

| at the same time | times | exactly one went on | the run is right |
|---|---|---|---|
{chr(10).join(rows)}
"""


if __name__ == "__main__":
    main()
