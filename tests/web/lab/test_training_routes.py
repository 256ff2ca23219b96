"""The routes of the Train view: a training from its request to its end, the statuses of errors, the JSON of a run."""

import json
import time
from base64 import b64decode

import numpy as np
import pytest
from lab_runs import EPOCH, kill_training, make_run, unpack_kernels
from serving import png, serving

from striate.data import NAMED, is_available
from striate.inspection import kernels
from striate.nn import build, load_model
from striate.runs import RunStore
from striate.tables import ARCHITECTURES, load_table, table_to_dict
from striate.web import LabSettings

REQUEST = {"table": "lenet5:tiny", "data": "digits", "epochs": 2, "batch_size": 64}


@pytest.fixture(autouse=True)
def _no_training_is_left(lab):
    yield
    kill_training(lab.runs)


def post(lab, path, document=None):
    return lab.server.ask(f"/lab/{path}", json.dumps(document or {}), "application/json")


def get_run(lab, name):
    return lab.server.ask(f"/lab/run?name={name}").json


def wait_for(lab, name, condition, seconds=60):
    """The run, once the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition(run := get_run(lab, name)):
        assert time.monotonic() < deadline, run
        time.sleep(0.1)
    return run


def test_what_can_be_trained(lab):
    choices = lab.server.ask("/lab/data").json
    assert choices["data"] == [name for name in NAMED if is_available(name)]
    assert choices["trains"] is choices["keeps"] is True
    assert list(choices["tables"]) == list(ARCHITECTURES)
    recipe = load_table("alexnet").recipe
    assert choices["tables"]["alexnet"] == {
        "epochs": recipe.epochs, "batch_size": recipe.batch_size, "learning_rate": recipe.learning_rate, "seed": 0,
    }  # fmt: skip


def test_a_training_from_its_request_to_its_end(lab):
    edited = {**table_to_dict(load_table("lenet5:tiny")), "name": "my <table>"}
    response = post(lab, "runs", {**REQUEST, "table": edited, "replay": 3})
    assert response.status == 200, response.body
    name = response.json["name"]
    assert name == "my-table-digits-1"
    for conflict in (post(lab, "runs", REQUEST), post(lab, f"run/delete?name={name}")):
        assert conflict.status == 409 and "is being trained" in conflict.error
    assert get_run(lab, name)["state"] == "running"
    run = wait_for(lab, name, lambda run: run["state"] != "running")
    assert (run["state"], run["table"], run["done"]) == ("finished", "my <table>", 2)
    lines = [json.loads(line) for line in (lab.runs / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    for column, numbers in run["history"].items():
        assert numbers == [pytest.approx(line[column], rel=1e-5) for line in lines]
    assert run["best"] == pytest.approx(max(line["test_accuracy"] for line in lines), rel=1e-5)
    assert run["replay"]["steps"] == [0, 1, 46]  # of 1,437 images in batches of 64, twice
    trained = load_model(lab.runs / name)
    for packed, network in (
        (run["live"]["kernels"]["first"], build("lenet5:tiny", seed=0)),
        (run["live"]["kernels"]["now"], trained.network),
    ):
        assert np.abs(unpack_kernels(packed) - kernels(network, "C1")[:, 0]).max() <= packed["scale"] / 127
    models = {model["name"]: model for model in lab.server.ask("/lab/models").json["models"]}
    assert models[f"runs/{name}"] == {
        "name": f"runs/{name}", "table": "my <table>", "input": list(trained.network.table.input),
        "side": 18, "samples": "digits",
    }  # fmt: skip
    saved = lab.server.ask(f"/lab/run/model?name={name}").json
    assert saved["name"] == f"{name}.safetensors"
    assert b64decode(saved["content"]) == (lab.runs / name / "model.safetensors").read_bytes()
    layers = lab.server.ask(f"/lab/layers?model=runs/{name}", png(), "image/png").json
    assert layers["rows"][0]["path"] == "C1"
    assert "finished" in post(lab, f"run/resume?name={name}").error
    assert "not being trained" in post(lab, f"run/stop?name={name}").error
    assert post(lab, f"run/delete?name={name}").json == {"name": name}
    assert not (lab.runs / name).exists()
    assert lab.server.ask(f"/lab/run?name={name}").status == 404
    assert f"runs/{name}" not in lab.server.ask("/lab/models").body.decode()


@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("runs", {**REQUEST, "data": "/etc"}, 422),
        ("runs", {**REQUEST, "table": "../x.toml"}, 422),
        ("runs", {**REQUEST, "table": {"name": "x", "input": [1, 8, 8], "rows": [{"type": "Conv"}]}}, 422),
        ("runs", {**REQUEST, "epochs": 10**9}, 422),
        ("run/stop?name=nothing", {}, 409),
        ("run/resume?name=../x", {}, 404),
        ("run/delete?name=.lab", {}, 404),
        ("run/delete", {}, 422),
        ("run/model?name=nothing", None, 404),
    ],
)
def test_the_status_of_an_error(lab, path, document, status):
    response = lab.server.ask(f"/lab/{path}") if document is None else post(lab, path, document)
    assert response.status == status
    assert str(lab.runs) not in response.error


def test_a_body_that_is_not_json_is_an_error(lab):
    assert lab.server.ask("/lab/runs", b"{", "application/json").status == 422
    assert lab.server.ask("/lab/runs", b"{}", "text/plain").status == 415
    assert lab.server.ask("/lab/run").status == 422
    assert lab.server.ask("/lab/run?name=%00").status == 404


def test_the_json_of_runs(tmp_path):
    (tmp_path / ".lab").mkdir()
    store = RunStore(tmp_path)
    shell = make_run(store, "shell", own=False)
    shell.config.write_text(
        shell.config.read_text(encoding="utf-8").replace("pets", "p\\udce9ts"), encoding="utf-8"
    )  # a name that is not UTF-8
    with serving({}, lab=LabSettings(tmp_path)) as server:
        (listed,) = server.ask("/lab/runs").json["runs"]
        run = server.ask("/lab/run?name=shell").json
    assert listed == {
        "name": "shell", "state": "outside", "table": "lenet5", "data": "p?ts", "epochs": 20, "done": 1, "best": 0.625,
        "model": False, "own": False,
    }  # fmt: skip
    columns = ("epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy")
    assert run == {
        **listed,
        "history": {name: [EPOCH[name]] for name in columns},
        "live": None,
        "replay": None,
        "reason": None,
        "diverged": False,
        "loss": "rbf_map",
        "learning_rate": 0.003,
    }
