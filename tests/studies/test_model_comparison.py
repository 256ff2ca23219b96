"""Two models on the same pictures: their answers paired, picture by picture, and nothing where nothing differs."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from striate.errors import ModelError
from striate.inference import Predictor
from striate.nn import Model, build, load_model, save_model
from striate.studies import compare_models, model_comparison_to_json, weight_distance
from striate.studies.model_comparison_page import write_comparison_page
from striate.tables import load_table

CLASSES = tuple("0123456789")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The shipped LeNet-5, and copies of it: the same under another name, and with noise on its weights."""
    folder = tmp_path_factory.mktemp("models")
    for name, noise in (("same", 0.0), ("noisy", 0.1), ("broken", 1.0)):
        model = load_model("lenet5")
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for weight in model.network.parameters():
                weight.add_(noise * weight.std() * torch.randn(weight.shape, generator=generator))
        save_model(folder / f"{name}.safetensors", model)
    return {"lenet5": "lenet5", **{name: str(folder / f"{name}.safetensors") for name in ("same", "noisy", "broken")}}


def own_answers(path):
    """The classes that a model predicts for the validation pictures of digits, and theirs."""
    predictor = Predictor.load(path, engine="torch", precision="float32")
    images = predictor.load_dataset("digits").validation
    inputs_NCHW = [
        predictor.preprocess(torch.from_numpy(images.pictures[i].copy()).permute(2, 0, 1)[None])
        for i in range(len(images))
    ]
    return predictor.forward(torch.cat(inputs_NCHW)).argmax(dim=1), images.labels


@pytest.mark.parametrize("other", ["lenet5", "same"])
def test_a_model_against_itself_gives_exactly_nothing(models, other, tmp_path):
    comparison = compare_models("lenet5", models[other], "digits")
    assert comparison.table_differences == comparison.recipe_differences == ()
    assert comparison.weights.equal
    assert comparison.weights.relative == 0
    assert comparison.answers.difference == 0
    assert comparison.interval == (0, 0)
    assert comparison.answers.p_value == 1
    assert comparison.changes == ()
    assert not comparison.is_worse
    assert all(row.recall[0] == row.recall[1] and row.precision[0] == row.precision[1] for row in comparison.classes)
    one, second = comparison.evaluations
    assert (one.scores.top1, one.scores.loss) == (second.scores.top1, second.scores.loss)
    page = write_comparison_page(comparison, tmp_path).read_text(encoding="utf-8")
    assert "The two are one model: nothing differs." in page


def test_answers_are_paired_picture_by_picture(models):
    comparison = compare_models("lenet5", models["noisy"], "digits")
    (one, labels), (other, _) = (own_answers(models[name]) for name in ("lenet5", "noisy"))
    answers = comparison.answers
    right = list(zip((one == labels).tolist(), (other == labels).tolist(), strict=True))
    assert [answers.both, answers.first_only, answers.second_only, answers.neither] == [
        right.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))
    ]
    assert answers.pictures == len(labels) == 360
    assert {change.image for change in comparison.changes} == set((one != other).nonzero().flatten().tolist())
    assert comparison.changes
    for change in comparison.changes:
        at = change.image
        assert (change.true, change.first[0], change.second[0]) == tuple(CLASSES[x[at]] for x in (labels, one, other))
    assert comparison.counts == {
        "broken": answers.first_only,
        "mended": answers.second_only,
        "other": len(comparison.changes) - answers.first_only - answers.second_only,
    }
    assert sum(row.images for row in comparison.classes) == 360
    gains = sum(row.images * (row.recall[1] - row.recall[0]) for row in comparison.classes)
    assert gains / 360 == pytest.approx(answers.difference)
    assert 0 < comparison.weights.relative < 1
    assert comparison.interval[0] < answers.difference < comparison.interval[1]


def test_worse_is_what_the_whole_interval_says(models):
    worse = compare_models("lenet5", models["broken"], "digits")
    better = compare_models(models["broken"], "lenet5", "digits")
    assert (worse.is_worse, better.is_worse) == (True, False)
    assert worse.answers.difference == -better.answers.difference < 0


def test_json_and_page(models, tmp_path):
    comparison = compare_models("lenet5", models["noisy"], "digits")
    document = json.loads(json.dumps(model_comparison_to_json(comparison), allow_nan=False))
    found = document["models"]
    assert document["ratios"]["parameters"] == 1
    assert found["images"] == 360
    assert found["difference"]["top1"] == pytest.approx(found["second"]["top1"] - found["first"]["top1"])
    assert sum(found["mcnemar"][name] for name in ("both", "first_only", "second_only", "neither")) == 360
    assert Counter(change["kind"] for change in found["changes"]) == {
        kind: number for kind, number in comparison.counts.items() if number
    }
    page = write_comparison_page(comparison, tmp_path / "new" / "folder")
    text = page.read_text(encoding="utf-8")
    for name in ("scores", "classes", "changes", "networks", "weights"):
        assert f'<section id="{name}">' in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "<script" not in text


@pytest.fixture
def folder(tmp_path):
    """Twelve pictures of noise in two classes."""
    draw = np.random.default_rng(0)
    for number in range(12):
        place = tmp_path / "data" / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(place / f"{number}.png")
    return tmp_path / "data"


def saved(path, name, classes, seed=0):
    table = load_table(name)
    save_model(path, Model(build(table, seed=seed, classes=len(classes)).eval(), classes, {}, {}))
    return path


def test_networks_of_different_inputs_have_the_same_pictures(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    models = [
        saved(tmp_path / f"{i}.safetensors", name, ("a", "b"))
        for i, name in enumerate(("lenet5:modern", "resnet18:tiny"))
    ]
    comparison = compare_models(*models, folder)
    assert comparison.answers.pictures == 12
    assert sorted(comparison.images.names) == sorted(map(str, folder.rglob("*.png")))
    assert any(difference.field == "input" for difference in comparison.table_differences)
    assert not comparison.weights.equal


def test_models_of_other_classes_are_refused(tmp_path):
    other = saved(tmp_path / "other.safetensors", "lenet5:modern", (*"012345678", "x"))
    with pytest.raises(ModelError, match=r"lenet5 has 10, and .*other\.safetensors has no '9'"):
        compare_models("lenet5", other, "digits")


def test_weights_of_one_name_and_another_shape_are_no_pair():
    table = load_table("lenet5:modern")
    wider = replace(table, rows=(replace(table.rows[0], maps=7), *table.rows[1:]), expected=None)
    distance = weight_distance(build(table, seed=0), build(wider, seed=0))
    assert not distance.equal
    assert {"C1.weight", "C1.bias"} <= set(distance.alone)
    assert "F6.weight" in {tensor.name for tensor in distance.shared}
