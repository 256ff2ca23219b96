"""The lock of a folder of runs: one training at a time, held by the process that trains.

The lock ends with that process, however it ends. So the holder is known after a restart of the server too, and a
process number is never used after its process has ended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from striate.errors import PlatformError, RunConflictError
from striate.runtime import HAS_LOCKS, lock_file

CAN_TRAIN = HAS_LOCKS
"""Whether this system has the locks, and the signals, that a training process needs."""


@dataclass(frozen=True)
class LockHolder:
    """The run that is being trained and the number of its process, 0 until it is known."""

    run: str
    pid: int

    def write(self, handle: int) -> None:
        """Write the holder into the open lock file."""
        os.pwrite(handle, json.dumps(asdict(self)).encode(), 0)

    @classmethod
    def read(cls, handle: int) -> LockHolder:
        """The holder written in the open lock file; an empty name before it is written."""
        try:
            holder = json.loads(os.pread(handle, 4096, 0))
            return cls(str(holder["run"]), int(holder["pid"]))
        except (ValueError, KeyError, TypeError):
            return cls("", 0)


class TrainingLock:
    """The lock file at `path`. Several servers may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def holder(self) -> LockHolder | None:
        """The holder, if there is one. Asking may keep another server from acquiring the lock at this very moment."""
        if not CAN_TRAIN:
            return None
        try:
            handle = os.open(self._path, os.O_RDONLY)
        except OSError:
            return None
        try:
            return None if lock_file(handle, shared=True, wait=False) else LockHolder.read(handle)
        finally:
            os.close(handle)

    @contextmanager
    def acquire(self) -> Iterator[int]:
        """The lock as an open file; a process that inherits the file goes on holding the lock.

        Raises:
            RunConflictError: another run is being trained.
            PlatformError: on Windows.
        """
        if not CAN_TRAIN:
            raise PlatformError("training from the page needs Linux or macOS; `striate train` works everywhere")
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not lock_file(handle, wait=False):
                running = LockHolder.read(handle).run or "another run"
                raise RunConflictError(f"{running} is being trained; only one training runs at a time")
            os.truncate(handle, 0)
            yield handle
        finally:
            os.close(handle)
