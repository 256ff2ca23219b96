"""A training in the page is that of `striate train`: the same pictures, the same start, the same order and variations, and the same
losses; its runs are told as the server tells them, and its model file is one that `striate predict` takes."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from engine_documents import check_equal
from engine_tensors import check_close
from lab_runs import kill_training
from PIL import Image
from running import striate
from serving import serving

from striate.data import load_dataset
from striate.models import shipped_models
from striate.nn import build, load_model
from striate.runtime import find_device
from striate.tables import (
    Affine,
    Brightness,
    Gaussian,
    He,
    HorizontalFlip,
    Initialization,
    RandomCrop,
    RandomResizedCrop,
    RandomTranslation,
    Rotation,
    Table,
    Torch,
    Xavier,
    load_table,
    table_to_dict,
)
from striate.training import PictureList, Trainer, adapt_to_dataset
from striate.web import LabSettings
from striate.web.lab.packed_sets import packed_digits, training_document
from striate.web.lab.table_documents import table_documents
from striate.words import catalogue

SCHEMES: tuple[Initialization, ...] = (
    He(), Gaussian(), Xavier(bias=0.2), Torch(), Torch(weights="fan_out"), Torch(weights="normal"),
)  # fmt: skip
VARIED = {
    "as they are": (),
    "as LeNet-5 is distorted": load_table("lenet5:distorted").recipe.augmentation,
    "moved and flipped": (RandomTranslation(cells=4), HorizontalFlip(), Brightness(by=0.5)),
    "cropped": (RandomCrop(of=(32, 40)), Rotation(degrees=30), HorizontalFlip()),
    "of any area": (RandomResizedCrop(area=(0.3, 1.0)), Affine(scale=0.2, squeeze=0.1, shear=0.3)),
}


def adapted(name: str, **recipe: Any) -> Table:
    """A table as a training on the digits has it."""
    table = load_table(name)
    table = replace(table, recipe=replace(table.recipe, **recipe))
    return adapt_to_dataset(table, load_dataset("digits", table)).table


@pytest.mark.parametrize(
    "name", ["lenet5", "lenet5:modern", "lenet5:colour", "resnet18:tiny", "googlenet:tiny", "alexnet:tiny"]
)
def test_the_parameters_before_the_first_step(engine, name):
    table = load_table(name)
    for scheme in (table.initialization, *SCHEMES):
        stated = replace(table, initialization=scheme)
        found = engine.ask({"kind": "initial", "table": table_to_dict(stated, defaults=True), "seed": 7})
        expected = build(stated, seed=7).state_dict()
        assert set(found) == set(expected)
        for key, tensor in expected.items():
            check_close(found[key], tensor, f"{scheme} {key}")


@pytest.mark.parametrize(
    ("name", "varied"),
    [
        *(("lenet5:colour", varied) for varied in VARIED),  # a crop fills the whole input, which LeNet-5's content does not
        ("lenet5", "as LeNet-5 is distorted"), ("lenet5:tiny", "moved and flipped"), ("minivggnet:tiny", "as they are"),
    ],
)  # fmt: skip
def test_the_batches_of_an_epoch(engine, name, varied):
    """The same pictures, but for a gray level that lies between two: a CPU without fused products may round it otherwise."""
    table = adapted(name, augmentation=VARIED[varied], seed=3)
    trainer = Trainer(build(table, seed=3), load_dataset("digits", table), device=find_device("float32", device="cpu"))
    document = table_to_dict(table, defaults=True)
    found = engine.ask({"kind": "batches", "table": document, "set": packed_digits(), "epoch": 2, "count": 3})
    for one, expected in zip(found, trainer.batches.epoch(2), strict=False):
        assert one["labels"] == expected.labels.tolist()
        shape = one["images"]["shape"]
        assert shape == list(expected.images.shape)
        images = np.frombuffer(base64.b64decode(one["images"]["data"]), np.float32).reshape(shape)
        apart = np.abs(images - expected.images.numpy())
        level = 1 / 255 / min(table.preprocessing.std)
        assert apart.max() <= 1.01 * level and (apart > level / 50).mean() < 1e-3


def test_a_step_of_the_augmentation_by_its_former_name(engine):
    """As in the model files of earlier versions."""
    document = table_to_dict(adapted("lenet5", augmentation=VARIED["moved and flipped"], seed=3), defaults=True)
    former = json.loads(json.dumps(document).replace('"RandomTranslation"', '"Shift"'))
    assert former != document
    asked = {"kind": "batches", "set": packed_digits(), "epoch": 1, "count": 1}
    assert engine.ask({**asked, "table": former}) == engine.ask({**asked, "table": document})


@pytest.mark.parametrize("name", ["lenet5:distorted", "lenet5:modern", "minivggnet:tiny"])
def test_the_losses_of_the_first_steps_and_the_scores_of_an_epoch(engine, name):
    """Without dropout, whose random numbers torch draws differently on each kind of CPU."""
    table = adapted(name, epochs=2, batch_size=180, ema=0.9 if name == "lenet5:modern" else None)
    table = replace(table, rows=tuple(row for row in table.rows if type(row).__name__ != "Dropout"))
    trainer = Trainer(build(table, seed=0), load_dataset("digits", table), device=find_device("float32", device="cpu"))
    losses: list[float] = []
    epoch = next(trainer.run(lambda _result: losses.append(trainer.progress.loss)))
    found = engine.ask(
        {"kind": "learn", "table": table_to_dict(table, defaults=True), "set": packed_digits(), "slices": 8 + 6 + 1}
    )
    assert found["losses"][:8] == pytest.approx(losses, rel=2e-3)
    (first,) = found["history"]
    assert first.keys() == vars(epoch).keys()
    assert first["learning_rate"] == pytest.approx(epoch.learning_rate)
    assert (first["train_loss"], first["test_loss"]) == pytest.approx((epoch.train_loss, epoch.test_loss), rel=1e-2)
    assert (first["train_accuracy"], first["test_accuracy"]) == pytest.approx(
        (epoch.train_accuracy, epoch.test_accuracy), abs=0.02
    )


class Page:
    """The page's backend, which carries LeNet-5 and what can be trained."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        path = shipped_models()["lenet5"]
        content = base64.b64encode(path.read_bytes()).decode()
        models = [{"name": "lenet5", "content": content, "macs": 325_680, "side": 384}]
        engine.ask(
            {
                "kind": "open",
                "models": models,
                "documents": {"training": training_document(), **table_documents(), "words": dict(catalogue())},
            }
        )

    def ask(self, route: str, query: str = "", document: Any = None, language: str = "en") -> tuple[int, Any]:
        method, path = route.split()
        request = {"method": method, "path": path, "query": query, "language": language, "document": document}
        answer = self.engine.ask({"kind": "request", **request})
        return answer["status"], answer["body"]

    def wait(self, name: str, condition: Any) -> Any:
        while not condition(run := self.ask("GET run", f"name={name}")[1]):
            time.sleep(0.02)
        return run


