"""The route of the replay: a snapshot as the library shows it; a snapshot is a model in every view; what is not there."""

import os
import shutil
from base64 import b64decode

import numpy as np
import pytest
from lab_runs import unpack_kernels
from serving import png, serving

from striate.inspection import load_sample, replay_frame
from striate.nn import load_model
from striate.tables import Dense, Recipe, Table, load_table
from striate.training import REPLAY_FOLDER, REPLAY_PICTURE_NAME, Options, find_snapshots, train
from striate.web import LabSettings

TABLES = {
    "digits one": load_table("lenet5:tiny"),
    "dense": Table("dense", (1, 8, 8), (Dense("Out", units=10),)),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with runs that keep snapshots, one of a network without a convolution."""
    folder = tmp_path_factory.mktemp("runs")
    recipe = Recipe(epochs=1, batch_size=256, learning_rate=0.003)
    for name, table in TABLES.items():
        train(table, "digits", folder / name, recipe=recipe, replay=4, options=Options(device="cpu"))
    return folder


@pytest.fixture(scope="module")
def server(runs):
    with serving({}, lab=LabSettings(runs)) as running:
        yield running


@pytest.mark.parametrize("name", TABLES)
def test_a_snapshot_is_shown_as_the_library_shows_it(server, runs, name):
    listed = server.ask(f"/lab/run?name={name.replace(' ', '+')}").json["replay"]
    assert listed["steps"] == list(find_snapshots(runs / name)) == [0, 1, 2, 6]
    for step, path in find_snapshots(runs / name).items():
        shown = server.ask(f"/lab/replay?model=runs/{name.replace(' ', '+')}/{step}").json
        model = load_model(path)
        sample = load_sample(runs / name / REPLAY_FOLDER / REPLAY_PICTURE_NAME, model.network.table)
        frame = replay_frame(model, sample)
        assert (shown["step"], shown["label"]) == (step, model.training["picture"])
        assert np.array_equal(
            np.frombuffer(b64decode(shown["input"]["pixels"]), np.uint8).reshape(shown["input"]["shape"]),
            sample.fitted_CHW.numpy(),
        )
        assert {one["class"]: one["probability"] for one in shown["top"]} == pytest.approx(
            dict(zip(model.classes, frame.probabilities.tolist(), strict=True)), abs=1e-6
        )
        if frame.first is None:
            assert shown["first"] is None
            continue
        first = shown["first"]
        assert first["row"] == "C1"
        kernels, maps = first["kernels"], first["maps"]
        assert np.abs(unpack_kernels(kernels) - frame.first.kernels[:, 0]).max() <= kernels["scale"] / 127
        assert np.abs(unpack_kernels(maps) - frame.first.maps).max() <= maps["scale"] / 127
        assert np.array(first["responses"]) == pytest.approx(frame.first.tuning.responses, abs=1e-5)
        assert first["orientations"] == frame.first.tuning.orientations_deg.tolist()


def test_a_snapshot_is_a_model_in_every_view(server):
    first, last = (
        server.ask(f"/lab/layers?model=runs/digits+one/{step}", png(), "image/png").json["top"] for step in (0, 6)
    )
    assert first != last
    assert server.ask("/lab/units?model=runs/digits+one/1").json["rows"][0]["path"] == "C1"


@pytest.mark.parametrize(
    ("model", "status"),
    [
        ("runs/digits+one/3", 404),
        ("runs/digits+one/", 422),
        ("runs/digits+one", 422),
        ("runs/digits+one/0/0", 422),
        ("runs/digits+one/-1", 422),
        ("runs/digits+one/99999999999999999999", 422),
        ("runs/nothing/0", 404),
        ("runs/../0", 404),
        ("runs/.lab/0", 404),
        ("lenet5/0", 404),
        ("lenet5", 422),
    ],
)
def test_what_is_not_there(server, runs, model, status):
    response = server.ask(f"/lab/replay?model={model}")
    assert response.status == status
    assert str(runs) not in response.error


def test_what_was_removed_or_made_again(server, runs):
    """Another run of the same name has another version; without its picture there is no replay."""
    shutil.copytree(runs / "dense", runs / "copy")
    picture = runs / "copy" / REPLAY_FOLDER / REPLAY_PICTURE_NAME
    version = server.ask("/lab/run?name=copy").json["replay"]["version"]
    os.utime(picture, (1, 1))
    assert server.ask("/lab/run?name=copy").json["replay"]["version"] != version
    picture.unlink()
    assert server.ask("/lab/run?name=copy").json["replay"] is None
    response = server.ask("/lab/replay?model=runs/copy/0")
    assert (response.status, response.error) == (404, "the run has no picture for its replay")
