"""Trainings as processes of their own: requests, the store of runs, the worker, its recorder and lock.

Names that need torch are imported when they are first used: a worker acquires the lock before it pays for torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from striate.runs.lock import LockHolder, TrainingLock
from striate.runs.log import DIVERGED_PREFIX, FAILED_PREFIX, STOPPED_LINE
from striate.runs.state_files import STATE_FOLDER

if TYPE_CHECKING:
    from striate.runs.datasets import DatasetCatalog
    from striate.runs.recorder import first_convolution, kernels_to_dict
    from striate.runs.request import (
        RECIPE_BOUNDS,
        RECIPE_FIELDS,
        TrainRequest,
        expected_number,
        is_whole,
        parse_train_request,
        read_train_request,
        write_train_request,
    )
    from striate.runs.run_files import ModelSummary, ReplaySummary, RunPaths, RunScores, RunSummary
    from striate.runs.store import RunDetails, RunState, RunStatus, RunStore

_WITH_TORCH = {
    "DatasetCatalog": "striate.runs.datasets",
    "ModelSummary": "striate.runs.run_files",
    "RECIPE_BOUNDS": "striate.runs.request",
    "RECIPE_FIELDS": "striate.runs.request",
    "ReplaySummary": "striate.runs.run_files",
    "RunDetails": "striate.runs.store",
    "RunPaths": "striate.runs.run_files",
    "RunScores": "striate.runs.run_files",
    "RunState": "striate.runs.store",
    "RunStatus": "striate.runs.store",
    "RunStore": "striate.runs.store",
    "RunSummary": "striate.runs.run_files",
    "TrainRequest": "striate.runs.request",
    "expected_number": "striate.runs.request",
    "first_convolution": "striate.runs.recorder",
    "is_whole": "striate.runs.request",
    "kernels_to_dict": "striate.runs.recorder",
    "parse_train_request": "striate.runs.request",
    "read_train_request": "striate.runs.request",
    "write_train_request": "striate.runs.request",
}

__all__ = [
    "DIVERGED_PREFIX",
    "FAILED_PREFIX",
    "RECIPE_BOUNDS",
    "RECIPE_FIELDS",
    "STATE_FOLDER",
    "STOPPED_LINE",
    "DatasetCatalog",
    "LockHolder",
    "ModelSummary",
    "ReplaySummary",
    "RunDetails",
    "RunPaths",
    "RunScores",
    "RunState",
    "RunStatus",
    "RunStore",
    "RunSummary",
    "TrainRequest",
    "TrainingLock",
    "expected_number",
    "first_convolution",
    "is_whole",
    "kernels_to_dict",
    "parse_train_request",
    "read_train_request",
    "write_train_request",
]


def __getattr__(name: str) -> object:
    if name not in _WITH_TORCH:
        raise AttributeError(f"module 'striate.runs' has no attribute {name!r}")
    return getattr(importlib.import_module(_WITH_TORCH[name]), name)
