"""Ctrl-C at random moments ends `predict`, `evaluate`, `train` and `serve` with one line and code 130.

    python benchmarks/interrupts.py [--interrupts 300] [--at-once 2] [--seed 0]

Each command runs once to its end, which also fills the caches; then again and again in processes of their own, each
with SIGINT at a moment drawn between its first and its last, but not before Striate's handler is there: the start of
the interpreter itself is Python's. `predict` runs ResNet-18 over 200 JPEG photos made here, by the fastest engine;
`evaluate` and `train` take scikit-learn's digits; `serve` answers a client while it is interrupted, up to three seconds
after it is ready. A process that had ended before its signal came is not counted, and another takes its place.

For each interrupt: the exit code; the lines on standard error, of which there is to be one, Striate's; processes that
are still there two seconds later; temporary files, in the folder for them (but those that ONNX Runtime leaves there in
any case), in the cache and in what the command writes.

Goal: code 130 each, one line, no process, no file. POSIX only; processes are found on Linux.
"""

from __future__ import annotations

import argparse
import http.client
import io
import itertools
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from predict_folder import make_photos
from processes import machine

from striate.nn import Model, build, save_model

_PHOTOS = 200
_SERVE_SECONDS = 3.0  # after the server is ready
_CHILD_SECONDS = 2.0  # that a forked process has to notice the end of its parent
_MARK = "STRIATE_INTERRUPTS"
_LEFTOVERS = re.compile(r"\.new-.*|.*\.partial|\..+\..+")  # a checkpoint, a pack, a file in the making

Command = Callable[[Path], list[str]]


@dataclass(frozen=True)
class Interrupted:
    """What became of a process: `code` is 0 if it had ended before the signal."""

    moment: float
    code: int
    errors: str
    seconds: float
    children: int
    files: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        one_line = re.fullmatch(r"striate: [^\n]*(interrupted|stopped)[^\n]*\n", self.errors) is not None
        return self.code == 130 and one_line and not self.children and not self.files


def commands(place: Path) -> dict[str, Command]:
    """The arguments of each command; what it writes goes into the folder that is given."""
    return {
        "predict": lambda _out: ["predict", str(place / "m.safetensors"), str(place / "photos"), "--jsonl"],
        "evaluate": lambda _out: ["evaluate", "lenet5", "--data", "digits"],
        "train": lambda out: ["train", "lenet5", "--data", "digits", "--epochs", "2", "--out", str(out / "run")],
        "serve": lambda out: ["serve", "--port", "0", "--runs", str(out / "runs")],
    }


@contextmanager
def process(arguments: list[str], out: Path, mark: str) -> Iterator[subprocess.Popen[str]]:
    """A command whose temporary files and cache are below `out`, and whose children bear a mark."""
    for folder in ("tmp", "cache"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(out / "tmp"), "XDG_CACHE_HOME": str(out / "cache"), _MARK: mark}
    command = [sys.executable, "-m", "striate", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, encoding="utf-8", env=environment) as running:
        try:
            yield running
        finally:
            running.kill()


def measure(name: str, arguments: list[str], out: Path) -> float:
    """Seconds of the command from its start to its end; of the server, until a while after it is ready."""
    started = time.perf_counter()
    with process(arguments, out, "") as running:
        assert running.stdout is not None
        if name == "serve":
            running.stdout.readline()
            return time.perf_counter() - started + _SERVE_SECONDS
        _, errors = running.communicate()
        if running.returncode:
            raise SystemExit(f"{name} failed: {errors}")
    return time.perf_counter() - started


def interrupt(name: str, command: Command, out: Path, whole: Path, moment: float) -> Interrupted:
    """Run the command with the cache of one that ran to its end, and SIGINT so many seconds after its start."""
    shutil.copytree(whole / "cache", out / "cache")
    mark = uuid.uuid4().hex
    with process(command(out), out, mark) as running:
        sender = threading.Thread(target=interrupt_after, args=(running, moment))
        sender.start()
        started = time.perf_counter()
        if name == "serve":
            assert running.stdout is not None
            ask_until_it_ends(running.stdout.readline())
        _, errors = running.communicate()
        seconds = time.perf_counter() - started - moment
        sender.join()
    children = still_there(mark)
    left = {path.name for path in (out / "tmp").iterdir()} - {path.name for path in (whole / "tmp").iterdir()}
    left |= {path.name for path in out.rglob("*") if _LEFTOVERS.fullmatch(path.name)}
    return Interrupted(moment, running.returncode, errors, seconds, children, tuple(sorted(left)))


