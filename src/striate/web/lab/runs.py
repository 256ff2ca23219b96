"""Trainings that the page starts, each a process of its own, so that it outlives the page and the server.

Nothing is remembered here: what a run is, and how it stands, is read from the disk. A run is a directory as
`striate train --out` makes it, so those made on the command line are shown too.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from striate.errors import TrainingError
from striate.runtime import write_atomically
from striate.web.errors import HTTPError
from striate.web.lab.lock import HERE, Holder, TrainingLock, write_holder
from striate.web.lab.run_files import (
    FOLDER,
    FileCache,
    RunPaths,
    read_history,
    read_json,
    read_model,
    read_reason,
    read_scores,
    read_summary,
)
from striate.web.lab.settings import LabSettings
from striate.web.lab.train_request import TrainRequest, write_train_request
from striate.web.lab.worker import encoded

State = Literal["running", "finished", "stopped", "failed", "outside"]
"""`outside`: begun on the command line and not finished; whether it goes on there is not known."""
_MOST = 200  # runs that are shown, the newest
_NAME_BYTES = 150
_FIRST_LETTERS = 40  # of a table's name, and of a data set's, in the name of a run


class RunStore:
    """The runs in the lab's folder. One thread at a time may ask."""

    def __init__(self, settings: LabSettings) -> None:
        self.folder = settings.runs.absolute()
        self._lock = TrainingLock(self.folder / FOLDER / "lock")
        self._child: subprocess.Popen[bytes] | None = None
        self._about, self._scores = FileCache(read_summary, _MOST), FileCache(read_scores, _MOST)
        self._models, self._histories = FileCache(read_model, _MOST), FileCache(read_history, 8)

    def model(self, name: str) -> Path | None:
        """The model file of a run, if there is such a run and it has one."""
        path = RunPaths(self.folder, name).model
        return path if _possible(name) and path.is_file() else None

    def models(self) -> list[dict[str, Any]]:
        """The models of the runs, for the page's list; a damaged one is left out."""
        found = ((name, self._models.of(RunPaths(self.folder, name).model)) for name in self._names())
        return [{"name": f"runs/{name}", **told} for name, told in found if told is not None]

    def all(self) -> list[dict[str, Any]]:
        """Every run, the newest first: its state, its table and data, how many epochs are done, the best accuracy."""
        holder = self._holder()
        return [told for name in self._names() if (told := self._told(name, holder)) is not None]

    def one(self, name: str) -> dict[str, Any]:
        """All that is known of a run: as in `all`, its epochs, and how it goes. Refusal 404 if there is none."""
        told = self._told(name, self._holder()) if _possible(name) else None
        if told is None:
            raise HTTPError(404, "there is no run of that name")
        files = RunPaths(self.folder, name)
        try:
            live = read_json(files.live)
        except (OSError, ValueError):
            live = None
        return {
            **told,
            "history": self._histories.of(files.metrics),
            "live": live if isinstance(live, dict) else None,
            "reason": _reason(files) if told["state"] == "failed" else None,
        }

    def start(self, order: TrainRequest) -> str:
        """Begin a training, in a process of its own; its name. Refusal 409 if one goes on already."""
        with self._writing(), self._lock.taken() as handle:
            files = self._new(order)
            write_train_request(files.order, order)
            self._launch(files, handle)
        return files.name

    def resume(self, name: str) -> None:
        """Go on with a run that was stopped, or failed, from its last checkpoint, or anew where it has none."""
        files = self._own(name)
        with self._writing(), self._lock.taken() as handle:
            if files.card.exists():
                raise HTTPError(409, "this run is finished")
            self._launch(files, handle)

    def stop(self, name: str) -> None:
        """Ask the training to end after its current step, with a checkpoint."""
        holder = self._holder()
        if holder is None or holder.run != name:
            raise HTTPError(409, "this run is not being trained")
        if holder.pid <= 0:
            raise HTTPError(409, "this run is about to begin; try again")
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(holder.pid, signal.SIGTERM)

    def delete(self, name: str) -> None:
        """Remove a run that is not being trained, with all that it holds."""
        files, holder = self._own(name), self._holder()
        if holder is not None and holder.run == name:
            raise HTTPError(409, "this run is being trained; stop it first")
        with self._writing():
            if files.out.exists():
                shutil.rmtree(files.out)
            for path in (files.live, files.log, files.order):  # the last one: till then it can be deleted again
                path.unlink(missing_ok=True)

    def going_on(self) -> str | None:
        """That a training goes on without the server, and how it is stopped, in one line; None if there is none."""
        holder = self._holder()
        if holder is None or not holder.run:
            return None
        ends = f"`kill {holder.pid}` ends it, with a checkpoint" if holder.pid > 0 else "it has just begun"
        return f"the training of {self.folder / holder.run} goes on; {ends}"

    def _holder(self) -> Holder | None:
        if self._child is not None:
            self._child.poll()  # one that has ended is no more
        return self._lock.holder() if HERE else None

    def _names(self) -> list[str]:
        """The runs, the newest first."""
        ordered = {path.name.removesuffix(".order.json"): path for path in (self.folder / FOLDER).glob("*.order.json")}
        told = {path.parent.name: path for path in self.folder.glob("*/run.json")}
        began: dict[str, float] = {}
        for name, path in {**told, **ordered}.items():
            if _possible(name):
                with contextlib.suppress(OSError):
                    began[name] = path.stat().st_mtime
        return sorted(began, key=lambda name: (began[name], name), reverse=True)[:_MOST]

    def _told(self, name: str, holder: Holder | None) -> dict[str, Any] | None:
        """What the list says of a run; None if there is no such run."""
        files = RunPaths(self.folder, name)
        about = self._about.of(files.order) or self._about.of(files.told)
        if about is None:
            return None
        done, best = self._scores.of(files.metrics) or (0, None)
        return {
            "name": name,
            "state": _state(files, holder),
            **asdict(about),
            "done": done,
            "best": best,
            "model": files.model.is_file(),
            "own": files.order.is_file(),
        }

    def _own(self, name: str) -> RunPaths:
        """A run that was begun from the page. Refusal if it was not."""
        files = RunPaths(self.folder, name)
        if not _possible(name) or self._told(name, None) is None:
            raise HTTPError(404, "there is no run of that name")
        if not files.order.is_file():
            raise HTTPError(409, "this run was not begun here, and may go on elsewhere: use the command line")
        return files

    def _new(self, order: TrainRequest) -> RunPaths:
        """A name that is not taken, of the table's, the data's and a number."""
        begin = "-".join(_plain(part) for part in (order.table.name, order.data))
        number = 1
        while True:
            files = RunPaths(self.folder, f"{begin}-{number}")
            if not (files.out.exists() or files.order.exists()):
                return files
            number += 1

    def _launch(self, files: RunPaths, handle: int) -> None:
        """The process, apart from this one: it inherits the lock, and no signal that ends the server reaches it.

        It writes its number into the lock itself, once it can be stopped.
        """
        kernels = self._kernels(files)
        write_atomically(files.live, encoded({"phase": "starting", "kernels": kernels, "warnings": []}))
        write_holder(handle, Holder(files.name, 0))
        command = [
            sys.executable,
            "-P",
            "-m",
            "striate.web.lab.train_worker",
            str(self.folder),
            files.name,
            str(handle),
        ]
        with files.log.open("wb") as log:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=[handle],
                start_new_session=True,
            )

    def _kernels(self, files: RunPaths) -> Any:
        """Those of an earlier sitting, which a later one goes on with."""
        try:
            return read_json(files.live)["kernels"]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """TrainingError if the folder of the runs cannot be written."""
        try:
            (self.folder / FOLDER).mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise TrainingError(f"the folder of the runs cannot be written: {error.strerror or error}") from None


def _state(files: RunPaths, holder: Holder | None) -> State:
    if holder is not None and holder.run == files.name:
        return "running"
    if files.card.is_file():
        return "finished"
    if not files.order.is_file():
        return "outside"
    return "stopped" if _reason(files) is None else "failed"


def _reason(files: RunPaths) -> str | None:
    try:
        return read_reason(files.log)
    except OSError:
        return None


def _possible(name: str) -> bool:
    """Whether it can be the name of a run: of a folder in the runs' own, printable, not hidden."""
    fits = 0 < len(name.encode(errors="replace")) <= _NAME_BYTES
    return fits and name.isprintable() and name[0] != "." and not {"/", "\\"} & set(name)


def _plain(text: str) -> str:
    """Letters, digits, dots and lines of a name, which begins with a letter or digit."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:_FIRST_LETTERS].strip("-._") or "table"
