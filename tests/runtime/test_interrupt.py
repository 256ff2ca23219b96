"""Signals as a wish: the first is noted, the second acts, and afterwards all is as before."""

import os
import signal
import threading

import pytest

from striate.runtime.interrupt import InterruptHandler


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_is_noted_and_the_second_acts(number):
    seen = []
    before = signal.signal(number, lambda *_: seen.append("before"))
    try:
        with InterruptHandler() as interrupt:
            os.kill(os.getpid(), number)
            assert interrupt.asked == number
            assert seen == []
            os.kill(os.getpid(), number)  # at once: the same wish
            assert seen == []
            interrupt._asked_at -= 2
            os.kill(os.getpid(), number)
            assert seen == ["before"]
        os.kill(os.getpid(), number)
        assert seen == ["before", "before"]
    finally:
        signal.signal(number, before)


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with InterruptHandler() as interrupt:
            os.kill(os.getpid(), signal.SIGINT)
            assert interrupt.asked == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_changes_nothing():
    before = signal.getsignal(signal.SIGINT)

    def enter():
        with InterruptHandler():
            pass

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before
