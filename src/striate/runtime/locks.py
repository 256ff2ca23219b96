"""Locks between processes. A lock ends with its process, however that ends.

filelock gives each system's own lock, and one made of plain files where there is none. Such a lock excludes all others;
a file that several processes may use at once is marked by each of them with a lock of its own.
"""

from __future__ import annotations

import glob
import json
import os
import platform
import secrets
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.runtime.files import write_atomically
from striate.runtime.interrupt import before_exit

if TYPE_CHECKING:
    from filelock import BaseFileLock

_PATIENCE = 1.0  # seconds: who asks for the holder of a lock may have it for a moment


class FileLock:
    """A lock that this process holds; `acquire_lock` makes one."""

    def __init__(self, lock: BaseFileLock) -> None:
        self._lock = lock

    def release(self) -> None:
        """End the lock, and remove its file."""
        with suppress(OSError):  # Windows removes no open file; there filelock removes it itself
            Path(self._lock.lock_file).unlink()
        with suppress(OSError):
            self._lock.release()


def acquire_lock(path: Path, *, seconds: float = -1) -> FileLock | None:
    """A lock on the file `path`, which is made and holds nothing else; None if it is held for all of `seconds`.

    Waits as long as it takes by default. OSError if the file cannot be made.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lock = acquire_lock(Path(folder) / "lock")
    ...     print(acquire_lock(Path(folder) / "lock", seconds=0))
    ...     lock.release()
    None
    """
    import filelock

    lock = filelock.FileLock(path, thread_local=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where a file system has no locks, filelock makes one of plain files
            lock.acquire(timeout=seconds)
    except filelock.Timeout:
        return None
    return FileLock(lock)


class StatedLock:
    """A lock whose holder states in a file beside it, `PATH.json`, who it is: a record with at least its `pid`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lock = StatedLock(Path(folder) / "lock")
    ...     with lock.acquire():
    ...         lock.state({"pid": 7})
    ...         print(lock.holder(), lock.holder())
    ...     print(lock.holder())
    {'pid': 7} {'pid': 7}
    None
    """

    def __init__(self, path: Path) -> None:
        self._path, self._record_path = path, path.with_name(f"{path.name}.json")

    def holder(self) -> dict[str, Any] | None:
        """The record of the process that has the lock; None if none has it, or it has not stated yet who it is."""
        record = self.record()
        if record is None:
            return None
        try:
            lock = acquire_lock(self._path, seconds=0)
        except OSError:  # a folder that this process may only read
            return record if _may_run(record) else None
        if lock is None:
            return record
        self._record_path.unlink(missing_ok=True)  # of a process that has ended
        lock.release()
        return None

    @contextmanager
    def acquire(self) -> Iterator[bool]:
        """Hold the lock within the context; it yields False at once, or nearly so, if another process has it.

        OSError if the file cannot be made, or its file system has no locks.
        """
        lock = acquire_lock(self._path, seconds=_PATIENCE)
        if lock is None:
            yield False
            return

        def end() -> None:
            with suppress(OSError):
                self._record_path.unlink(missing_ok=True)
            lock.release()

        try:
            self._record_path.unlink(missing_ok=True)  # of a process that has ended
            with before_exit(end):
                yield True
        finally:
            end()

    def state(self, record: Mapping[str, Any]) -> None:
        """Write the record; only the holder of the lock may."""
        write_atomically(self._record_path, json.dumps(record).encode())

    def record(self) -> dict[str, Any] | None:
        """What the last holder stated, which may have ended; None if there is nothing to read."""
        try:
            record = json.loads(self._record_path.read_bytes())
            return {**record, "pid": int(record["pid"])}
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _may_run(record: Mapping[str, Any]) -> bool:
    """Whether the process of a record runs; on another machine it may."""
    import psutil

    return record.get("host", platform.node()) != platform.node() or psutil.pid_exists(record["pid"])


def mark_in_use(path: Path) -> FileLock:
    """Mark a file as in use by this process until the lock is released. OSError if no mark can be put beside it."""
    is_in_use(path)  # removes what processes have left that were killed
    mark = acquire_lock(path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.use"), seconds=0)
    assert mark is not None, "no other process knows this name"
    return mark


def is_in_use(path: Path) -> bool:
    """Whether a process has marked a file as in use; the marks of processes that have ended are removed."""
    held = [_is_held(mark) for mark in path.parent.glob(f"{glob.escape(path.name)}.*.use")]
    return any(held)


def _is_held(mark: Path) -> bool:
    try:
        lock = acquire_lock(mark, seconds=0)
    except OSError:  # another user's
        return True
    if lock is None:
        return True
    lock.release()
    return False
