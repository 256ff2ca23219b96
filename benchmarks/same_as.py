"""The working tree computes what another revision computed, to the bit: for rewriting that is to change nothing.

    python benchmarks/same_as.py REVISION [--parts tables training resume]

Runs the same commands in a temporary git worktree of REVISION and in this tree, as it lies, with one interpreter and
one thread each, and prints a line for each comparison:

tables      `summary --recipe` and `compare` of every network that the old `list` has: whatever the old JSON says, the
            new says too
training    the weights and the history after an epoch on the digits, and of a table with every kind of row on
            pictures; the old model exported to ONNX by both, and what ONNX Runtime makes of it; what `evaluate` says
            of the old model
resume      a run that is stopped in the old tree and gone on with in this one ends in the weights of one in peace

Text output is not looked at, nor files that a new tree writes beside the old ones. Exit code 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parents[1]
OLD_FILES = ROOT / "tests" / "fixtures" / "0.1"  # every-row.toml, and pictures for it
PARTS = ("tables", "training", "resume")
TRAINED = ("lenet5", "lenet5:modern", "resnet20")  # besides all that are tiny
EVERY_ROW = "every-row"
EVALUATED = ("lenet5:tiny", "alexnet:tiny", EVERY_ROW)
STOPPED_AFTER = 2  # epochs
BATCH = 7
TIMING = ("seconds", "images_per_second")
PATIENCE = 600  # seconds that a command may take

Result = tuple[str, str | None]
"""What was compared, and where it differs first; None if nowhere."""
Job = Callable[[], Iterator[Result]]


class CommandError(Exception):
    """A command ended otherwise than it should."""


@dataclass(frozen=True)
class Tree:
    """A source tree, and the folder that its commands are run in."""

    name: str
    source: Path
    work: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command of this tree's command line."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.source / "src"),
            "PYTHONSAFEPATH": "1",
            "OMP_NUM_THREADS": "1",
            "CUDA_VISIBLE_DEVICES": "",
            "XDG_CACHE_HOME": str(self.work / "cache"),
        }
        command = [sys.executable, *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, encoding="utf-8", env=environment, cwd=self.work)

    def run(self, *arguments: str) -> str:
        """What a command prints. CommandError if it fails, with what it said last."""
        with self.start("-m", "striate", *arguments) as process:
            try:
                output, errors = process.communicate(timeout=PATIENCE)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said = (errors.strip().splitlines() or ["nothing"])[-1]
            raise CommandError(f"{self.name}: striate {shlex.join(arguments)}: exit code {process.returncode}: {said}")
        return output

    def json(self, *arguments: str) -> Any:
        """The document that a command prints."""
        return json.loads(self.run(*arguments, "--json"))

    def check(self) -> None:
        """CommandError unless it is this tree's package that is imported."""
        with self.start("-c", "import striate; print(striate.__file__)") as process:
            output, errors = process.communicate(timeout=PATIENCE)
        if not Path(output.strip()).is_relative_to(self.source / "src"):
            raise CommandError(f"{self.name}: not this tree's package is imported: {output.strip() or errors.strip()}")


@contextmanager
def worktree(revision: str, place: Path) -> Iterator[Path]:
    """A git worktree of a revision for a while."""
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(place), revision], check=True)
    try:
        yield place
    finally:
        subprocess.run([*git, "remove", "--force", str(place)], check=True)


_RENAMED = {"ScaleAndAspect": "RandomResizedCrop", "Shift": "RandomTranslation"}
"""Augmentations whose "type" is written anew since version 0.1, whose names are still read."""


