"""The recorder: the progress that it writes, and which kernels."""

import json

import numpy as np
import pytest
import torch
from lab_runs import unpack_kernels

from striate.inspection import kernels
from striate.nn import build
from striate.runs import recorder
from striate.runs.recorder import Recorder, first_convolution, kernels_to_dict
from striate.tables import ARCHITECTURES, Conv, Dense, Table, load_plan
from striate.training import Epoch, Progress


def progress(epoch, images):
    return Progress(epoch, images, epoch_images=100, loss=2.0 / epoch, accuracy=0.5, images_per_second=1000.0)


def end_of(epoch):
    return Epoch(epoch, 1.0, 0.5, 1.0, 0.5, learning_rate=0.1, images_per_second=1000.0, seconds=1.0)


def assert_same_kernels(packed, weights_OIHW):
    assert np.abs(unpack_kernels(packed) - weights_OIHW[:, 0]).max() <= packed["scale"] / 127


@pytest.fixture
def _writes_at_once(monkeypatch):
    monkeypatch.setattr(recorder, "_INTERVAL", 0)


@pytest.mark.usefixtures("_writes_at_once")
def test_the_progress_of_a_training(tmp_path):
    path, network = tmp_path / "live.json", build("lenet5:tiny", seed=0)
    written = lambda: json.loads(path.read_text(encoding="utf-8"))  # noqa: E731
    recording = Recorder(path, epochs=2)
    recording.on_decoded(3, 10)
    assert (written()["phase"], written()["decoded"]) == ("reading", [3, 10])
    recording.on_network(network)
    assert (written()["phase"], written()["decoded"]) == ("training", None)
    recording.on_step(progress(1, 20))
    assert written()["progress"] == vars(progress(1, 20))
    assert written()["seconds_left"] is None  # after one step there is no pace yet
    recording.on_step(progress(1, 100))
    assert written()["trail"] == [[0.2, 2.0, 0.5], [1.0, 2.0, 0.5]]
    assert 0 <= written()["seconds_left"] < 60
    recording.on_epoch(end_of(1))
    assert (written()["phase"], written()["progress"], written()["trail"]) == ("training", None, [])
    recording.on_step(progress(2, 100))
    recording.on_epoch(end_of(2))
    assert (written()["phase"], written()["seconds_left"]) == ("ending", None)
    for _ in range(7):
        recording.on_warning("a line")
    assert written()["warnings"] == ["a line"] * 5


@pytest.mark.usefixtures("_writes_at_once")
def test_the_kernels_before_the_first_step_and_now(tmp_path):
    path, network = tmp_path / "live.json", build("lenet5:tiny", seed=0)
    row = first_convolution(network.plan)
    before = kernels(network, row).copy()
    recording = Recorder(path, epochs=1)
    recording.on_network(network)
    with torch.no_grad():
        network.get_submodule(row).weight.mul_(-2)
    recording.on_step(progress(1, 50))
    written = json.loads(path.read_text(encoding="utf-8"))["kernels"]
    assert written["row"] == row
    assert_same_kernels(written["first"], before)
    assert_same_kernels(written["now"], -2 * before)
    resumed = Recorder(path, epochs=1)
    resumed.on_network(build("lenet5:tiny", seed=1))
    assert json.loads(path.read_text(encoding="utf-8"))["kernels"]["first"] == written["first"]


def test_a_long_epoch_has_a_bounded_trail(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "_INTERVAL", 0)
    recording = Recorder(tmp_path / "live.json", epochs=1)
    for images in range(1, 1001):
        recording.on_step(Progress(1, images, 1000, loss=1.0, accuracy=0.5, images_per_second=1000.0))
    trail = json.loads((tmp_path / "live.json").read_text(encoding="utf-8"))["trail"]
    assert len(trail) <= 100 and trail[-1][0] == 1.0


def test_which_kernels_are_written():
    assert {first_convolution(table.plan()) is not None for table in ARCHITECTURES.values()} == {True}
    network = build("resnet18:tiny", seed=0)
    packed = kernels_to_dict(network, row := first_convolution(network.plan))
    weights = kernels(network, row)
    assert (packed["channels"], packed["count"], packed["of"]) == (3, len(weights), len(weights))
    assert np.abs(unpack_kernels(packed).reshape(weights.shape) - weights).max() <= packed["scale"] / 127
    many = build(Table("many", (3, 64, 64), (Conv("C", maps=200, kernel=20), Dense("Out", units=2))), seed=0)
    assert kernels_to_dict(many, "C")["count"] == 33
    none = Table("none", (1, 8, 8), (Dense("Out", units=2),))
    huge = Table("huge", (3, 300, 300), (Conv("C", maps=2, kernel=250), Dense("O", units=2)))
    assert first_convolution(none.plan()) is first_convolution(huge.plan()) is None
    assert first_convolution(load_plan("lenet5")) == "C1"


def test_a_full_disk_does_not_end_a_training(tmp_path):
    Recorder(tmp_path / "nowhere" / "live.json", 1).on_warning("a line")
