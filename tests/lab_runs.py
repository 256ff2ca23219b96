"""Runs for tests: written as a training leaves them, requested, and their kernels decoded again."""

import contextlib
import json
from base64 import b64decode
from dataclasses import replace

import numpy as np
import psutil

from striate.runs import STOPPED_LINE, RunPaths, RunStore, TrainingLock, TrainRequest, write_train_request
from striate.tables import load_table, table_to_dict

EPOCH = {
    "epoch": 1, "train_loss": 2.0, "train_accuracy": 0.5, "test_loss": 1.5, "test_accuracy": 0.625,
    "learning_rate": 0.1, "images_per_second": 100.0, "seconds": 1.0,
}  # fmt: skip


def train_request(table="lenet5:tiny", **recipe):
    """A request to train a table on the digits."""
    table = load_table(table)
    return TrainRequest(replace(table, recipe=replace(table.recipe, **recipe)), "digits", "digits", None)


def make_run(store, name, *, own=True, card=False, epochs=(EPOCH,), log=f"{STOPPED_LINE}\n"):
    """A run as a training that was stopped leaves it; `own` if a store started it, `card` if it is finished."""
    paths = RunPaths(store.folder, name)
    paths.directory.mkdir()
    config = {"table": table_to_dict(load_table("lenet5"), defaults=True), "data": "/secret/pets"}
    paths.config.write_text(json.dumps(config), encoding="utf-8")
    paths.metrics.write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs), encoding="utf-8")
    if own:
        write_train_request(paths.request, train_request("lenet5"))
    if card:
        paths.card.touch()
    paths.log.write_text(log, encoding="utf-8")
    return paths


def lock_of(store):
    """The lock of a store's folder."""
    return TrainingLock(store.folder)


def unpack_kernels(packed):
    """The weights that quantized kernels stand for, (kernels and channels, height, width)."""
    planes = np.frombuffer(b64decode(packed["maps"]), np.uint8).reshape(-1, *packed["size"])
    return (planes.astype(float) - 128) / 127 * packed["scale"]


def kill_training(folder):
    """Kill the training that a failed test has left in a folder of runs: nothing else ends it."""
    if (holder := RunStore(folder).running()) is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(holder.pid).kill()
