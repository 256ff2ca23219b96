"""Bytes that all decoding takes at once: what bounds a process's memory, however many threads decode."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PICTURE_BYTES = 2**28
"""A picture that takes more than this while it is decoded, its file included, is not decoded."""
TOGETHER_BYTES = 2**29
"""What all pictures that are decoded at the same time take at most; the next one waits."""
_SMALL = 2**22  # so few bytes are not counted: every thread may take them, and small pictures wait for nothing


class ByteBudget:
    """Shares of a number of bytes, handed out in the order in which they are asked for.

    Nobody asks for a second share while holding one, and no share is larger than the whole: so none waits for ever.

    >>> budget = ByteBudget(100, uncounted=10)
    >>> with budget.share(60):
    ...     budget.free
    40
    """

    def __init__(self, total: int, uncounted: int = _SMALL) -> None:
        self.free = total
        self._uncounted = uncounted
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    @contextmanager
    def share(self, size: int) -> Iterator[None]:
        """Wait until so many bytes are free, and hold them; at most the whole."""
        if size <= self._uncounted:
            yield
            return
        place = object()
        with self._changed:
            self._queue.append(place)
            try:
                self._changed.wait_for(lambda: self._queue[0] is place and self.free >= size)
            finally:
                self._queue.remove(place)
                self._changed.notify_all()
            self.free -= size
        try:
            yield
        finally:
            with self._changed:
                self.free += size
                self._changed.notify_all()


DECODING = ByteBudget(TOGETHER_BYTES)
"""The process's own."""
