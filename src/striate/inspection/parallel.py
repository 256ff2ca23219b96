"""Jobs done side by side by forked processes, a core each: drawing is Python, which one process does on one core."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

import torch

from striate.errors import StriateError
from striate.runtime import available_cores

T = TypeVar("T")


@contextlib.contextmanager
def run_parallel(jobs: Sequence[Callable[[], T]]) -> Iterator[Iterator[tuple[int, T]]]:
    """Each job's number and result, as they come; what a job returns is pickled, the job itself is not.

    The processes are forked on entering, so that they share what the jobs refer to, and are gone on leaving. They take
    the last jobs first. One process does them all, one after the other, where there is one core only, and on systems
    whose libraries do not bear a fork. What a job raises is raised here; StriateError if a process is killed.
    """
    workers = min(available_cores(), len(jobs))
    if workers < 2 or sys.platform != "linux":
        yield ((number, job()) for number, job in enumerate(jobs))
        return
    _jobs[:] = jobs
    threads = max(1, torch.get_num_threads() // workers)
    before = set(multiprocessing.active_children())
    fork = multiprocessing.get_context("fork")
    executor = ProcessPoolExecutor(workers, mp_context=fork, initializer=_begin, initargs=(threads,))
    try:
        with _quiet_fork():
            numbers: dict[Future[T], int] = {executor.submit(_do, n): n for n in reversed(range(len(jobs)))}
        yield ((numbers[future], future.result()) for future in as_completed(numbers))
    except BrokenProcessPool:
        raise StriateError("a process was killed before its part was done; is there enough memory?") from None
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        _jobs.clear()


@contextlib.contextmanager
def _quiet_fork() -> Iterator[None]:
    """Processes that are forked in here never see Ctrl-C, which is for their parent."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns of forks beside threads: torch's, which `_begin` sees to, and a progress bar's.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


_jobs: list[Callable[[], object]] = []
"""What the forked processes find when they begin."""


def _begin(threads: int) -> None:
    # torch's other threads have not come along through the fork, and would be waited for forever.
    torch.set_num_threads(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(number: int) -> Any:
    return _jobs[number]()
