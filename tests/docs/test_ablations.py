"""The page of the paired ablations: it equals the output of its command, and its results are those that were kept."""

import copy
import importlib
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from striate.tables import load_table

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def page():
    """docs/ablations.py, imported with docs/ on the path, as when it runs."""
    sys.path.insert(0, str(DOCS))
    try:
        yield importlib.import_module("ablations")
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def entries(page):  # noqa: ARG001
    return importlib.import_module("ledger_entries.ablations")


def table(name, accuracy):
    return {
        "table": name, "accuracies": [accuracy] * 2, "accuracy": accuracy, "parameters": 1000, "macs": 2000, "epochs": 3,
    }  # fmt: skip


GROUP = {
    "name": "alexnet",
    "command": "striate ablate alexnet:small alexnet:small-no-lrn",
    "images": 500,
    "validation_images": 250,
    "seeds": [0, 1],
    "machine": "2 cores",
    "base": table("alexnet:small", 0.5),
    "variants": [
        {
            **table("alexnet:small-no-lrn", 0.47),
            "difference": {"by_seed": [-3.5, -2.5], "mean": -3.0, "interval": [-3.4, -2.6], "measured": True},
            "shared_weights": 1.0,
            "idea": "LRN or none",
        }
    ],
}
RESULTS = {"schema": 1, "groups": [GROUP]}


def test_the_page_equals_the_output_of_the_command(page, entries):
    text = (DOCS / "ablations.md").read_text(encoding="utf-8")
    assert page.render(entries.kept()) == text, "run: python docs/ablations.py > docs/ablations.md"


def test_without_results_it_states_none(page):
    assert "## Results" not in page.render(None)


def test_results_are_those_that_were_kept(page):
    text = page.render(RESULTS)
    cells = "| LRN or none | `alexnet:small-no-lrn` | 47.00% | **−3.00** | −3.40 to −2.60 | −3.50, −2.50 | 100% |"
    assert cells in text
    assert "| LRN or none | `alexnet:small` | `alexnet:small-no-lrn` | 10 | −3.00 |" in text
    assert "| `alexnet:small-no-dropout` | 10 | not measured yet |" in text
    assert "Measured on 2 cores." in text
    unmeasured = copy.deepcopy(RESULTS)
    unmeasured["groups"][0]["variants"][0]["difference"] |= {"mean": 0.0, "interval": [-1, 1], "measured": False}
    assert "| 0.00, no difference was measured | −1.00 to +1.00 |" in page.render(unmeasured)


def test_the_ledger_quotes_them(entries, monkeypatch, tmp_path):
    file = tmp_path / "ablations.json"
    file.write_text(json.dumps(RESULTS), encoding="utf-8")
    kept = entries.kept(file)
    monkeypatch.setattr(entries, "kept", lambda: kept)
    entries.measured_effect.cache_clear()
    try:
        assert entries.measured_effect("alexnet:small-no-lrn", "plain20") == (
            " Measured ([how](ablations.md)): `alexnet:small-no-lrn` has −3.0 points of accuracy (95 % interval −3.4 to"
            " −2.6) against `alexnet:small`, 2 seeds on 500 pictures of CIFAR-10."
        )
    finally:
        entries.measured_effect.cache_clear()


def test_the_kept_results_are_of_the_stated_budget(entries):
    """While nothing is kept there is nothing to say; a group that is kept is complete."""
    if (kept := entries.kept()) is None:
        pytest.skip("no results are kept yet")
    for found in kept["groups"]:
        group = next(group for group in entries.GROUPS if group.name == found["name"])
        assert [variant["table"] for variant in found["variants"]] == list(group.ideas)
        assert (found["images"], len(found["seeds"])) == (entries.IMAGES, entries.SEEDS)
        assert (DOCS / "pictures" / "ablations" / f"{group.name}.png").is_file()


def test_a_group_measured_later_joins_those_that_are_kept(monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path.copy())
    campaign = runpy.run_path(str(ROOT / "scripts" / "ablations.py"))
    head, depth, again = {"name": "head"}, {"name": "depth-20"}, {"name": "head", "command": "again"}
    assert campaign["merged"]([head], [depth]) == [depth, head]
    assert campaign["merged"]([depth, head], [again]) == [depth, again]


def test_the_campaigns_tables_are_there(entries):
    for group in entries.GROUPS:
        for name in (group.base, *group.ideas):
            assert load_table(name).input == (3, 32, 32)


def test_the_campaign_says_what_it_needs():
    command = [sys.executable, ROOT / "scripts" / "ablations.py", "--help"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert "171 min" in done.stdout
