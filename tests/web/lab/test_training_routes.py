"""What Train asks for, without a browser: a training from its order to its end, and what is refused."""

import json
import time

import numpy as np
import pytest
from lab_runs import end_training, numbers
from serving import png

from striate.data.named import NAMED, here
from striate.inspection.filters import kernels
from striate.nn.build import build
from striate.nn.model_file import load
from striate.tables import ARCHITECTURES, load_table, toml

ORDER = {"table": "lenet5:tiny", "data": "digits", "epochs": 2, "batch_size": 64}


@pytest.fixture(autouse=True)
def _no_training_is_left(lab):
    yield
    end_training(lab.runs)


def post(lab, path, document=None):
    return lab.server.ask(f"/lab/{path}", json.dumps(document or {}), "application/json")


def run(lab, name):
    return lab.server.ask(f"/lab/run?name={name}").json


def until(lab, name, done, seconds=60):
    """The run, once it is as it should be."""
    deadline = time.monotonic() + seconds
    while not done(told := run(lab, name)):
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
    return told


def test_what_there_is_to_train(lab):
    told = lab.server.ask("/lab/data").json
    assert told["data"] == [name for name in NAMED if here(name)]
    assert told["trains"] is True
    assert list(told["tables"]) == list(ARCHITECTURES)
    recipe = load_table("alexnet").recipe
    assert told["tables"]["alexnet"] == {
        "epochs": recipe.epochs, "batch_size": recipe.batch_size, "learning_rate": recipe.learning_rate, "seed": 0,
    }  # fmt: skip


def test_a_training_from_its_order_to_its_end(lab):
    edited = {**toml.to_plain(load_table("lenet5:tiny")), "name": "my <table>"}
    answer = post(lab, "runs", {**ORDER, "table": edited})
    assert answer.status == 200, answer.body
    name = answer.json["name"]
    assert name == "my-table-digits-1"
    assert "is being trained" in post(lab, "runs", ORDER).error
    assert "stop it first" in post(lab, f"run/delete?name={name}").error
    assert run(lab, name)["state"] == "running"
    told = until(lab, name, lambda told: told["state"] != "running")
    assert (told["state"], told["table"], told["done"]) == ("finished", "my <table>", 2)
    lines = [json.loads(line) for line in (lab.runs / name / "metrics.jsonl").read_text().splitlines()]
    for column, found in told["history"].items():
        assert found == [pytest.approx(line[column], rel=1e-5) for line in lines]
    assert told["best"] == pytest.approx(max(line["test_accuracy"] for line in lines), rel=1e-5)
    trained = load(lab.runs / name)
    for packed, network in (
        (told["live"]["kernels"]["first"], build("lenet5:tiny", seed=0)),
        (told["live"]["kernels"]["now"], trained.network),
    ):
        assert np.abs(numbers(packed) - kernels(network, "C1")[:, 0]).max() <= packed["scale"] / 127
    models = {model["name"]: model for model in lab.server.ask("/lab/models").json["models"]}
    assert models[f"runs/{name}"]["table"] == "my <table>"
    seen = lab.server.ask(f"/lab/layers?model=runs/{name}", png(), "image/png").json
    assert seen["rows"][0]["path"] == "C1"
    assert "finished" in post(lab, f"run/resume?name={name}").error
    assert "not being trained" in post(lab, f"run/stop?name={name}").error
    assert post(lab, f"run/delete?name={name}").json == {"name": name}
    assert not (lab.runs / name).exists()
    assert lab.server.ask(f"/lab/run?name={name}").status == 404
    assert f"runs/{name}" not in lab.server.ask("/lab/models").body.decode()


@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("runs", {**ORDER, "data": "/etc"}, 422),
        ("runs", {**ORDER, "table": "../x.toml"}, 422),
        ("runs", {**ORDER, "table": {"name": "x", "input": [1, 8, 8], "rows": [{"type": "Conv"}]}}, 422),
        ("runs", {**ORDER, "epochs": 10**9}, 422),
        ("run/stop?name=nothing", {}, 409),
        ("run/resume?name=../x", {}, 404),
        ("run/delete?name=.lab", {}, 404),
        ("run/delete", {}, 422),
    ],
)
def test_what_is_refused(lab, path, document, status):
    answer = post(lab, path, document)
    assert answer.status == status
    assert str(lab.runs) not in answer.error


def test_only_json_orders(lab):
    assert lab.server.ask("/lab/runs", b"{", "application/json").status == 422
    assert lab.server.ask("/lab/runs", b"{}", "text/plain").status == 415
    assert lab.server.ask("/lab/run").status == 422
    assert lab.server.ask("/lab/run?name=%00").status == 404
