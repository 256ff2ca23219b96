"""Trainings as processes of their own: requests, the store of runs, the worker, its recorder and lock."""

from striate.runs.datasets import DatasetCatalog
from striate.runs.lock import CAN_TRAIN, LockHolder, TrainingLock
from striate.runs.log import FAILED_PREFIX, STOPPED_LINE
from striate.runs.request import (
    RECIPE_FIELDS,
    TrainRequest,
    parse_train_request,
    read_train_request,
    write_train_request,
)
from striate.runs.run_files import STATE_FOLDER, ModelSummary, RunPaths, RunScores, RunSummary
from striate.runs.store import RunDetails, RunState, RunStatus, RunStore

__all__ = [
    "CAN_TRAIN",
    "FAILED_PREFIX",
    "RECIPE_FIELDS",
    "STATE_FOLDER",
    "STOPPED_LINE",
    "DatasetCatalog",
    "LockHolder",
    "ModelSummary",
    "RunDetails",
    "RunPaths",
    "RunScores",
    "RunState",
    "RunStatus",
    "RunStore",
    "RunSummary",
    "TrainRequest",
    "TrainingLock",
    "parse_train_request",
    "read_train_request",
    "write_train_request",
]
