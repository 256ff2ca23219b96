"""The model that ships: small, offline, as good as its card says, and it reads digits of our own."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import torch
from handwriting import PHOTOS, digit
from running import fails, here, striate
from torch.nn import functional as F

from striate.data import load_named
from striate.inference.predictor import Predictor
from striate.models import shipped_models

FILE = shipped_models()["lenet5"]
OFFLINE = {**os.environ, "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
DATA = os.environ.get("STRIATE_DATA")


@pytest.fixture(scope="module")
def lenet5():
    return Predictor.load("lenet5")


def test_it_is_small_and_its_card_states_seed_and_scores(lenet5):
    assert FILE.stat().st_size < 300_000
    card = FILE.with_suffix(".md").read_text(encoding="utf-8")
    assert f"Top-1 **{lenet5.model.scores['top1']:.2%}**" in card
    assert "| seed | 0 |" in card
    assert lenet5.model.scores["images"] == 10_000
    assert 1 - lenet5.model.scores["top1"] <= 0.009


def test_the_command_reads_our_own_digits_offline(tmp_path):
    drawn = {(name, number): digit(number, **PHOTOS[name]) for name in PHOTOS for number in range(10)}
    for (name, number), picture in drawn.items():
        picture.save(tmp_path / f"{number} {name}.jpg")
    done = striate("predict", "lenet5", tmp_path, "--json", env=OFFLINE, cwd=tmp_path)
    assert done.stderr == f"striate: {tmp_path}: {len(drawn)} images\n"
    predictions = json.loads(done.stdout)["predictions"]
    assert len(predictions) == len(drawn)
    wrong = [one for one in predictions if one["top"][0]["class"] != Path(one["path"]).name[0]]
    assert not wrong


def test_a_path_takes_precedence_over_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digit(4).save("photo.png")
    assert re.search(r"photo\.png +4 ", here("predict", "lenet5", "photo.png").stdout)
    Path("lenet5").mkdir()
    assert "lenet5/model.safetensors: no such model" in fails("predict", "lenet5", "photo.png", run=here)
    shutil.copy(FILE, "lenet5/model.safetensors")
    assert here("predict", "lenet5", "photo.png").returncode == 0
    assert "the name of a model that ships: lenet5" in fails("predict", "lenet", "photo.png", run=here)


def test_list_names_it():
    assert "Trained models that ship, for predict and evaluate: lenet5" in striate("list").stdout
    assert json.loads(striate("list", "--json").stdout)["models"] == ["lenet5"]


def test_other_peoples_digits(lenet5):
    """scikit-learn's, 8x8 and written elsewhere: four of five, where one of ten is chance."""
    validation = load_named("digits").validation
    small = torch.stack([torch.from_numpy(validation.pictures[i].copy()) for i in range(100)]).permute(0, 3, 1, 2)
    pictures = F.pad(F.interpolate(small, (56, 56), mode="bilinear"), (20, 20, 20, 20))
    assert (lenet5.logits(pictures).argmax(dim=1) == validation.labels[:100]).double().mean() > 0.7


@pytest.mark.skipif(not DATA, reason="MNIST is looked for in $STRIATE_DATA, which is not set")
def test_mnist_scores_are_the_cards(lenet5, monkeypatch):
    monkeypatch.setattr("striate.data.named._download", lambda *_: pytest.skip("no MNIST in $STRIATE_DATA"))
    scores = lenet5.evaluate(load_named("mnist")).scores
    # To one image: another processor may round a tie the other way.
    assert scores.top1 == pytest.approx(lenet5.model.scores["top1"], abs=1.5e-4)
    assert scores.loss == pytest.approx(lenet5.model.scores["loss"], rel=1e-3)
