"""The lock of a folder of runs: one training at a time, held by the process that trains.

The lock ends with that process, however it ends. So the holder is known after a restart of the server too, and a
process number is never used after its process has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from striate.errors import RunConflictError
from striate.runs.state_files import STATE_FOLDER
from striate.runtime import acquire_lock, write_atomically

_PATIENCE = 1.0  # seconds: who asks for the holder may have the lock for a moment


@dataclass(frozen=True)
class LockHolder:
    """The run that is being trained, and the number of its process."""

    run: str
    pid: int


class TrainingLock:
    """The lock of the folder `runs`, which several servers may share; the holder stands in a file beside it."""

    def __init__(self, runs: Path) -> None:
        self._path = runs / STATE_FOLDER / "lock"
        self._holder_path = runs / STATE_FOLDER / "lock.json"

    def holder(self) -> LockHolder | None:
        """The holder, if there is one."""
        holder = self._read_holder()
        if holder is None:
            return None
        try:
            lock = acquire_lock(self._path, seconds=0)
        except OSError:  # a folder that this process may only read
            import psutil

            return holder if psutil.pid_exists(holder.pid) else None
        if lock is None:
            return holder
        self._holder_path.unlink(missing_ok=True)  # of a process that has ended
        lock.release()
        return None

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Hold the lock. RunConflictError if another run is being trained."""
        lock = acquire_lock(self._path, seconds=_PATIENCE)
        if lock is None:
            raise self.conflict()
        try:
            yield
        finally:
            self._holder_path.unlink(missing_ok=True)
            lock.release()

    def write_holder(self, holder: LockHolder) -> None:
        """Say who holds the lock; only its holder may."""
        write_atomically(self._holder_path, json.dumps(asdict(holder)).encode())

    def conflict(self) -> RunConflictError:
        """The error that another run is being trained, with its name if it is known."""
        holder = self._read_holder()
        running = "another run" if holder is None else holder.run
        return RunConflictError(f"{running} is being trained; only one training runs at a time")

    def _read_holder(self) -> LockHolder | None:
        try:
            holder = json.loads(self._holder_path.read_bytes())
            return LockHolder(str(holder["run"]), int(holder["pid"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
