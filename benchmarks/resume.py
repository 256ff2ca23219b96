"""A training that is killed and resumed, again and again, ends in the same weights, bit for bit.

    python benchmarks/resume.py [--kills 200] [--out benchmarks/resume.md]

Each run is killed with SIGKILL until it ends, and compared with one that was not interrupted: all weights, every epoch
once in metrics.jsonl, the names of the files, the snapshots of its replay byte by byte. The kinds of kills:

- at a random instant of the training;
- at a random file operation in the run directory, from the making of the directory to the last file of the report;
- of two processes that train together, one of them or both, at either;
- of torchrun itself with its two processes, at a random instant;
- of a run that the lab started, at a random instant;
- none, but of a finished run of two processes the report is deleted, and made again under torchrun: each must exit
  with 0.

A session is a forked process, so that it costs no import, but for torchrun's and the lab's. It has 0, 1 or 2 workers
in turn, and writes a checkpoint after each step or nearly so, so that many kills interrupt the writing of one. The
recipe has all that must be restored: dropout, augmentation, batch normalization, a mean of weights, a schedule, Adam's
moments. A directory without run.json must be refused by `resume` with what to do, and taken by `train`. The plots are
replaced by small files: they take longer than this training.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

_MOST = 12  # after so many kills a run is left to end
_FILE_OPERATIONS = 150  # of the sessions that are killed at one, about as many as a whole run has
_PATIENCE = 300  # seconds
_TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
_SNAPSHOTS = 6
_SHARE = 3  # a session lasts at most this part of the uninterrupted training


class Plots:
    """Small files instead of the plots."""

    def __init__(self) -> None:
        from striate.training import plots

        for name in ("curves", "confusion", "calibration", "mistakes"):
            setattr(plots, f"plot_{name}", self.write)

    @staticmethod
    def write(*arguments: object) -> None:
        (path,) = (argument for argument in arguments if isinstance(argument, Path))
        path.write_bytes(b"a plot")


def session(
    out: Path, workers: int, epochs: int, started: Connection | None = None, kill_at: int | None = None
) -> None:
    """Train, or resume, to the end; killed before the file operation `kill_at` in the run directory."""
    from striate.errors import TrainingError
    from striate.tables import RandomTranslation, Rotation, load_table
    from striate.training import Callback, Options, resume, train

    class Started(Callback):
        def on_start(self, device: str) -> None:  # noqa: ARG002
            if started is not None:
                started.send(True)

    Plots()
    torch.set_num_threads(1)
    options = Options(workers=workers, checkpoint_seconds=0.01, precision="float32", device="cpu")
    if kill_at is not None:
        _kill_at(out, kill_at)
    if (out / "run.json").exists():
        resume(out, options=options, callbacks=[Started()])
        return
    if out.exists():
        try:
            resume(out)
        except TrainingError as error:
            assert "start it again with --out" in str(error), error
    table = load_table("minivggnet:tiny")
    augmentation = (RandomTranslation(cells=2), Rotation())
    recipe = replace(table.recipe, epochs=epochs, batch_size=128, ema=0.9, augmentation=augmentation)
    train(table, "digits", out, recipe=recipe, replay=_SNAPSHOTS, options=options, callbacks=[Started()])


def _kill_at(out: Path, number: int) -> None:
    """Kill this process before this file operation (counted from 0) in a directory."""
    operations = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.chmod", "shutil.rmtree"}
    left, inside = [number], str(out)

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        if event in operations and any(str(part).startswith(inside) for part in arguments[:2]):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def _rank_session(rank: int, world_size: int, port: int, *arguments: Any) -> None:
    """A session as one of several processes, as torchrun starts them."""
    os.environ |= {
        "TORCHELASTIC_RUN_ID": "benchmark",
        **dict.fromkeys(("RANK", "LOCAL_RANK"), str(rank)),
        **dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), str(world_size)),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    from striate.errors import TrainingError

    try:
        session(*arguments)
    except TrainingError as error:  # the other process was killed
        sys.exit(str(error))


@dataclass(frozen=True)
class Kill:
    """When a session is killed: after so many seconds of training, or at a file operation; `ranks` are those killed."""

    seconds: float | None = None
    operation: int | None = None
    ranks: tuple[int, ...] = (0,)


def run_session(out: Path, workers: int, epochs: int, kill: Kill, processes: int = 1) -> tuple[int, float]:
    """A session in a process of its own, or in several: how many were killed, and the seconds of training."""
    context = multiprocessing.get_context("forkserver")
    receiver, sender = context.Pipe(duplex=False)
    port = _free_port()
    sessions = []
    for rank in range(processes):
        operation = kill.operation if rank in kill.ranks else None
        words = (out, workers, epochs, sender, operation)
        target = session if processes == 1 else _rank_session
        process = context.Process(target=target, args=words if processes == 1 else (rank, processes, port, *words))
        process.start()
        sessions.append(process)
    sender.close()
    while not receiver.poll(0.01) and all(process.is_alive() for process in sessions):
        pass  # none trains yet; one that is killed before leaves the others waiting for it
    started = time.perf_counter()
    if kill.seconds is not None:
        time.sleep(kill.seconds)
        for rank in kill.ranks:
            sessions[rank].kill()
    killed = _wait(sessions)
    return killed, time.perf_counter() - started


def _wait(sessions: list[Any]) -> int:
    """Wait until all have ended; when one is killed, end the others, as torchrun does. How many were killed."""
    deadline = time.monotonic() + _PATIENCE
    while any(process.is_alive() for process in sessions):
        if any(process.exitcode == -signal.SIGKILL for process in sessions):
            for process in sessions:
                if process.is_alive():
                    process.terminate()
                    process.join(2)
                    process.kill()
        if time.monotonic() > deadline:
            for process in sessions:
                process.kill()
        time.sleep(0.005)
    codes = [process.exitcode for process in sessions]
    killed = codes.count(-signal.SIGKILL)
    if not killed and any(codes):
        raise SystemExit(f"a session failed: exit codes {codes}")
    return killed


def run_torchrun(out: Path, workers: int, epochs: int, seconds: float | None) -> tuple[int, float]:
    """A session under torchrun; it and its processes are killed after so many seconds, counted from its beginning."""
    command = [*_TORCHRUN, str(Path(__file__).absolute()), "--session", str(out), str(workers), str(epochs)]
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    ) as process:
        try:
            _, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for pid in _descendants(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.communicate()
            return 1, time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"a session failed: {errors}")
    return 0, time.perf_counter() - started


def _descendants(pid: int) -> list[int]:
    """A process and those that it has started: torchrun gives each a session of its own."""
    import psutil

    process = psutil.Process(pid)
    return [pid, *(child.pid for child in process.children(recursive=True))]


def run_lab(out: Path, _workers: int, epochs: int, seconds: float | None) -> tuple[int, float]:
    """A session as the lab starts it: a request, and the worker's process; killed after so many seconds."""
    import psutil

    from striate.runs import RunPaths, RunStore, TrainRequest
    from striate.tables import load_table

    store = RunStore(out.parent, "cpu")
    started = time.perf_counter()
    if not RunPaths(store.folder, out.name).request.exists():
        table = load_table("minivggnet:tiny")
        recipe = replace(table.recipe, epochs=epochs, batch_size=128, ema=0.9)
        name = store.start(TrainRequest(replace(table, recipe=recipe), "digits", "digits", None))
        assert name == out.name, name
    else:
        store.resume(out.name)
    holder = store.running()
    if holder is not None and seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(holder.pid).kill()
    while store.running() is not None:
        time.sleep(0.05)
    return int(not (out / "README.md").exists()), time.perf_counter() - started


