"""The first signal is a request and a later one acts; a process with nothing to save ends at once."""

import os
import signal
import subprocess
import sys
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


def ended(code):
    """The exit code, the standard output and the standard error of a process that runs this code."""
    names = "import signal\nfrom striate.runtime import before_exit, exit_on_signals, write_atomically\n"
    done = subprocess.run([sys.executable, "-c", names + code], capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_ends_at_once_after_the_actions_of_its_contexts(number):
    code = """
def say(word):
    return before_exit(lambda: print(word, flush=True))
exit_on_signals("interrupted")
with say("first"), before_exit(lambda: 1 / 0), say("last"):
    with say("left"):
        pass
    try:
        signal.raise_signal(NUMBER)
    finally:
        print("not finalized")
"""
    assert ended(code.replace("NUMBER", str(int(number)))) == (128 + number, "last\nfirst\n", "interrupted\n")


def test_a_process_that_ignores_ctrl_c_goes_on():
    code = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
exit_on_signals("interrupted")
signal.raise_signal(signal.SIGINT)
print("goes on")
"""
    assert ended(code) == (0, "goes on\n", "")


def test_a_file_that_is_being_written_is_removed(tmp_path):
    code = f"""
import os
from pathlib import Path
exit_on_signals("interrupted")
os.fsync = lambda _handle: signal.raise_signal(signal.SIGINT)
write_atomically(Path({str(tmp_path / "file")!r}), b"new")
"""
    (tmp_path / "file").write_text("old", encoding="utf-8")
    assert ended(code) == (130, "", "interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "old"
