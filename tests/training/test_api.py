"""A run directory and its contents. `test_session.py` has what is refused and what an interruption leaves."""

import base64
import json
from dataclasses import replace

import pytest
import torch
from PIL import Image
from tensorboard_events import scalars

from striate.data import load_named
from striate.inference import Predictor
from striate.nn import load_model
from striate.tables import load_table
from striate.training.api import train
from striate.training.run_config import Options

QUICK = replace(load_table("lenet5").recipe, epochs=2)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "quick"
    return train("lenet5", "digits", out, recipe=QUICK, options=Options(tensorboard=True))


def test_the_directory_holds_everything(run):
    names = sorted(path.name for path in run.directory.iterdir())
    assert names == [
        "README.md", "best.safetensors", "calibration.png", "checkpoints", "confusion.png", "curves.png",
        "metrics.jsonl", "mistakes.png", "model.safetensors", "pictures.txt", "run.json",
        "samples", "tensorboard",
    ]  # fmt: skip
    assert sorted(path.stem for path in (run.directory / "samples").iterdir()) == list("0123456789")
    lines = [json.loads(line) for line in (run.directory / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert lines[-1]["test_accuracy"] == pytest.approx(run.scores.top1)
    for name in ("curves", "confusion", "calibration", "mistakes"):
        assert (run.directory / f"{name}.png").stat().st_size > 10_000
    with Image.open(run.directory / "curves.png") as curves:
        assert curves.size[0] > 800


def test_a_run_shows_itself_in_a_notebook(run):
    html = run._repr_html_()
    assert f"<td>2</td><td>{run.scores.images:,}</td><td>{run.scores.top1:.1%}</td>" in html
    assert base64.b64encode((run.directory / "curves.png").read_bytes()).decode() in html


def test_tensorboard_has_what_the_metrics_have(run):
    lines = [json.loads(line) for line in (run.directory / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    shown = scalars(run.directory)
    for name, field in {
        "loss/training": "train_loss",
        "loss/validation": "test_loss",
        "accuracy/training": "train_accuracy",
        "accuracy/validation": "test_accuracy",
        "learning rate": "learning_rate",
        "images per second": "images_per_second",
    }.items():
        expected = [(line["epoch"], pytest.approx(line[field], rel=1e-6)) for line in lines]
        assert shown.pop(name) == expected, name
    assert not shown


def test_the_model_card_states_data_recipe_time_and_scores(run):
    card = (run.directory / "README.md").read_text(encoding="utf-8")
    for fact in (
        f"{run.scores.top1:.2%}",
        "360 validation images",
        "1,437 training images",
        "equation 9",
        "| seed | 0 |",
        f"{run.seconds:.1f} s",
    ):
        assert fact in card
    assert "samples/0.png" in card


def test_the_model_is_that_of_the_last_epoch(run):
    model = load_model(run.directory)
    assert model.training["epochs"] == 2
    assert model.scores["top1"] == pytest.approx(run.scores.top1)
    assert model.network.table.recipe == QUICK
    assert model.network.table.preprocessing.light_on_dark


def test_the_samples_are_read_as_the_data_set_is(run):
    predictor = Predictor.load(run.directory)
    digits = load_named("digits").validation
    first = int((digits.labels == 7).nonzero()[0])
    (from_file,) = predictor.predict([run.directory / "samples" / "7.png"], top=10)
    straight = predictor.probabilities(torch.from_numpy(digits.pictures[first].copy())[None].permute(0, 3, 1, 2))[0]
    assert dict(from_file.top) == pytest.approx({str(c): p for c, p in enumerate(straight.tolist())}, abs=1e-6)
