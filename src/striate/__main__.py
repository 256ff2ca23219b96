"""The command line as a process: `python -m striate`, and the console script."""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
from typing import NoReturn

from striate.runtime import exit_now, exit_on_signals


def entry() -> NoReturn:
    """Run a command and exit. Ctrl-C ends the process at once, unless a command installs its own handler."""
    exit_on_signals("striate: interrupted")
    from striate.cli import main  # which takes a tenth of a second

    try:
        code = main()
    except SystemExit as end:
        code = end.code  # type: ignore[assignment]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done
    if code in (128 + signal.SIGINT, 128 + signal.SIGTERM):  # a training or a server, whose threads may be running
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        exit_now(code)
    gc.freeze()  # else the garbage collector traverses all of torch at exit, which takes a third of a second
    sys.exit(code)


if __name__ == "__main__":
    entry()
