"""SIGINT and SIGTERM as a wish to stop: the training ends after its current step, with a checkpoint."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType, TracebackType

from striate.errors import StriateError

_SAME_WISH = 1.0  # seconds


class TrainingInterrupted(StriateError):  # noqa: N818, a wish, no error
    """A training was asked to stop, and did after a step; `signal` is the number of the signal."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.signal = number


class InterruptHandler:
    """While it is entered, the first SIGINT or SIGTERM sets `asked`; one that comes later acts as it would without.

    Those within a second of the first say the same again: on Ctrl-C a terminal tells every process, and torchrun tells
    its own once more. Signals that are ignored, as under `nohup`, stay ignored; outside the main thread nothing
    is changed.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._asked_at = 0.0
        self._before: dict[int, object] = {}

    def __enter__(self) -> InterruptHandler:
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is signal.SIG_IGN:
                continue
            try:
                self._before[number] = signal.signal(number, self._ask)
            except ValueError:  # not in the main thread
                return self
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for number in list(self._before):
            self._restore(number)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if not self.asked:
            self.asked, self._asked_at = number, time.monotonic()
        elif time.monotonic() - self._asked_at > _SAME_WISH:
            self._restore(number)
            os.kill(os.getpid(), number)

    def _restore(self, number: int) -> None:
        signal.signal(number, self._before.pop(number))  # type: ignore[arg-type]