@dataclass
class Result:
    """Of a kind of kills: kills survived, runs ended, and those equal to the uninterrupted run."""

    kills: int = 0
    runs: int = 0
    equal: int = 0
    seconds: float = 0.0


KINDS = ("instant", "file", "together", "torchrun", "lab", "report")
WORDS = {
    "instant": "at a random instant of the training",
    "file": "at a random file operation in the run directory",
    "together": "of one of two processes or both, at either",
    "torchrun": "of torchrun and its processes, at a random instant",
    "lab": "of a run of the lab, at a random instant",
    "report": "none: the report was deleted, and made again under torchrun",
}


_SHARES = {"instant": 0.25, "file": 0.3, "together": 0.25, "torchrun": 0.1, "lab": 0.1, "report": 0.25}
"""Of the kills of all kinds; of the reports, which are none, as many as a quarter of them."""


def campaign(kind: str, kills: int, epochs: int, folder: Path) -> Result:
    """Kill runs in a way, until so many kills were survived. The runs of the lab stand in `folder` itself."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["striate.training.api", "sklearn.datasets", "sklearn.metrics", "filelock"])
    generator, result, began = random.Random(kind), Result(), time.perf_counter()
    whole = _out(folder, kind, 1)
    _, total = _session_of(kind, whole, 1, epochs, Kill())
    longest = total if kind in ("torchrun", "lab") else total / _SHARE
    while result.kills < kills:
        out, of_run = _out(folder, kind, result.runs + 2), 0
        while not (out / "README.md").exists():
            kill = _draw(kind, generator, longest) if of_run < _MOST else Kill()
            killed, _ = _session_of(kind, out, (result.runs + of_run) % 3, epochs, kill)
            of_run += bool(killed)
        result.kills += of_run
        result.runs += 1
        result.equal += is_equal(out, whole, epochs)
        if kind != "lab":  # whose names are numbers: the next free one
            shutil.rmtree(out)
        result.seconds = time.perf_counter() - began
        print(f"{kind}: {result}", file=sys.stderr, flush=True)
    return result


def report_campaign(times: int, epochs: int, folder: Path) -> Result:
    """Delete the report of a finished run of two processes, and resume it by the command line, so many times."""
    result, began = Result(), time.perf_counter()
    out, whole = folder / "run", folder / "whole"
    run_torchrun(out, 1, epochs, None)
    shutil.copytree(out, whole)
    for _ in range(times):
        (out / "README.md").unlink()
        command = [*_TORCHRUN, "-m", "striate", "train", "--resume", str(out)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
        result.runs += 1
        result.equal += done.returncode == 0 and is_equal(out, whole, epochs)
        result.seconds = time.perf_counter() - began
        print(f"report: {result}", file=sys.stderr, flush=True)
    return result


def _out(folder: Path, kind: str, number: int) -> Path:
    return folder / (f"minivggnet-tiny-digits-{number}" if kind == "lab" else f"{kind}-{number}")


def _draw(kind: str, generator: random.Random, longest: float) -> Kill:
    """A random kill; half of those of a file operation are among the first."""
    seconds, ranks = generator.uniform(0, longest), (0,)
    if kind == "together":
        ranks = generator.choice([(0,), (1,), (0, 1)])
    if kind == "file" or (kind == "together" and 0 in ranks and generator.random() < 0.5):
        most = generator.choice([20, _FILE_OPERATIONS])
        return Kill(operation=generator.randrange(most), ranks=ranks)
    return Kill(seconds=seconds, ranks=ranks)


def _session_of(kind: str, out: Path, workers: int, epochs: int, kill: Kill) -> tuple[int, float]:
    if kind == "torchrun":
        return run_torchrun(out, workers, epochs, kill.seconds)
    if kind == "lab":
        return run_lab(out, workers, epochs, kill.seconds)
    return run_session(out, workers, epochs, kill, processes=2 if kind == "together" else 1)


def is_equal(out: Path, whole: Path, epochs: int) -> bool:
    """Whether two finished runs have the same weights and files, and each epoch once; what differs is printed."""
    ours, others = (safetensors.torch.load_file(path / "model.safetensors") for path in (out, whole))
    lines = (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    found = {
        "weights": ours.keys() == others.keys() and all(torch.equal(ours[name], others[name]) for name in ours),
        "epochs": [json.loads(line)["epoch"] for line in lines] == list(range(1, epochs + 1)),
        "files": _names(out) == _names(whole),
        "replay": _replay(out) == _replay(whole),
    }
    if not all(found.values()):
        print(out, found, sorted(path.name for path in out.iterdir()), file=sys.stderr)
    return all(found.values())


def _names(run: Path) -> set[str]:
    """Of a run's files; without the lock, which a session leaves that is killed after its last file."""
    return {path.name for path in run.iterdir() if path.name not in (".lock", ".lock.json")}


