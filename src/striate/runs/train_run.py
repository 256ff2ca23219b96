"""Trains the run of a request, and ends its log with what became of it."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from striate.data import NAMED, DataOptions, NamedSet
from striate.errors import DivergenceError, StriateError
from striate.runs.log import DIVERGED_PREFIX, FAILED_PREFIX, STOPPED_LINE
from striate.runs.recorder import Recorder
from striate.runs.request import TrainRequest, read_train_request
from striate.runs.run_files import RunPaths
from striate.runtime import TrainingInterrupted
from striate.training import Options, load_run_config, resume, train


def train_run(runs: Path, name: str) -> int:
    """Train, or resume, the run `name` in the folder `runs`, and end its log with why it was stopped or failed.

    The exit code: 1 if it failed.
    """
    paths = RunPaths(runs, name)
    request = None
    try:
        request = read_train_request(paths.request)
        if paths.config.exists():
            recorder = Recorder(paths.live, load_run_config(paths.directory).table.recipe.epochs)
            resume(paths.directory, callbacks=[recorder])
        else:
            recorder = Recorder(paths.live, request.table.recipe.epochs)
            options = Options(data=DataOptions(data_dir=request.data_dir))
            source = NamedSet(request.source) if request.source in NAMED else request.source
            train(request.table, source, paths.directory, replay=request.replay, options=options, callbacks=[recorder])
    except TrainingInterrupted:
        print(STOPPED_LINE, file=sys.stderr)
        return 0
    except DivergenceError as error:
        reason = f"{DIVERGED_PREFIX}{error}"
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
    folders = [str(runs)]
    if request is not None:
        reason = reason.replace(request.source, request.data)
        folders[:0] = [] if request.data_dir is None else [request.data_dir]  # it may be inside the other
    for folder in folders:
        reason = reason.replace(f"{folder}{os.sep}", "").replace(f"{folder}/", "")
    return reason
