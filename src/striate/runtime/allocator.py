"""The C library's allocator: glibc's can keep the memory that is freed."""

from __future__ import annotations

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_LARGEST = 32 * 2**20  # the highest _MMAP_THRESHOLD that glibc takes
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Have the process keep blocks of up to 32 MB that are freed, for the next ones; whether the C library does so.

    A training step frees its maps, and the next step takes as many. glibc gives some of them back to the system in
    between, which clears each page that is taken again: thousands of pages a step. Other C libraries stay as they are.
    """
    import ctypes  # here: `striate summary` imports this package too

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl; Windows names no library so
        return False
    return all(
        mallopt(option, value) == 1 for option, value in ((_MMAP_THRESHOLD, _LARGEST), (_TRIM_THRESHOLD, _NEVER))
    )
