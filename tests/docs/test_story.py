"""The page of the story: it is what its command makes of the results that were kept."""

import json
import runpy
from pathlib import Path

import pytest

from striate.models import shipped_models
from striate.nn import load_model
from striate.studies import RESULTS_NAME, trainings
from striate.tables import SHORT

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(DOCS / "story.py"))


def record_of(epochs, number):
    result = {"top1_error": 0.25, "top5_error": 0.02, "images": 1000, "images_per_second": 100.0}
    fixed = {"parameters": 1, "macs": 1, "part": "test", "images": 10, "device": "cpu (1 thread), float32"}
    results = {one.folder: {"result": {"seed": one.seed, **result}, **fixed} for one in trainings(epochs)[:number]}
    return {"schema": 1, "data": "somewhere/cifar", "epochs": epochs, "results": results}


def test_the_page_equals_the_output_of_the_command(script):
    if not (DOCS / "story.md").exists():
        pytest.skip("not all trainings of the story are done yet")
    record = json.loads((DOCS / "story.json").read_text(encoding="utf-8"))
    assert script["render"](record) == (DOCS / "story.md").read_text(encoding="utf-8")
    assert (DOCS / "pictures" / "story.png").is_file()


def test_the_results_of_the_models_that_ship_are_those_of_their_cards():
    """Their trainings are full ones of the story: the same table, recipe and seed."""
    results = json.loads((DOCS / "story.json").read_text(encoding="utf-8"))["results"]
    for name, file in shipped_models().items():
        full = [one for one in trainings(SHORT.epochs) if (one.chapter.table, one.epochs) == (name, SHORT.epochs)]
        for training in full:
            assert load_model(file).network.table == training.table
            top1 = 1 - results[training.folder]["result"]["top1_error"]
            assert f"Top-1 **{top1:.2%}**" in file.with_suffix(".md").read_text(encoding="utf-8")
    assert len(results) >= 3


def test_results_are_kept_without_the_place_of_the_data(script, tmp_path, monkeypatch):
    (tmp_path / RESULTS_NAME).write_text(json.dumps(record_of(4, 20)), encoding="utf-8")
    kept, picture = tmp_path / "kept.json", tmp_path / "kept.png"
    monkeypatch.setitem(script["keep"].__globals__, "FILE", kept)
    monkeypatch.setitem(script["keep"].__globals__, "PICTURE", picture)
    script["keep"](tmp_path)
    record = json.loads(kept.read_text(encoding="utf-8"))
    assert record["data"] == "CIFAR-10 as JPEG"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "10 test pictures of CIFAR-10 as JPEG" in script["render"](record)


def test_results_are_kept_beside_those_of_another_machine(script, tmp_path, monkeypatch):
    kept = tmp_path / "kept.json"
    monkeypatch.setitem(script["keep"].__globals__, "FILE", kept)
    whole = record_of(4, 20)
    first, second = (
        {**whole, "results": dict(list(whole["results"].items())[part])} for part in (slice(3), slice(3, 5))
    )
    for record in (first, second):
        (tmp_path / RESULTS_NAME).write_text(json.dumps(record), encoding="utf-8")
        script["keep"](tmp_path)
    assert json.loads(kept.read_text(encoding="utf-8"))["results"].keys() == record_of(4, 5)["results"].keys()


def test_results_that_are_not_complete_are_no_page(script):
    assert not script["complete"](record_of(4, 19))
    assert script["complete"](record_of(4, 20))
