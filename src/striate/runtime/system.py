"""What the operating system says of the machine, and what it lets a process change of itself.

psutil answers where the standard library does so on some systems only; it is imported where it is used.
"""

from __future__ import annotations

import contextlib
import os
import sys


def available_cores() -> int:
    """The cores that this process may use, which can be fewer than the machine has.

    >>> available_cores() >= 1
    True
    """
    import psutil

    affinity = getattr(psutil.Process(), "cpu_affinity", None)  # macOS lets no process choose its cores
    return len(affinity()) if affinity is not None else os.cpu_count() or 1


def machine_memory() -> int:
    """Bytes of this machine's memory.

    >>> machine_memory() > 10**8
    True
    """
    import psutil

    return psutil.virtual_memory().total


def available_memory() -> int:
    """Bytes of this machine's memory that no program uses.

    >>> available_memory() < machine_memory()
    True
    """
    import psutil

    return psutil.virtual_memory().available


def lower_priority() -> None:
    """Let other processes go first: this one and those that it starts."""
    import psutil

    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(min(19, process.nice() + 5))


def allow_open_files(count: int) -> None:
    """Raise this process's limit of open files to `count`, as far as it may; Windows has no such limit."""
    if sys.platform == "win32":
        return
    try:
        import resource
    except ImportError:  # a Python that was built without it
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS has a lower limit that it does not state
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
