"""The process that trains one run: `python -m striate.runs.worker RUNS NAME`.

It outlives the server that started it. It acquires the lock of the folder before it imports what takes seconds, and
prints one line: whether it has the lock. From then on what it prints goes to the run's log. SIGTERM, or a request to
stop from a server, ends it after its current step, with a checkpoint.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from striate.errors import RunConflictError
from striate.runs.lock import LockHolder, TrainingLock
from striate.runs.log import STOPPED_LINE
from striate.runs.state_files import StatePaths
from striate.runtime import exit_now, lower_priority, watch_for_stop

LOCKED, CONFLICT = b"locked", b"another run is being trained"
"""The line that tells whether the process has the lock."""


def main(runs: str, name: str) -> int:
    """Train, or resume, the run `name` in the folder `runs`, and end the process, with 1 if the training failed.

    Returns 1 if another run is being trained.
    """
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # as the log is read
    signal.signal(signal.SIGTERM, _exit_stopped)
    paths, lock = StatePaths(Path(runs), name), TrainingLock(Path(runs))
    try:
        with lock.acquire():
            with paths.log.open("wb") as log:
                os.dup2(log.fileno(), 2)
            paths.stop.unlink(missing_ok=True)  # of an earlier session, which ended before it was read
            lock.write_holder(LockHolder(name, os.getpid()))
            os.write(1, LOCKED + b"\n")
            os.dup2(2, 1)
            watch_for_stop(paths.stop)
            lower_priority()  # the page, and whatever else this machine does, goes first

            from striate.runs.train_run import train_run

            _end(train_run(Path(runs), name))
    except RunConflictError:
        os.write(1, CONFLICT + b"\n")
    return 1


def _end(code: int) -> NoReturn:
    """End while the process has the lock: who finds the lock free finds no file of the run open any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    exit_now(code)


def _exit_stopped(_number: int, _frame: object) -> None:
    """SIGTERM before the training has begun, or after its last step: there is nothing to wait for."""
    os.write(2, f"\n{STOPPED_LINE}\n".encode())  # the signal may have interrupted a `print`
    exit_now(0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
