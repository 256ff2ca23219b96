"""SIGINT and SIGTERM: a process with nothing to save ends at once; a training ends after its current step, with a
checkpoint."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import NoReturn

from striate.errors import StriateError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_REPEAT_SECONDS = 1.0
_before_exit: list[Callable[[], object]] = []
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_before_exit.clear)  # a forked process leaves its parent's to the parent


@contextlib.contextmanager
def before_exit(action: Callable[[], object]) -> Iterator[None]:
    """Within the context `exit_now` calls `action` first, which removes a temporary file or restores the terminal.

    >>> with before_exit(lambda: print("not called: the context is left in the usual way")):
    ...     pass
    """
    _before_exit.append(action)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # it has been called
            _before_exit.remove(action)


def exit_now(code: int, line: str = "") -> NoReturn:
    """End this process with this exit code, after the actions of `before_exit`, the last first, and with a last line on
    standard error.

    Python is not finalized: threads of torch, ONNX Runtime or OpenVINO may be computing, and crash when what they use
    is deleted. Standard output is not flushed.
    """
    while _before_exit:
        with contextlib.suppress(Exception):
            _before_exit.pop()()
    with contextlib.suppress(OSError):  # nobody reads it
        os.write(2, f"{line}\n".encode() if line else b"")
    os._exit(code)


def exit_on_signals(line: str) -> None:
    """From now on SIGINT and SIGTERM end this process by `exit_now`: this line on standard error, code 130 or 143.

    No KeyboardInterrupt is raised: C++ code that calls Python, and modules that are being imported, turn it into
    another error or a crash. Signals that are ignored, as under `nohup`, stay ignored.
    """

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        exit_now(128 + number, line)

    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


class TrainingInterrupted(StriateError):  # noqa: N818, a request, no error
    """A training was interrupted, and ended after a step with a checkpoint; `signal` is the number of the signal."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.signal = number


class InterruptHandler:
    """Within its context the first SIGINT or SIGTERM sets `received`; a later one acts as it would outside.

    Signals within a second of the first count as the same request: on Ctrl-C the terminal signals every process of the
    group, and torchrun signals its processes once more. Signals that are ignored, as under `nohup`, stay ignored.
    Outside the main thread nothing is changed.

        with InterruptHandler() as interrupt:
            while not interrupt.received:
                work()
    """

    def __init__(self) -> None:
        self.received = 0
        """The number of the signal, 0 before there is one."""
        self._received_at = 0.0
        self._previous: dict[int, object] = {}

    def __enter__(self) -> InterruptHandler:
        for number in _SIGNALS:
            if signal.getsignal(number) is signal.SIG_IGN:
                continue
            try:
                self._previous[number] = signal.signal(number, self._receive)
            except ValueError:  # not in the main thread
                return self
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for number in list(self._previous):
            self._restore(number)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if not self.received:
            self.received, self._received_at = number, time.monotonic()
        elif time.monotonic() - self._received_at > _REPEAT_SECONDS:
            self._restore(number)
            signal.raise_signal(number)  # on Windows os.kill would end the process whatever its handler

    def _restore(self, number: int) -> None:
        signal.signal(number, self._previous.pop(number))  # type: ignore[arg-type]
