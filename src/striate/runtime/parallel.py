"""Jobs run in parallel by forked processes, one for each core: drawing is Python, which uses one core per process."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

import torch

from striate.errors import StriateError
from striate.runtime.interrupt import before_exit, exit_now
from striate.runtime.system import available_cores

T = TypeVar("T")
_END_SECONDS = 5.0  # that a process has to end before the others go on


@contextlib.contextmanager
def run_parallel(jobs: Sequence[Callable[[], T]]) -> Iterator[Iterator[tuple[int, T]]]:
    """Each job's index and result, in the order in which they are done; results are pickled, jobs are not.

    The processes are forked on entering, so that they share the memory that the jobs refer to, and have ended on
    leaving. The last jobs start first. Where there is one core only, and on systems other than Linux, whose libraries
    do not survive a fork, this process runs the jobs one after the other. An error in a job is raised here;
    StriateError if a process is killed.

        >>> with run_parallel([lambda: "one", lambda: "two"]) as results:
        ...     sorted(results)
        [(0, 'one'), (1, 'two')]
    """
    workers = min(available_cores(), len(jobs))
    if workers < 2 or sys.platform != "linux" or not hasattr(os, "fork"):
        yield ((index, job()) for index, job in enumerate(jobs))
        return
    with _forked_workers(jobs, workers) as pipes:
        yield _results(pipes, len(jobs))


@contextlib.contextmanager
def _forked_workers(jobs: Sequence[Callable[[], object]], count: int) -> Iterator[list[Connection]]:
    """The pipes to so many processes, which run the jobs whose indices they receive."""
    if sys.platform != "linux":
        raise RuntimeError("processes are forked on Linux only")
    fork = multiprocessing.get_context("fork")
    threads = max(1, torch.get_num_threads() // count)
    pipes: list[Connection] = []
    processes: list[BaseProcess] = []

    def end() -> None:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(_END_SECONDS)

    try:
        with before_exit(end):
            with _quiet_fork():
                for _ in range(count):
                    pipe, workers_end = fork.Pipe()
                    pipes.append(pipe)
                    worker = fork.Process(target=_work, args=(jobs, workers_end, list(pipes), threads))
                    worker.start()
                    processes.append(worker)
                    workers_end.close()
            yield pipes
    except BaseException:
        end()
        raise
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join()


def _results(pipes: Sequence[Connection], count: int) -> Iterator[tuple[int, Any]]:
    """Send the next job to each worker that is idle, and yield the results as they arrive."""
    waiting = list(range(count))
    try:
        for pipe in pipes:
            pipe.send(waiting.pop())
        busy = list(pipes)
        while busy:
            ready = wait(busy)
            for pipe in [pipe for pipe in busy if pipe in ready]:
                index, result, error = pipe.recv()
                if error is not None:
                    raise error
                if waiting:
                    pipe.send(waiting.pop())
                else:
                    busy.remove(pipe)
                yield index, result
    except (EOFError, ConnectionError):
        raise StriateError("a process was killed before its part was done; is there enough memory?") from None


def _work(
    jobs: Sequence[Callable[[], object]], pipe: Connection, parents_ends: Sequence[Connection], threads: int
) -> None:
    """What a forked process runs, until its parent closes the pipe."""
    for parents_end in parents_ends:
        parents_end.close()  # else this process would keep the pipes of others open
    signal.signal(signal.SIGTERM, lambda number, _frame: exit_now(128 + number))  # no temporary file stays
    if sys.platform == "linux":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    torch.set_num_threads(threads)  # torch's other threads are not in the forked process: it would wait forever
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            index = pipe.recv()
            try:
                pipe.send((index, jobs[index](), None))
            except Exception as error:
                error.add_note(traceback.format_exc())
                pipe.send((index, None, error))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    exit_now(1)


@contextlib.contextmanager
def _quiet_fork() -> Iterator[None]:
    """Processes that are forked within the context ignore Ctrl-C, which their parent handles.

    They do not receive SIGTERM before they unblock it: until then they have the handler of their parent, which prints.
    """
    if sys.platform != "linux":
        raise RuntimeError("processes are forked on Linux only")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns of forks beside threads: torch's, which `_work` cares for, and a progress bar's.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
