"""The process that trains one run: `python -m striate.runs.worker RUNS NAME LOCK`.

It outlives the server that started it. SIGTERM ends it after its current step, with a checkpoint; its parent blocks
SIGTERM for it until a handler is there, so that it can be stopped from its first moment. LOCK is the number of the open
lock file, into which it writes its process number, whatever becomes of the server.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path

from striate.data import DataOptions
from striate.errors import StriateError
from striate.runs.lock import LockHolder
from striate.runs.log import FAILED_PREFIX, STOPPED_LINE
from striate.runs.recorder import Recorder
from striate.runs.request import TrainRequest, read_train_request
from striate.runs.run_files import RunPaths
from striate.runtime import TrainingInterrupted
from striate.training import Options, resume, train

_NICE = 5  # the page, and whatever else this machine does, goes first


def main(runs: str, name: str, lock: str) -> int:
    """Train, or resume, the run `name` in the folder `runs`; the exit code, 1 if the training failed."""
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # as the log is read
    signal.signal(signal.SIGTERM, _exit_stopped)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    LockHolder(name, os.getpid()).write(int(lock))
    os.nice(_NICE)
    return train_run(RunPaths(Path(runs), name))


def train_run(paths: RunPaths) -> int:
    """Train, and end the log with why the training was stopped or failed; 1 if it failed."""
    request = None
    try:
        request = read_train_request(paths.request)
        recorder = Recorder(paths.live, request.table.recipe.epochs)
        if paths.config.exists():
            resume(paths.directory, callbacks=[recorder])
        else:
            options = Options(data=DataOptions(data_dir=request.data_dir))
            train(request.table, request.source, paths.directory, options=options, callbacks=[recorder])
    except TrainingInterrupted:
        print(STOPPED_LINE, file=sys.stderr)
        return 0
    except StriateError as error:
        reason = str(error)
    except Exception as error:
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}"
    else:
        return 0
    print(f"{FAILED_PREFIX}{' '.join(_without_paths(reason, paths.runs, request).split())}", file=sys.stderr)
    return 1


def _without_paths(reason: str, runs: Path, request: TrainRequest | None) -> str:
    """The reason without the paths of this machine that are known here: the page shows it."""
    if request is not None:
        reason = reason.replace(request.source, request.data)
    if request is not None and request.data_dir is not None:
        reason = reason.replace(f"{request.data_dir}/", "")
    return reason.replace(f"{runs}/", "")


def _exit_stopped(_number: int, _frame: object) -> None:
    """SIGTERM before the training has begun, or after its last step: there is nothing to wait for."""
    os.write(2, f"\n{STOPPED_LINE}\n".encode())  # the signal may have interrupted a `print`
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