def held(old: Any, new: Any, where: str = "") -> str | None:
    """Where the new document first lacks or contradicts what the old one says; None if nowhere. It may say more."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            if name not in new:
                return f"{where}.{name} is gone"
            if found := held(value, new[name], f"{where}.{name}"):
                return found
        return None
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return f"{where}: {len(old)} parts, now {len(new)}"
        pairs = enumerate(zip(old, new, strict=True))
        return next((found for place, pair in pairs if (found := held(*pair, f"{where}[{place}]"))), None)
    if isinstance(old, str):
        old = _RENAMED.get(old, old)
    return None if repr(old) == repr(new) else f"{where}: {old!r}, now {new!r}"


def same_arrays(old: dict[str, np.ndarray], new: dict[str, np.ndarray]) -> str | None:
    """Where two sets of named arrays first differ, in names, types, shapes, or a bit."""
    if old.keys() != new.keys():
        return f"other names: {', '.join(sorted(old.keys() ^ new.keys()))}"
    for name, array in old.items():
        other = new[name]
        if (array.dtype, array.shape) != (other.dtype, other.shape):
            return f"{name}: {array.dtype} {array.shape}, now {other.dtype} {other.shape}"
        if array.tobytes() != other.tobytes():
            off = np.abs(array.astype(np.float64) - other.astype(np.float64)).max()
            return f"{name}: differs by {off:.3g} at most"
    return None


def weights(run: Path) -> dict[str, np.ndarray]:
    return load_file(run / "model.safetensors")


def history(run: Path) -> list[dict[str, Any]]:
    """The epochs' lines but for how fast they were."""
    lines = map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [{name: value for name, value in line.items() if name not in TIMING} for line in lines]


