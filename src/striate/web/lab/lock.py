"""That a training goes on, and which: a file held by flock for as long as the process that trains lives.

The kernel gives it free when the process ends, however it ends. So the answer holds after a restart of the server, and
no process number is believed whose process may be another one by now.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from striate.web.errors import HTTPError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HERE = fcntl is not None
"""Whether this system has such locks."""


@dataclass(frozen=True)
class Holder:
    """The run that is being trained, and the number of its process."""

    run: str
    pid: int


class TrainingLock:
    """The lock on one folder of runs. Several servers may share the folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def holder(self) -> Holder | None:
        """Who holds it. A server that asks at the very moment in which another one takes it may refuse that one."""
        try:
            handle = os.open(self._path, os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except BlockingIOError:
            return _read(handle)
        finally:
            os.close(handle)

    @contextmanager
    def taken(self) -> Iterator[int]:
        """The lock as a file that a process inherits, and then holds. Refusal 409 if it is held, 501 on Windows."""
        if not HERE:
            raise HTTPError(501, "training from the page needs Linux or macOS; `striate train` works everywhere")
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(handle, 0)
            yield handle
        except BlockingIOError:
            running = _read(handle).run
            raise HTTPError(409, f"{running or 'another run'} is being trained, and one goes on at a time") from None
        finally:
            os.close(handle)


def write_holder(handle: int, holder: Holder) -> None:
    """Say into the lock who holds it."""
    os.pwrite(handle, json.dumps({"run": holder.run, "pid": holder.pid}).encode(), 0)


def _read(handle: int) -> Holder:
    """Who holds it; a run without a name while it is being written."""
    try:
        told = json.loads(os.pread(handle, 4096, 0))
        return Holder(str(told["run"]), int(told["pid"]))
    except (ValueError, KeyError, TypeError):
        return Holder("", 0)
