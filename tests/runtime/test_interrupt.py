"""The first signal is a request, a later one acts, and afterwards the handlers are those from before."""

import os
import signal
import threading

import pytest

from striate.runtime.interrupt import InterruptHandler


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_request_and_a_later_one_acts(number):
    calls = []
    before = signal.signal(number, lambda *_: calls.append("before"))
    try:
        with InterruptHandler() as interrupt:
            os.kill(os.getpid(), number)
            assert interrupt.received == number
            assert calls == []
            os.kill(os.getpid(), number)  # at once: the same request
            assert calls == []
            interrupt._received_at -= 2
            os.kill(os.getpid(), number)
            assert calls == ["before"]
        os.kill(os.getpid(), number)
        assert calls == ["before", "before"]
    finally:
        signal.signal(number, before)


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with InterruptHandler() as interrupt:
            os.kill(os.getpid(), signal.SIGINT)
            assert interrupt.received == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_nothing_changes():
    before = signal.getsignal(signal.SIGINT)

    def enter():
        with InterruptHandler():
            pass

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before
