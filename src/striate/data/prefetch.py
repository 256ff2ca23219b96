"""Work done ahead by threads: what makes batches, packs folders, checks data sets and reads images for a network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def prefetch(
    function: Callable[[T], R], items: Sequence[T], *, workers: int, ahead: int, chunksize: int = 1
) -> Generator[R, None, None]:
    """`function(item)` for each item, in order, computed by `workers` threads (0: by the caller's own).

    At most `ahead` items are begun before they are asked for, the one that is asked for included. `chunksize` items go
    to a thread together, which saves hand-overs where an item is little work. An error in a thread is raised here, in
    its turn. Closing the iterator stops the threads.

    >>> list(prefetch(abs, [-1, 2, -3], workers=2, ahead=2))
    [1, 2, 3]
    """
    if workers == 0:
        yield from map(function, items)
        return
    chunks = (items[begin : begin + chunksize] for begin in range(0, len(items), chunksize))
    pending: deque[Future[list[R]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="striate-prefetch")
    try:
        for chunk in chunks:
            pending.append(pool.submit(lambda chunk: list(map(function, chunk)), chunk))
            if len(pending) * chunksize >= ahead:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
