"""The command line as a process: `python -m striate`, and the console script."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from typing import NoReturn


def entry() -> NoReturn:
    """Run a command and exit. Ctrl-C ends the process at once, unless a command installs its own handler."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _exit_at_once)
    _need_utf8()
    from striate.runtime import exit_now, exit_on_signals

    exit_on_signals("striate: interrupted")
    from striate.cli import main

    try:
        code = main()
    except SystemExit as end:
        code = end.code  # type: ignore[assignment]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done
    # The threads of an interrupted training or server may be running, and those of gloo among torchrun's processes: one
    # that drops the last reference to a tensor while Python is finalized aborts its process.
    if code in (128 + signal.SIGINT, 128 + signal.SIGTERM) or "TORCHELASTIC_RUN_ID" in os.environ:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        exit_now(code)
    gc.freeze()  # else the garbage collector traverses all of torch at exit, which takes a third of a second
    sys.exit(code)


def _exit_at_once(number: int, _frame: object) -> NoReturn:
    """While the first modules are imported, when there is nothing to undo: as `exit_on_signals` does then."""
    os.write(2, b"striate: interrupted\n")
    os._exit(128 + number)


def _need_utf8() -> None:
    """Where the locale has only ASCII, start again in Python's UTF-8 mode: else many a file could not be written."""
    if sys.getfilesystemencoding() == "ascii" and os.environ.get("PYTHONUTF8") != "1":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


if __name__ == "__main__":
    entry()
