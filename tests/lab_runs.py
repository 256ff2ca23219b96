"""Runs for tests of the lab: made by hand as a training leaves them, ordered, and their kernels read again."""

import contextlib
import json
import os
import signal
import time
from base64 import b64decode
from dataclasses import replace

import numpy as np

from striate.tables import load_table, table_to_dict
from striate.web.lab.lock import TrainingLock
from striate.web.lab.run_files import FOLDER, RunPaths
from striate.web.lab.train_request import TrainRequest, write_train_request
from striate.web.lab.train_worker import STOPPED

EPOCH = {
    "epoch": 1, "train_loss": 2.0, "train_accuracy": 0.5, "test_loss": 1.5, "test_accuracy": 0.625,
    "learning_rate": 0.1, "images_per_second": 100.0, "seconds": 1.0,
}  # fmt: skip


def order(table="lenet5:tiny", **recipe):
    table = load_table(table)
    return TrainRequest(replace(table, recipe=replace(table.recipe, **recipe)), "digits", "digits", None)


def make_run(runs, name, *, own=True, card=False, epochs=(EPOCH,), log=f"{STOPPED}\n"):
    """A run as a training that is stopped leaves it; `own` if the page began it."""
    files = RunPaths(runs.folder, name)
    files.out.mkdir()
    told = {"table": table_to_dict(load_table("lenet5"), defaults=True), "data": "/secret/pets"}
    files.told.write_text(json.dumps(told))
    files.metrics.write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    if own:
        write_train_request(files.order, order("lenet5"))
    if card:
        files.card.touch()
    files.log.write_text(log)
    return files


def numbers(packed):
    """What a page makes of packed kernels."""
    planes = np.frombuffer(b64decode(packed["maps"]), np.uint8).reshape(-1, *packed["size"])
    return (planes.astype(float) - 128) / 127 * packed["scale"]


def end_training(runs):
    """Kill the training that a failed test has left, for nothing else ends it."""
    lock = TrainingLock(runs / FOLDER / "lock")
    while (holder := lock.holder()) is not None and holder.pid <= 0:  # which would be this one's whole group
        time.sleep(0.05)
    if holder is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGKILL)
