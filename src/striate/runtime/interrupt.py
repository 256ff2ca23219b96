"""SIGINT and SIGTERM as a request to stop: a training ends after its current step, with a checkpoint."""

from __future__ import annotations

import signal
import time
from types import FrameType, TracebackType

from striate.errors import StriateError

_REPEAT_SECONDS = 1.0


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
        for number in (signal.SIGINT, signal.SIGTERM):
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
