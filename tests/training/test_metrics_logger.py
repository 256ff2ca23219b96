"""A run's numbers in experiment trackers: what each tracker's own reader finds of a training, without a network."""

import contextlib
import json
import os
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import striate
from striate.tables import load_table
from striate.training import MetricsLogger
from striate.training.callbacks import Epoch
from striate.training.metrics_logger import epoch_metrics

EPOCHS = [Epoch(number, 1 / number, 0.5, 2 / number, 0.25, 0.1, 100.0, 1.0) for number in (1, 2)]
LOSSES = [(1, 1.0), (2, 0.5)]


@pytest.fixture(scope="module")
def network():
    return striate.build("lenet5:tiny")


@pytest.fixture
def track(network):
    """Call a callback as a training of two epochs does."""

    def call(logger):
        logger.on_network(network)
        for epoch in EPOCHS:
            logger.on_epoch(epoch)

    return call


def test_a_training_hands_on_every_epoch_and_its_recipe(tmp_path):
    logged, settings = [], []
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (40, 1, 32, 32), generator=generator, dtype=torch.uint8)
    labels = torch.arange(40) % 10
    run = striate.train(
        "lenet5:tiny",
        (images, labels),
        tmp_path / "run",
        callbacks=[MetricsLogger(lambda metrics, step: logged.append((step, metrics)), settings.append)],
    )
    assert logged == [(epoch.epoch, epoch_metrics(epoch)) for epoch in run.history]
    recipe = load_table("lenet5:tiny").recipe
    (stated,) = settings
    assert (stated["table"], stated["epochs"], stated["optimizer.type"]) == (
        "lenet5:tiny",
        recipe.epochs,
        type(recipe.optimizer).__name__,
    )


def test_settings_are_logged_only_where_it_is_asked_for(track):
    logged = []
    track(MetricsLogger(lambda metrics, step: logged.append((step, metrics["loss/validation"]))))
    assert logged == [(1, 2.0), (2, 1.0)]


def test_mlflow(track, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # its store in a database needs more packages
    mlflow = pytest.importorskip("mlflow")
    store = (tmp_path / "mlruns").as_uri()
    mlflow.set_tracking_uri(store)
    with mlflow.start_run() as run:
        track(MetricsLogger(mlflow.log_metrics, mlflow.log_params))
    reader = mlflow.MlflowClient(store)
    history = reader.get_metric_history(run.info.run_id, "loss/training")
    assert [(metric.step, metric.value) for metric in history] == LOSSES
    assert reader.get_run(run.info.run_id).data.params["table"] == "lenet5:tiny"


def test_wandb_offline(track, tmp_path):
    wandb = pytest.importorskip("wandb")
    with wandb.init(mode="offline", project="digits", dir=str(tmp_path), settings=wandb.Settings(silent=True)) as run:
        track(MetricsLogger(run.log, run.config.update))
        assert run.config["table"] == "lenet5:tiny"
    (file,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    end = time.monotonic() + 60  # it is another process that writes the file
    while wandb_losses(file) != LOSSES and time.monotonic() < end:
        time.sleep(0.1)
    assert wandb_losses(file) == LOSSES


def wandb_losses(file):
    """The (step, loss) pairs in the records that `wandb sync` would upload: a header, then chunks as in a LevelDB log."""
    from wandb.proto.wandb_internal_pb2 import Record

    content, place, record = file.read_bytes(), 7, b""
    losses = []
    while place + 7 <= len(content):
        place += left if (left := -place % 32768) < 7 else 0  # no chunk begins at a block's end
        _, size, kind = struct.unpack_from("<IHB", content, place)
        record += content[place + 7 : place + 7 + size]
        place += 7 + size
        if place > len(content):  # being written
            break
        if kind in (1, 4):  # the whole record, or its last chunk
            history = Record.FromString(record).history
            values = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in history.item}
            if "loss/training" in values:
                losses.append((values["_step"], values["loss/training"]))
            record = b""
    return losses


TRACKIO = """
import sys
import trackio
from striate.training import MetricsLogger
sys.path.insert(0, sys.argv[1])
import test_metrics_logger as test

run = trackio.init(project="digits", name="first", auto_log_cpu=False)
logger = MetricsLogger(run.log, run.config.update)
logger.on_network(test.striate.build("lenet5:tiny"))
for epoch in test.EPOCHS:
    logger.on_epoch(epoch)
run.finish()
"""


def test_trackio(tmp_path):
    """In a process of its own: it reads where its database lies as it is imported."""
    pytest.importorskip("trackio")
    environment = {**os.environ, "TRACKIO_DIR": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", TRACKIO, Path(__file__).parent]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    with contextlib.closing(sqlite3.connect(tmp_path / "digits.db")) as database:
        rows = database.execute("SELECT step, metrics FROM metrics ORDER BY step").fetchall()
        ((config,),) = database.execute("SELECT config FROM configs").fetchall()
    assert [(step, json.loads(metrics)["loss/training"]) for step, metrics in rows] == LOSSES
    assert json.loads(config)["table"] == "lenet5:tiny"