@pytest.fixture
def page(engine):
    return Page(engine)


REQUEST = {"table": "lenet5:tiny", "data": "digits", "epochs": 2, "batch_size": 64, "learning_rate": 0.003, "seed": 5}


def shape_of(value: Any) -> Any:
    """A document without its numbers and texts: the keys, and the kinds of what is in it."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    with serving({}, lab=LabSettings(folder)) as server:
        yield server
    kill_training(folder)


def ask_server(served: Any, path: str, document: Any = None) -> Any:
    body = None if document is None else json.dumps(document).encode()
    return served.ask(f"/lab/{path}", body, body and "application/json").json


def test_a_run_is_told_as_the_server_tells_it(page, served, tmp_path):
    """The same run on both sides: the same names, the same shape of every document, nearly the same curves."""
    request = {**REQUEST, "replay": 4}
    status, started = page.ask("POST runs", document=request)
    assert (status, started) == (200, ask_server(served, "runs", request))
    name = started["name"]
    found = page.wait(name, lambda run: run["state"] == "finished")
    deadline = time.monotonic() + 120
    while (wanted := ask_server(served, f"run?name={name}"))["state"] != "finished":
        assert time.monotonic() < deadline, wanted
        time.sleep(0.1)
    assert found["live"]["phase"] == wanted["live"]["phase"] == "ending"
    for side in (found, wanted):
        side["live"].pop("seconds_left")
    assert shape_of(found) == shape_of(wanted)
    plain = ("name", "state", "table", "data", "epochs", "done", "model", "own", "loss", "learning_rate", "reason")
    assert {key: found[key] for key in plain} == {key: wanted[key] for key in plain}
    assert found["replay"]["steps"] == wanted["replay"]["steps"] == [0, 1, 7, 46]
    assert found["history"]["train_loss"] == pytest.approx(wanted["history"]["train_loss"], rel=0.02)
    for side in ("first", "now"):
        one, other = (
            np.frombuffer(base64.b64decode(run["live"]["kernels"][side]["maps"]), np.uint8).astype(int)
            for run in (found, wanted)
        )
        assert np.abs(one - other).max() <= (1 if side == "first" else 40)
    assert page.ask("GET runs")[1]["runs"] == [{key: found[key] for key in ask_server(served, "runs")["runs"][0]}]
    listed = [
        {model["name"]: model for model in answer["models"]}
        for answer in (page.ask("GET models")[1], ask_server(served, "models"))
    ]
    assert listed[0][f"runs/{name}"] == listed[1][f"runs/{name}"]
    check_saved(page, served, name, tmp_path)


def test_the_list_of_pictures_is_known_by_its_digest():
    assert packed_digits()["record"]["pictures"] == PictureList.of(load_dataset("digits", load_table("lenet5"))).digest


def check_saved(page: Page, served: Any, name: str, tmp_path: Any) -> None:
    """The model as a file: `striate predict` takes it, and it is the network that was trained."""
    file, other = page.ask("GET run/model", f"name={name}")[1], ask_server(served, f"run/model?name={name}")
    assert file.keys() == other.keys() and file["name"] == other["name"] == f"{name}.safetensors"
    path = tmp_path / file["name"]
    path.write_bytes(base64.b64decode(file["content"]))
    (tmp_path / "served.safetensors").write_bytes(base64.b64decode(other["content"]))
    model, trained = load_model(path), load_model(tmp_path / "served.safetensors")
    assert (model.network.table, model.classes) == (trained.network.table, trained.classes)
    apart = {"seconds", "device", "machine", "torch", "pictures"}
    assert {key: value for key, value in trained.training.items() if key not in apart} == {
        key: value for key, value in model.training.items() if key not in apart
    }
    assert model.scores["top1"] == pytest.approx(trained.scores["top1"], abs=0.02)
    picture = tmp_path / "eight.png"
    Image.fromarray(load_dataset("digits", model.network.table).validation.pictures[0].squeeze(2)).save(picture)
    assert json.loads(striate("predict", path, picture, "--json").stdout)
    scores = json.loads(striate("evaluate", path, "--data", "digits", "--json").stdout)
    assert scores["top1"] == pytest.approx(model.scores["top1"], abs=0.01)


def test_a_training_is_stopped_and_resumed_and_others_are_answered_meanwhile(page):
    name = page.ask("POST runs", document={**REQUEST, "epochs": 30})[1]["name"]
    running = page.wait(name, lambda run: run["live"]["progress"] is not None or run["done"])
    assert running["state"] == "running"
    for conflict in (page.ask("POST runs", document=REQUEST), page.ask("POST run/delete", f"name={name}")):
        assert conflict[0] == 409 and "is being trained" in conflict[1]["error"]
    page.wait(name, lambda run: run["done"] >= 1)
    assert page.ask("GET network", f"model=runs/{name}")[0] == 200  # the model of the last epoch, while it learns
    assert page.ask("POST run/stop", f"name={name}") == (200, {"name": name})
    stopped = page.ask("GET run", f"name={name}")[1]
    assert stopped["state"] == "stopped" and page.ask("GET run", f"name={name}")[1] == stopped
    assert page.ask("POST run/stop", f"name={name}")[0] == 409
    assert page.ask("POST run/resume", f"name={name}")[0] == 200
    resumed = page.wait(name, lambda run: run["done"] > stopped["done"])
    assert resumed["history"]["epoch"][: stopped["done"]] == stopped["history"]["epoch"]
    page.ask("POST run/stop", f"name={name}")
    assert page.ask("POST run/delete", f"name={name}") == (200, {"name": name})
    assert page.ask("GET run", f"name={name}") == (404, {"error": "there is no run of that name"})


def test_a_training_that_diverges_is_told_as_the_server_tells_it(page):
    name = page.ask(
        "POST runs", document={**REQUEST, "table": "lenet5:modern", "learning_rate": 100, "batch_size": 512}
    )[1]["name"]
    run = page.wait(name, lambda run: run["state"] != "running")
    assert (run["state"], run["diverged"]) == ("failed", True)
    assert run["reason"].startswith(f"the training diverged: {name}: the loss is ")
    assert "learning rate" in run["reason"] and "is not finite first; try a lower learning rate; " in run["reason"]
    korean = page.ask("GET run", f"name={name}", language="ko")[1]["reason"]
    assert korean.startswith("학습이 발산했습니다") and "학습률을 낮춰" in korean
    assert page.ask("POST run/resume", f"name={name}")[0] == 200
    assert page.wait(name, lambda run: run["state"] != "running")["diverged"]


@pytest.mark.parametrize(
    "request_",
    [
        {"data": "/etc"}, {"table": "../x.toml"}, {"epochs": 10**9}, {"epochs": 1.5}, {"learning_rate": 0}, {"seed": -1},
        {"batch_size": "64"}, {"replay": 1}, {"replay": True}, {"replay": 65}, {"unknown": 1}, {"epochs": True},
    ],
    ids=json.dumps,
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "ko"])
def test_requests_are_refused_in_the_servers_words(page, served, request_, language):
    document = {**REQUEST, **request_}
    wanted = served.ask(
        "/lab/runs", json.dumps(document).encode(), "application/json", headers={"Accept-Language": language}
    )
    found = page.ask("POST runs", document=document, language=language)
    if "data" in request_:  # the server may have more sets
        assert (found[0], wanted.status) == (422, 422)
    else:
        assert found == (wanted.status, wanted.json)


def test_what_a_page_cannot_train_is_said(page):
    large = table_to_dict(load_table("resnet20"), defaults=True)
    status, body = page.ask("POST runs", document={**REQUEST, "table": large})
    assert status == 422 and "in this page 5,000,000 are the most" in body["error"]
    assert page.ask("POST runs", document={**REQUEST, "table": "resnet20"})[0] == 422


def test_a_snapshot_is_shown_as_the_server_shows_it(page, served):
    """The first snapshots are the same networks on both sides; the last one has learned a little differently."""
    request = {**REQUEST, "replay": 3, "batch_size": 512, "epochs": 1}
    name, other = page.ask("POST runs", document=request)[1]["name"], ask_server(served, "runs", request)["name"]
    page.wait(name, lambda run: run["state"] == "finished")
    deadline = time.monotonic() + 120
    while ask_server(served, f"run?name={other}")["state"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for step in (0, 1):
        status, found = page.ask("GET replay", urlencode({"model": f"runs/{name}/{step}"}))
        wanted = ask_server(served, f"replay?{urlencode({'model': f'runs/{other}/{step}'})}")
        assert status == 200
        by_class = [sorted(document.pop("top"), key=lambda one: one["index"]) for document in (found, wanted)]
        check_equal(by_class[0], by_class[1], "top", 1e-3)
        check_equal(found, wanted, "replay", 1e-3)
    assert page.ask("GET network", urlencode({"model": f"runs/{name}/1"}))[0] == 200  # a model in every view


@pytest.mark.parametrize("model", ["runs/x/", "runs/x", "runs/x/-1", "lenet5", "lenet5/0", "runs/nothing/0", ""])
def test_what_is_no_snapshot(page, served, model):
    wanted = served.ask(f"/lab/replay?{urlencode({'model': model})}")
    assert page.ask("GET replay", urlencode({"model": model})) == (wanted.status, wanted.json)
