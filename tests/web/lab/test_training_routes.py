"""What Train asks for, without a browser: a training from its order to its end, and what is refused."""

import json
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
from lab_runs import end_training, numbers, order
from serving import png

from striate.data import NAMED, is_available
from striate.errors import DataError, TableError
from striate.inspection import kernels
from striate.nn import build, load_model
from striate.runtime import TrainingInterrupted
from striate.tables import ARCHITECTURES, load_table, table_to_dict
from striate.web.errors import HTTPError
from striate.web.lab import train_worker
from striate.web.lab.run_files import RunPaths, read_reason
from striate.web.lab.settings import LabSettings
from striate.web.lab.train_request import TrainRequest, parse_train_request, read_train_request, write_train_request
from striate.web.lab.train_worker import FAILED, STOPPED

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
    assert told["data"] == [name for name in NAMED if is_available(name)]
    assert told["trains"] is True
    assert list(told["tables"]) == list(ARCHITECTURES)
    recipe = load_table("alexnet").recipe
    assert told["tables"]["alexnet"] == {
        "epochs": recipe.epochs, "batch_size": recipe.batch_size, "learning_rate": recipe.learning_rate, "seed": 0,
    }  # fmt: skip


def test_a_training_from_its_order_to_its_end(lab):
    edited = {**table_to_dict(load_table("lenet5:tiny")), "name": "my <table>"}
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
    trained = load_model(lab.runs / name)
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


def test_a_training_that_fails_says_why_and_no_path(tmp_path, capsys, monkeypatch):
    files = RunPaths(tmp_path, "wild-1")
    (tmp_path / ".lab").mkdir()
    write_train_request(files.order, order("lenet5:modern", learning_rate=100.0, epochs=1))
    assert train_worker.carry_out(tmp_path, "wild-1") == 1
    files.log.write_text(capsys.readouterr().err + "\nsys:1: ResourceWarning: of an interpreter that ends\n")
    reason = read_reason(files.log)
    assert reason.startswith("wild-1: the loss is ")
    assert str(tmp_path) not in reason
    pets = tmp_path / "secret" / "pets"
    (pets / "cat").mkdir(parents=True)
    write_train_request(files.order, replace(order(), data="pets", source=str(pets)))
    assert train_worker.carry_out(tmp_path, "wild-1") == 1
    files.log.write_text(capsys.readouterr().err)
    assert "pets" in read_reason(files.log) and "secret" not in read_reason(files.log)

    def damaged(*_, options, **__):
        raise DataError(f"{options.data_dir}/mnist/train: damaged")

    monkeypatch.setattr("striate.training.api.train", damaged)
    write_train_request(
        files.order, replace(order(), data="mnist", source="mnist", data_dir=str(tmp_path / "my secret"))
    )
    assert train_worker.carry_out(tmp_path, "wild-1") == 1
    assert capsys.readouterr().err == f"{FAILED}mnist/train: damaged\n"

    def stopped(*_, **__):
        raise TrainingInterrupted("as somebody wished", signal.SIGTERM)

    monkeypatch.setattr("striate.training.api.train", stopped)
    assert train_worker.carry_out(tmp_path, "wild-1") == 0
    assert capsys.readouterr().err == f"{STOPPED}\n"
    files.order.write_text("{}")
    assert train_worker.carry_out(tmp_path, "wild-1") == 1
    files.log.write_text(capsys.readouterr().err)
    assert read_reason(files.log) == "KeyError: 'table'"


def test_an_order_comes_back_as_it_was(tmp_path):
    own = LabSettings(data={"pets": "/secret/pets"}, data_dir=str(tmp_path))
    chosen = {"epochs": 3, "batch_size": 16, "learning_rate": 1, "seed": 7}
    told = parse_train_request({"table": table_to_dict(load_table("alexnet:tiny")), "data": "pets", **chosen}, own)
    write_train_request(tmp_path / "order.json", told)
    assert read_train_request(tmp_path / "order.json") == told
    assert (told.source, told.data_dir) == ("/secret/pets", str(tmp_path))
    assert told.table == replace(
        load_table("alexnet:tiny"), recipe=replace(load_table("alexnet:tiny").recipe, **chosen)
    )
    plain = parse_train_request({"table": "lenet5", "data": "digits"}, LabSettings())
    assert plain == TrainRequest(load_table("lenet5"), "digits", "digits", None)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"data": "/etc"}, "data: expected one of digits"),
        ({"data": ["digits"]}, "data: expected one of digits"),
        ({"table": "lenet6"}, "table: there is none of that name"),
        ({"table": "notes.toml"}, "table: there is none of that name"),
        ({"table": None}, "table: expected fields, got"),
        ({"table": {"name": "x", "input": [1, 8, 8], "rows": []}}, "has no rows"),
        ({"table": {"name": "x", "input": [1, 8, 8], "rows": [[]] * 30_000}}, "30,003 rows and lists"),
        ({"epochs": 0}, "epochs: expected a whole number from 1 to 1,000"),
        ({"epochs": True}, "epochs: expected a whole number"),
        ({"epochs": 1.5}, "epochs: expected a whole number"),
        ({"batch_size": 10**30}, "batch_size: expected a whole number from 1 to 4,096"),
        ({"learning_rate": float("nan")}, "learning_rate: expected a number"),
        ({"learning_rate": "1"}, "learning_rate: expected a number"),
        ({"seed": -1}, "seed: expected a whole number from 0"),
        ({"out": "/etc"}, "expected an object of table, data, epochs"),
        ({"table": "resnet152", "batch_size": 256}, "needs [0-9.]+ GB; from the page 2 GB are the most"),
    ],
)
def test_what_cannot_be_ordered(changes, line):
    with pytest.raises((HTTPError, TableError), match=line):
        parse_train_request({"table": "lenet5", "data": "digits", **changes}, LabSettings())


@pytest.mark.parametrize("body", [None, [], "x", 3])
def test_an_order_is_an_object(body):
    with pytest.raises(HTTPError, match="expected an object"):
        parse_train_request(body, LabSettings())
