"""Trainings in a folder of runs, each a process of its own, so that it outlives the server that starts it.

The store keeps no state: what a run is, and how far it is, is read from the disk. A run is a directory as
`striate train --out` makes it, so that the runs of the command line are listed too.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from striate.errors import RunConflictError, RunNotFoundError, StriateError, TrainingError
from striate.runs.file_cache import FileCache
from striate.runs.lock import LockHolder, TrainingLock
from striate.runs.log import DIVERGED_PREFIX, read_failure, shorten_line
from striate.runs.request import TrainRequest, write_train_request
from striate.runs.run_files import (
    ModelSummary,
    ReplaySummary,
    RunPaths,
    RunScores,
    RunSummary,
    find_samples,
    read_history,
    read_kernels,
    read_live,
    read_model_summary,
    read_replay,
    read_scores,
    read_summary,
)
from striate.runs.state_files import NEW_SUFFIX, REQUEST_SUFFIX, STATE_FOLDER
from striate.runs.worker import CONFLICT, LOCKED
from striate.runtime import DEVICE_VARIABLE, is_temporary, start_detached, write_atomically
from striate.text import is_printable, safe_name
from striate.training import RUN_CONFIG_NAME, find_snapshots, run_holder

RunState = Literal["running", "finished", "stopped", "failed", "outside"]
"""`outside`: started on the command line and not finished; whether it is running is not known."""
_MOST_RUNS = 200  # that are listed, the newest
_WRITTEN = 60.0  # seconds in which whoever writes a small file has done so
_MOST_HISTORIES = 8  # that are cached
_NAME_BYTES = 150
_PART_BYTES = 60  # of a table's name, and of a data set's, in the name of a run


@dataclass(frozen=True)
class RunStatus:
    """A run in the list; `own` if the store started it, `has_model` once an epoch is done."""

    name: str
    state: RunState
    summary: RunSummary
    scores: RunScores
    has_model: bool
    own: bool


@dataclass(frozen=True)
class RunDetails:
    """A run with its metrics by column, the progress of its present epoch, its snapshots if it keeps any, why it
    failed, if it did, and whether it `diverged`: to resume it would lead there again."""

    status: RunStatus
    history: dict[str, list[float]] | None
    live: dict[str, Any] | None
    replay: ReplaySummary | None
    reason: str | None

    @property
    def diverged(self) -> bool:
        """Whether it failed because its loss was no finite number any more."""
        return self.reason is not None and self.reason.startswith(DIVERGED_PREFIX)


class RunStore:
    """The runs in a folder. Calls must come from one thread at a time.

    `device` is the name of the one that they are trained on; by default what $STRIATE_DEVICE says, else "auto".
    """

    def __init__(self, folder: Path, device: str | None = None) -> None:
        self.folder = folder.absolute()
        self._device = device
        self._lock = TrainingLock(self.folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._requests, self._configs = FileCache(read_summary, _MOST_RUNS), FileCache(read_summary, _MOST_RUNS)
        self._scores = FileCache(read_scores, _MOST_RUNS)
        self._models = FileCache(read_model_summary, _MOST_RUNS)
        self._histories = FileCache(read_history, _MOST_HISTORIES)

    def remove_leftovers(self) -> None:
        """Remove what servers and trainings left that were killed while they wrote: files that are a minute old, for
        others may be writing now."""
        for path in self.folder.joinpath(STATE_FOLDER).glob("*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                is_empty_request = path.name.endswith(REQUEST_SUFFIX) and status.st_size == 0
                is_leftover = is_temporary(path) or path.suffix == NEW_SUFFIX or is_empty_request
                if is_leftover and time.time() - status.st_mtime > _WRITTEN:
                    path.unlink()

    def list_runs(self) -> list[RunStatus]:
        """Every run, the newest first."""
        holder = self.running()
        return [status for name in self._names() if (status := self._status(name, holder)) is not None]

    def get(self, name: str) -> RunDetails:
        """All that is known of a run. RunNotFoundError if there is none of that name."""
        status = self._existing(name, self.running())
        paths = RunPaths(self.folder, name)
        return RunDetails(
            status,
            self._histories.get(paths.metrics),
            read_live(paths.live),
            read_replay(paths),
            _failure(paths) if status.state == "failed" else None,
        )

    def model_path(self, name: str, step: int | None = None) -> Path | None:
        """The model file of a run, or of its snapshot of a step; None if there is no such run, or it has none."""
        if not _is_run_name(name):
            return None
        paths = RunPaths(self.folder, name)
        if step is not None:
            return find_snapshots(paths.directory).get(step)
        return paths.model if paths.model.is_file() else None

    def models(self) -> dict[str, ModelSummary]:
        """The models of the runs by the runs' names; damaged ones are left out."""
        summaries = {name: self._models.get(RunPaths(self.folder, name).model) for name in self._names()}
        return {name: summary for name, summary in summaries.items() if summary is not None}

    def samples(self, name: str) -> dict[str, Path]:
        """The validation pictures that a run keeps, by their classes; none of one that is unknown or not finished."""
        if not _is_run_name(name):
            return {}
        paths = RunPaths(self.folder, name)
        model = self._models.get(paths.model)
        return {} if model is None else find_samples(paths, model.classes)

    def running(self) -> LockHolder | None:
        """The training that is running, if there is one; also one that another server started."""
        if self._process is not None:
            self._process.poll()  # removes the entry of a process that has ended
        return self._lock.holder()

    def start(self, request: TrainRequest) -> str:
        """Start a training in a process of its own, and return the run's name.

        Raises:
            RunConflictError: another training is running.
            TrainingError: the folder cannot be written.
        """
        with self._writing():
            self._check_idle()
            paths = self._new_paths(request)
            try:
                write_train_request(paths.request, request)
                self._launch(paths)
            except (OSError, StriateError):  # there is no such run then
                paths.live.unlink(missing_ok=True)
                paths.request.unlink(missing_ok=True)
                raise
        return paths.name

    def resume(self, name: str) -> None:
        """Resume a run that was stopped or failed from its last checkpoint, or start it again if it has none.

        Raises:
            RunNotFoundError: there is no such run.
            RunConflictError: it is finished, was not started by a store, or another training is running.
        """
        paths = self._own_paths(name)
        with self._writing():
            self._check_idle()
            if paths.card.exists():
                raise RunConflictError("this run is finished")
            _check_not_trained(paths)
            self._launch(paths)

    def stop(self, name: str) -> None:
        """Ask a training to end after its current step, with a checkpoint. RunConflictError if it is not running."""
        holder = self.running()
        if holder is None or holder.run != name:
            raise RunConflictError("this run is not being trained")
        with self._writing():
            RunPaths(self.folder, name).stop.touch()

    def delete(self, name: str) -> None:
        """Remove a run with all its files.

        Raises:
            RunNotFoundError: there is no such run.
            RunConflictError: it is being trained, or was not started by a store.
        """
        paths, holder = self._own_paths(name), self.running()
        if holder is not None and holder.run == name:
            raise RunConflictError("this run is being trained; stop it first")
        with self._writing():
            _check_not_trained(paths)
            if paths.directory.exists():
                shutil.rmtree(paths.directory)
            # The request last: a delete that fails can be repeated.
            for path in (paths.live, paths.log, paths.stop, paths.request):
                path.unlink(missing_ok=True)

    def _names(self) -> list[str]:
        """The names of the newest runs, the newest first."""
        requests = self.folder.joinpath(STATE_FOLDER).glob(f"*{REQUEST_SUFFIX}")
        configs = self.folder.glob(f"*/{RUN_CONFIG_NAME}")
        started_files = {path.parent.name: path for path in configs}
        started_files |= {path.name.removesuffix(REQUEST_SUFFIX): path for path in requests}
        started: dict[str, float] = {}
        for name, path in started_files.items():
            if _is_run_name(name):
                with contextlib.suppress(OSError):
                    started[name] = path.stat().st_mtime
        return sorted(started, key=lambda name: (started[name], name), reverse=True)[:_MOST_RUNS]

    def _status(self, name: str, holder: LockHolder | None) -> RunStatus | None:
        """A run in the list; None if there is no such run."""
        paths = RunPaths(self.folder, name)
        requested, config = self._requests.get(paths.request), self._configs.get(paths.config)
        summary = requested or config
        if summary is None:
            return None
        if config is not None:  # which may have been given more epochs since
            summary = replace(summary, epochs=config.epochs)
        return RunStatus(
            name,
            _state(paths, holder),
            summary,
            self._scores.get(paths.metrics) or RunScores(0, None),
            has_model=paths.model.is_file(),
            own=paths.request.is_file(),
        )

    def _existing(self, name: str, holder: LockHolder | None) -> RunStatus:
        status = self._status(name, holder) if _is_run_name(name) else None
        if status is None:
            raise RunNotFoundError("there is no run of that name")
        return status

    def _own_paths(self, name: str) -> RunPaths:
        """The files of a run that a store started."""
        if not self._existing(name, None).own:
            raise RunConflictError("this run was not started here, and may be running elsewhere: use the command line")
        return RunPaths(self.folder, name)

    def _check_idle(self) -> None:
        """RunConflictError if a training is running."""
        if self.running() is not None:
            raise self._lock.conflict()

    def _new_paths(self, request: TrainRequest) -> RunPaths:
        """The files of a new run: its name is that of the table, of the data, and the next free number.

        The file of its request is made here, empty, so that no other server takes the name.
        """
        prefix = "-".join(safe_name(part, "table", most=_PART_BYTES) for part in (request.table.name, request.data))
        number = 1
        while True:
            paths = RunPaths(self.folder, f"{prefix}-{number}")
            with contextlib.suppress(FileExistsError):
                if not paths.directory.exists():
                    paths.request.touch(exist_ok=False)
                    return paths
            number += 1

    def _launch(self, paths: RunPaths) -> None:
        """Start the process, and wait until it has the lock.

        Raises:
            RunConflictError: another training was faster.
            TrainingError: the process has ended before.
        """
        live = {"phase": "starting", "kernels": read_kernels(paths.live), "warnings": []}
        write_atomically(paths.live, json.dumps(live).encode())
        command = [sys.executable, "-P", "-m", "striate.runs.worker", str(self.folder), paths.name]
        device = {} if self._device is None else {DEVICE_VARIABLE: self._device}
        self._process = start_detached(command, device)
        assert self._process.stdout is not None
        line = b""
        with self._process.stdout as output:
            for line in map(bytes.strip, output):
                if line == LOCKED:
                    return
        self._process.wait()
        if line == CONFLICT:
            raise self._lock.conflict()
        reason = shorten_line(line.decode(errors="replace")) or f"exit code {self._process.returncode}"
        raise TrainingError(f"the process of the training ended before it began: {reason}")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """TrainingError if the folder of the runs cannot be written."""
        try:
            (self.folder / STATE_FOLDER).mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise TrainingError(f"the folder of the runs cannot be written: {error.strerror or error}") from None


def _check_not_trained(paths: RunPaths) -> None:
    """RunConflictError if a process that no store started, such as the command line's, trains in the directory."""
    if paths.directory.is_dir() and (holder := run_holder(paths.directory)) is not None:
        raise RunConflictError(f"this run is being trained by process {holder['pid']}; stop it there first")


def _state(paths: RunPaths, holder: LockHolder | None) -> RunState:
    if holder is not None and holder.run == paths.name:
        return "running"
    if paths.card.is_file():
        return "finished"
    if not paths.request.is_file():
        return "outside"
    return "stopped" if _failure(paths) is None else "failed"


def _failure(paths: RunPaths) -> str | None:
    """Why a run failed; None if it was stopped, or has no log."""
    try:
        return read_failure(paths.log)
    except OSError:
        return None


def _is_run_name(name: str) -> bool:
    """Whether this can be the name of a run: of a folder directly in the folder of runs, printable, not hidden."""
    fits = 0 < len(name.encode(errors="replace")) <= _NAME_BYTES
    plain = Path(name).name == name and "\\" not in name  # on Windows `C:pets` is on another drive
    return fits and is_printable(name) and name[0] != "." and plain
