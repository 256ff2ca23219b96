"""SIGINT and SIGTERM as a wish to stop: the training ends after its current step, with a checkpoint."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType

from striate.errors import StriateError


class Stopped(StriateError):  # noqa: N818, a wish, no error
    """A training was asked to stop, and did after a step; `signal` is the number of the signal."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.signal = number


class Stopping:
    """While it is entered, the first SIGINT or SIGTERM sets `asked`; a second one acts as it would without.

    Signals that are ignored, as under `nohup`, stay ignored. Outside the main thread nothing is changed.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> Stopping:
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
        self.asked = number
        self._restore(number)

    def _restore(self, number: int) -> None:
        signal.signal(number, self._before.pop(number))  # type: ignore[arg-type]
