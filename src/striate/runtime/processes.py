"""Processes that outlive the one that starts them, and how they are asked to stop on every system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_INTERVAL = 0.2  # seconds between two looks for a request


class _Detached(subprocess.Popen[bytes]):
    """A process that may outlive the object that stands for it."""

    def __del__(self) -> None:
        if getattr(self, "pid", None) is not None:  # it was started
            self.poll()  # one that has ended leaves no entry
            self.returncode = self.returncode or 0  # else Python warns that it is still running


def start_detached(command: Sequence[str], variables: Mapping[str, str] = {}) -> subprocess.Popen[bytes]:
    """Start a process that no signal and no closed terminal reaches which ends this one.

    `variables` are added to its environment. `stdout` of what is returned is its standard output and its standard
    error.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return _Detached(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # ignored on Windows
        creationflags=flags,
        env={**os.environ, **variables},
    )


def watch_for_stop(path: Path) -> None:
    """Raise SIGTERM in this process when the file `path` is made, from now on, and remove the file.

    Windows has no signal that another process could send: there `os.kill` ends a process at once.
    """

    def watch() -> None:
        while True:
            if path.exists():
                path.unlink(missing_ok=True)
                signal.raise_signal(signal.SIGTERM)
            time.sleep(_INTERVAL)

    threading.Thread(target=watch, name="watch for stop", daemon=True).start()
