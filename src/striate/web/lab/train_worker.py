"""The process that trains one run for the page: `python -m striate.web.lab.train_worker RUNS NAME LOCK`.

It outlives the page and the server that began it. SIGTERM ends it after its current step, with a checkpoint. LOCK is
the number of the open lock, into which it writes its own: it can be stopped from then on, whatever becomes of the
server. What takes long to import is imported after that.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from striate.web.lab.train_request import TrainRequest

FAILED = "striate: "  # begins the line of a log that says why the training failed
STOPPED = "stopped, as it was asked to"  # such a line where it did not fail
_NICE = 5  # the page, and whatever else this machine does, goes before


def main(runs: str, name: str, handle: str) -> int:
    """Train what was ordered, or go on with it. 1 if it failed."""
    signal.signal(signal.SIGTERM, _stop)  # first: nobody knows this process's number yet
    from striate.web.lab.lock import Holder, write_holder

    write_holder(int(handle), Holder(name, os.getpid()))
    os.nice(_NICE)
    return carry_out(Path(runs), name)


def carry_out(runs: Path, name: str) -> int:
    """Train, and say as the log's last line that it was stopped, or why it failed; then 1."""
    from striate.data import DataOptions
    from striate.errors import StriateError
    from striate.runtime import TrainingInterrupted
    from striate.training import Options, resume, train
    from striate.web.lab.recorder import Recorder
    from striate.web.lab.run_files import RunPaths
    from striate.web.lab.train_request import read_train_request

    files, order = RunPaths(runs, name), None
    try:
        order = read_train_request(files.order)
        recorder = Recorder(files.live, order.table.recipe.epochs)
        if files.told.exists():
            resume(files.out, callbacks=[recorder])
        else:
            options = Options(data=DataOptions(data_dir=order.data_dir))
            train(order.table, order.source, files.out, options=options, callbacks=[recorder])
    except TrainingInterrupted:
        print(STOPPED, file=sys.stderr)
        return 0
    except StriateError as error:
        reason = str(error)
    except Exception as error:
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}"
    else:
        return 0
    print(f"{FAILED}{' '.join(_without_paths(reason, runs, order).split())}", file=sys.stderr)
    return 1


def _without_paths(reason: str, runs: Path, order: TrainRequest | None) -> str:
    """No path of this machine that is known here: the page shows this."""
    if order is not None:
        reason = reason.replace(order.source, order.data)
    if order is not None and order.data_dir is not None:
        reason = reason.replace(f"{order.data_dir}/", "")
    return reason.replace(f"{runs}/", "")


def _stop(_number: int, _frame: object) -> None:
    """Before the training has begun, and after its last step, there is nothing to wait for."""
    os.write(2, f"\n{STOPPED}\n".encode())  # `print` may be at it
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
