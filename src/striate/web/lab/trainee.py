"""The process that trains one run for the page: `python -m striate.web.lab.trainee RUNS NAME`.

It outlives the page and the server that began it. SIGTERM ends it after its current step, with a checkpoint.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from striate.errors import StriateError
from striate.training.run import resume, train
from striate.training.stopping import Stopped
from striate.training.told import Options
from striate.web.lab.orders import read_order
from striate.web.lab.recorder import Recorder
from striate.web.lab.records import FAILED, Files

_NICE = 5  # the page, and whatever else this machine does, goes before


def main(runs: str, name: str) -> int:
    """Train what was ordered, or go on with it. 1 if it failed; the last line of the log is then why."""
    os.nice(_NICE)
    files = Files(Path(runs), name)
    order = read_order(files.order)
    recorder = Recorder(files.live, order.table.recipe.epochs)
    try:
        if files.told.exists():
            resume(files.out, watcher=recorder)
        else:
            train(order.table, order.source, files.out, options=Options(data_dir=order.data_dir), watcher=recorder)
    except Stopped:
        return 0
    except StriateError as error:
        # No path of this machine: the page shows this.
        reason = str(error).replace(order.source, order.data).replace(f"{files.runs}/", "")
    except Exception as error:
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}"
    else:
        return 0
    print(f"{FAILED}{' '.join(reason.split())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