def ask_until_it_ends(announced: str) -> None:
    """Send a picture again and again to the server that has announced itself in this line, if it has."""
    picture = io.BytesIO()
    Image.new("L", (28, 28), 255).save(picture, "PNG")
    port = re.search(r"http://127\.0\.0\.1:(\d+)", announced)
    while port:
        connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=20)
        try:
            kind = {"Content-Type": "image/png"}
            connection.request("POST", "/v1/models/lenet5/predict", picture.getvalue(), kind)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()


def still_there(mark: str) -> int:
    """Processes with this mark in their environment, after a while."""
    until = time.perf_counter() + _CHILD_SECONDS
    while found := sum(has_mark(folder, mark) for folder in Path("/proc").glob("[0-9]*")):
        if time.perf_counter() > until:
            break
        time.sleep(0.1)
    return found


def has_mark(folder: Path, mark: str) -> bool:
    with suppress(OSError):
        return f"{_MARK}={mark}".encode() in (folder / "environ").read_bytes()
    return False


def interrupt_after(running: subprocess.Popen[str], moment: float) -> None:
    """SIGINT at a moment, in seconds from now, but not before Striate handles it.

    A handler of SIGINT is there from the interpreter's first moment, Python's own; Striate's is there when SIGTERM,
    which Python leaves alone, has one too.
    """
    time.sleep(moment)
    while running.poll() is None and not handles(running.pid, signal.SIGTERM):
        time.sleep(0.001)
    running.send_signal(signal.SIGINT)


def handles(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler of a signal."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        caught = next(line for line in lines if line.startswith("SigCgt:")).split()[1]
        return bool(int(caught, 16) >> (number - 1) & 1)
    return False


def interrupt_until_it_counts(
    name: str, command: Command, out: Path, whole: Path, longest: float, seed: str
) -> Interrupted:
    """One interrupt at a moment up to the longest; again where the process had ended before."""
    generator = random.Random(seed)
    for attempt in itertools.count():
        again = out.with_name(f"{out.name}-{attempt}")
        found = interrupt(name, command, again, whole, generator.uniform(0, longest))
        shutil.rmtree(again)
        if found.code != 0:
            return found
    raise AssertionError


def campaign(count: int, at_once: int, place: Path, seed: int) -> dict[str, list[Interrupted]]:
    """So many interrupts of each command, in turn."""
    every = commands(place)
    whole = {name: place / f"{name}-whole" for name in every}
    longest = {name: measure(name, command(whole[name]), whole[name]) for name, command in every.items()}
    found: dict[str, list[Interrupted]] = {name: [] for name in every}
    with ThreadPoolExecutor(at_once) as pool:
        runs = {
            pool.submit(
                interrupt_until_it_counts,
                name,
                command,
                place / f"{name}{number}",
                whole[name],
                longest[name],
                f"{seed} {name} {number}",
            ): name
            for number in range(count)
            for name, command in every.items()
        }
        for run in as_completed(runs):
            one = run.result()
            found[runs[run]].append(one)
            if not one.is_clean:
                print(f"  {runs[run]}, after {one.moment:.2f} s: {one}", flush=True)
            words = (f"{name} {sum(one.is_clean for one in some)} of {len(some)}" for name, some in found.items())
            print(f"clean: {', '.join(words)}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Interrupt, print a line for each command, and fail if one is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interrupts", type=int, default=300, help="of all commands together (300)")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="processes (one for each core)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    options = parser.parse_args()
    # A shell lets what it starts in the background ignore SIGINT, and so would the processes that are started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(machine("torch", "onnxruntime", "openvino"))
    started, count = time.perf_counter(), options.interrupts // 4
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make_photos(place / "photos", "500x375", _PHOTOS)
        network = build("resnet18:torchvision", seed=0)
        save_model(place / "m.safetensors", Model(network, tuple(map(str, range(1000))), {}, {}))
        found = campaign(count, options.at_once, place, options.seed)
    minutes = (time.perf_counter() - started) / 60
    print(f"{count} interrupts each, {options.at_once} at once, seed {options.seed}; {minutes:.0f} minutes")
    for name, some in found.items():
        codes = ", ".join(f"{code}: {times}" for code, times in sorted(Counter(one.code for one in some).items()))
        seconds = [one.seconds for one in some]
        print(
            f"{name:8}  codes {codes}; clean {sum(one.is_clean for one in some)} of {len(some)};"
            f" ended after {statistics.median(seconds):.2f} s, at most {max(seconds):.2f}"
        )
    if not all(one.is_clean for some in found.values() for one in some):
        sys.exit("the goal was missed")


if __name__ == "__main__":
    main()
