"""Locks between processes. A lock ends with its process, however that ends.

filelock gives each system's own lock, and one made of plain files where there is none. Such a lock excludes all others;
a file that several processes may use at once is marked by each of them with a lock of its own.
"""

from __future__ import annotations

import glob
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock


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
        lock.acquire(timeout=seconds)
    except filelock.Timeout:
        return None
    return FileLock(lock)


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