def outputs(file: Path) -> dict[str, np.ndarray]:
    """What ONNX Runtime makes of a file and random images, and their names."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    (images,) = session.get_inputs()
    feed = np.random.default_rng(0).standard_normal((BATCH, *images.shape[1:]), dtype=np.float32)
    names = [output.name for output in session.get_outputs()]
    found = zip(names, session.run(names, {images.name: feed}), strict=True)
    return {images.name: feed, **dict(found)}


def data_of(table: str) -> tuple[str, str]:
    """The table as it is given, and the data it is trained on."""
    return (str(OLD_FILES / "every-row.toml"), str(OLD_FILES / "stripes")) if table == EVERY_ROW else (table, "digits")


def training(table: str, out: str, *more: str) -> tuple[str, ...]:
    """The arguments of a training that says all that a revision could choose otherwise."""
    given, data = data_of(table)
    return ("train", given, "--data", data, "--precision", "float32", "--seed", "0", "--out", out, *more)


def compare_list(old: Tree, new: Tree) -> Iterator[Result]:
    was, now = ({part["name"]: part for part in listed(tree)} for tree in (old, new))
    yield "list", held(was, now)


def listed(tree: Tree) -> list[dict[str, Any]]:
    document = tree.json("list")
    return [*document["tables"], *document["examples"]]


def compare_summary(old: Tree, new: Tree, table: str) -> Iterator[Result]:
    yield (
        f"summary {table}",
        held(*(tree.json("summary", data_of(table)[0], "--recipe", "--batch-size", "3") for tree in (old, new))),
    )


def compare_pair(old: Tree, new: Tree, one: str, other: str) -> Iterator[Result]:
    yield f"compare {one} {other}", held(*(tree.json("compare", one, other) for tree in (old, new)))


def compare_training(old: Tree, new: Tree, table: str) -> Iterator[Result]:
    """An epoch in both; then both export and evaluate the old model."""
    name = table.replace(":", "-")
    for tree in (old, new):
        tree.run(*training(table, name, "--epochs", "1"))
    model = old.work / name
    yield f"train {table}: weights", same_arrays(weights(model), weights(new.work / name))
    yield f"train {table}: history", held(history(model), history(new.work / name))
    for tree in (old, new):
        tree.run("export", str(model), f"{name}.onnx")
    yield f"export {table}", same_arrays(*(outputs(tree.work / f"{name}.onnx") for tree in (old, new)))
    if table in EVALUATED:
        how = ("--data", data_of(table)[1], "--engine", "torch", "--precision", "float32")
        yield f"evaluate {table}", held(*(tree.json("evaluate", str(model), *how) for tree in (old, new)))


def compare_resume(old: Tree, new: Tree, table: str) -> Iterator[Result]:
    """A run in peace in the old tree, one that is stopped there, and this one going on with it."""
    name = f"{table.replace(':', '-')}-resumed"
    epochs, batch = (12, 4) if table == EVERY_ROW else (5, 16)  # so that an epoch is long enough to be stopped in
    arguments = training(table, name, "--epochs", str(epochs), "--batch-size", str(batch))
    stop(old, name, arguments)
    shutil.move(old.work / name, new.work / name)
    before = len(history(new.work / name))
    old.run(*arguments)
    new.run("train", "--resume", name)
    done = f"resume {table} after {before} of {epochs} epochs"
    yield f"{done}: weights", same_arrays(weights(old.work / name), weights(new.work / name))
    yield f"{done}: history", held(history(old.work / name), history(new.work / name))


def stop(tree: Tree, name: str, arguments: tuple[str, ...]) -> None:
    """Begin a training, and stop it a moment after an epoch. CommandError if it does not end with a checkpoint."""
    metrics = tree.work / name / "metrics.jsonl"
    with tree.start("-m", "striate", *arguments) as process:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if metrics.exists() and metrics.read_bytes().count(b"\n") >= STOPPED_AFTER:
                time.sleep(0.03)
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
    if process.returncode != 128 + signal.SIGTERM:
        raise CommandError(f"{tree.name}: {name} was not stopped: exit code {process.returncode}: {errors.strip()}")


def jobs(old: Tree, new: Tree, parts: list[str]) -> Iterator[tuple[str, Job]]:
    """What is to be compared, by name. The longest first, so that no core waits for it at the end."""
    tables = [part["name"] for part in listed(old)]
    tiny = [name for name in tables if name.endswith(":tiny")]
    if "training" in parts:
        for name in (*reversed(TRAINED), *tiny, EVERY_ROW):
            if name in tables or name == EVERY_ROW:
                yield f"train {name}", lambda name=name: compare_training(old, new, name)
    if "resume" in parts:
        for name in ("lenet5:tiny", "minivggnet:tiny", EVERY_ROW):
            yield f"resume {name}", lambda name=name: compare_resume(old, new, name)
    if "tables" in parts:
        yield "list", lambda: compare_list(old, new)
        for name in (*tables, EVERY_ROW):
            yield f"summary {name}", lambda name=name: compare_summary(old, new, name)
        for one, other in zip(tables, [*tables[1:], tables[0]], strict=True):
            yield f"compare {one}", lambda one=one, other=other: compare_pair(old, new, one, other)


def carried_out(job: tuple[str, Job]) -> list[Result]:
    """The results of a job; that it could not be carried out is one."""
    name, compare = job
    found: list[Result] = []
    try:
        found.extend(compare())
    except (CommandError, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        found.append((name, f"cannot be compared: {' '.join(str(error).split())}"))
    return found


def main() -> None:
    """Print a line for each comparison, and how many differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", metavar="REVISION", help="a commit, branch or tag")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what is compared (all)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the worktree is removed
    started = time.perf_counter()
    same = differ = 0
    with tempfile.TemporaryDirectory() as folder, worktree(options.revision, Path(folder) / "tree") as place:
        old, new = Tree("old", place, Path(folder) / "old"), Tree("new", ROOT, Path(folder) / "new")
        for tree in (old, new):
            tree.work.mkdir()
            tree.check()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for results in pool.map(carried_out, jobs(old, new, options.parts)):
                for what, difference in results:
                    same, differ = same + (difference is None), differ + (difference is not None)
                    print(f"same     {what}" if difference is None else f"DIFFERS  {what}: {difference}", flush=True)
    print(
        f"{same} of {same + differ} the same as {options.revision}, {differ} not; {time.perf_counter() - started:.0f} s"
    )
    sys.exit(differ > 0)


if __name__ == "__main__":
    main()
