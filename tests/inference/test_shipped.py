"""The models that ship: small, offline, as good as their cards say; LeNet-5 reads digits of our own."""

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
from striate.models import find_shipped, samples_of, shipped_models

FILE = shipped_models()["lenet5"]
OFFLINE = {**os.environ, "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
DATA = os.environ.get("STRIATE_DATA")


@pytest.fixture(scope="module")
def lenet5():
    return Predictor.load("lenet5")


@pytest.mark.parametrize("name", shipped_models())
def test_each_is_small_and_its_card_states_what_it_must(name):
    path = shipped_models()[name]
    assert path.stat().st_size <= 1_300_000
    assert re.fullmatch(r"[a-z0-9-]+", path.stem)  # a file's name on every system
    card, model = path.with_suffix(".md").read_text(encoding="utf-8"), Predictor.load(name)
    assert card.startswith(f"# {name}: ")
    for part in ("Scores", "What it is not for", "Data", "Training", "Licence", "Samples"):
        assert f"\n## {part}" in card
    assert re.search(r"Top-1 \*\*\d\d\.\d\d%\*\*", card)
    assert "Expected calibration error" in card
    assert f"| seed | {model.table.recipe.seed} |" in card
    assert "\nstriate train " in card
    for label in model.classes:
        assert f"\n| {label} | " in card
    for sample in samples_of(model.classes):
        assert all(words in card for words in (sample.path.name, sample.author, sample.licence, sample.source))


@pytest.mark.parametrize("name", shipped_models())
def test_each_has_samples_whose_classes_are_its_own_and_whose_licence_lets_them_be_passed_on(name):
    model = Predictor.load(name)
    samples = samples_of(model.classes)
    assert len(samples) >= 5
    for sample in samples:
        assert sample.label is None or sample.label in model.classes
        assert sample.licence in ("CC0-1.0", "public domain", "CC-BY-2.0", "CC-BY-4.0")
        assert sample.author and sample.source.startswith("http") and sample.changes
        assert sample.path.stat().st_size < 20_000
    done = striate("predict", name, "--samples", "--json", env=OFFLINE)
    assert [(one["path"], one["true"]) for one in json.loads(done.stdout)["predictions"]] == [
        (str(sample.path), sample.label) for sample in samples
    ]


def test_lenet5_is_as_good_as_its_card_says(lenet5):
    assert f"Top-1 **{lenet5.model.scores['top1']:.2%}**" in FILE.with_suffix(".md").read_text(encoding="utf-8")
    assert lenet5.model.scores["images"] == 10_000
    assert 1 - lenet5.model.scores["top1"] <= 0.009


def test_a_colon_in_a_name_is_a_dash_in_the_file_s(tmp_path, monkeypatch):
    shutil.copy(FILE, tmp_path / "lenet5-digits.safetensors")
    monkeypatch.setattr("striate.models.shipped.FOLDER", tmp_path)
    assert list(shipped_models()) == ["lenet5:digits"]
    for name in ("lenet5:digits", "lenet5-digits", "lenet5-digits.safetensors"):
        assert find_shipped(name) == tmp_path / "lenet5-digits.safetensors"
        assert Predictor.load(name).classes == tuple("0123456789")
    assert find_shipped("lenet5") is None


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
    assert "the name of a model that ships: " in fails("predict", "lenet", "photo.png", run=here)


def test_list_names_them():
    assert (
        f"Trained models that ship, for predict and evaluate: {', '.join(shipped_models())}" in striate("list").stdout
    )
    assert json.loads(striate("list", "--json").stdout)["models"] == list(shipped_models())


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
