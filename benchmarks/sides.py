"""Sides of a benchmark that each have a process of their own, and are asked in turn to take some steps."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing.connection import Connection

Step = Callable[[], object]
Side = Callable[..., AbstractContextManager[Step]]


def ask(side: Connection, steps: int) -> float:
    """Have a side take so many steps; milliseconds for each."""
    side.send(steps)
    return float(side.recv())


@contextmanager
def started(make: Side, *arguments: object) -> Iterator[Connection]:
    """A process that has made its step from the arguments, and waits to be asked for some."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(make, arguments, there), daemon=True)
    process.start()
    there.close()  # ours of it: if the process dies, `recv` says so instead of waiting
    try:
        yield here
    finally:
        here.close()
        process.join()


def serve(make: Side, arguments: tuple[object, ...], asked: Connection) -> None:
    """What such a process does, until nobody asks any more."""
    with make(*arguments) as step, suppress(EOFError):
        while True:
            steps = asked.recv()
            began = time.perf_counter()
            for _ in range(steps):
                step()
            asked.send((time.perf_counter() - began) * 1000 / steps)