def _replay(run: Path) -> dict[str, bytes]:
    """The files of a run's replay, with their content."""
    return {path.name: path.read_bytes() for path in (run / "replay").glob("*")}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _report(results: dict[str, Result], options: argparse.Namespace) -> str:
    shown = {WORDS[kind]: results[kind] for kind in KINDS if kind in results}
    rows = [f"| {words} | {r.kills} | {r.runs} | {r.equal} | {r.seconds:.0f} |" for words, r in shown.items()]
    kills, runs, equal = (sum(getattr(r, name) for r in results.values()) for name in ("kills", "runs", "equal"))
    return f"""# Killed and resumed

`python benchmarks/resume.py --kills {options.kills} --epochs {options.epochs}`; torch {torch.__version__},
{os.cpu_count()} cores, shared with other work. Equal is a run with the uninterrupted one's weights, bit for bit, with
each epoch once in metrics.jsonl, with the same files, and with the same snapshots byte by byte.

| SIGKILL | kills | runs ended | equal | seconds |
|---|---|---|---|---|
{chr(10).join(rows)}
| **all** | **{kills}** | **{runs}** | **{equal}** | |
"""


def _campaign_of(kind: str, kills: int, epochs: int) -> Result:
    """A kind's part of all kills, in a folder of its own."""
    number = max(1, round(kills * _SHARES[kind]))
    with tempfile.TemporaryDirectory() as folder:
        if kind == "report":
            return report_campaign(number, epochs, Path(folder))
        return campaign(kind, number, epochs, Path(folder))


def main() -> None:
    """Print the result as Markdown; exit code 1 if any run differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--kills", type=int, default=200, help="of all kinds together; of torchrun and the lab a tenth each (200)"
    )
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--at-once", type=int, default=1, help="kinds that run at the same time (1)")
    parser.add_argument("--out", type=Path, help="the file that is written after each kind")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(options.at_once) as pool:
        campaigns = {pool.submit(_campaign_of, kind, options.kills, options.epochs): kind for kind in options.kinds}
        for done in as_completed(campaigns):
            results[campaigns[done]] = done.result()
            if options.out is not None:
                options.out.write_text(_report(results, options), encoding="utf-8", newline="\n")
    print(_report(results, options))
    sys.exit(any(result.equal != result.runs for result in results.values()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--session"]:
        session(Path(sys.argv[2]), *map(int, sys.argv[3:]))
    else:
        main()
