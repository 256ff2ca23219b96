"""Locks on open files, between processes. A lock ends with its process, however that ends."""

from __future__ import annotations

from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HAS_LOCKS = fcntl is not None
"""Whether this system has such locks."""


def lock_file(file: IO[bytes] | int, *, shared: bool = False, wait: bool = True) -> bool:
    """Lock an open file (or its descriptor) until it is closed: for this process alone, or shared with other readers.

    False if another process holds it and `wait` is false. A process that inherits the descriptor holds the lock too.
    OSError if the file system has no locks.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(file, kind if wait else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
