"""The ledger of the notes: docs/ledger.md equals the output of docs/ledger.py, and its verdicts are comparisons."""

from __future__ import annotations

import doctest
import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"

# Claims that were known to disagree before the ledger was written, and their entries.
KNOWN = {
    "AlexNet's C1 is 55 from 224 with SAME": "alexnet-c1",
    "Table 13-2 has no pool after C7": "alexnet-60m",
    "9, 5, 3, 1 from one kernel": "nine-five-three-one",
    "the row range uses j for i": "row-range",
    "the names of LRN's bounds": "lrn-bounds-names",
    "a shortcut skips units": "skips-backpropagation",
    "60M to 6M": "googlenet-a-tenth",
}

# Claims that are right under the reading that the notes themselves suggest: it is said, and they are not disagreements.
FAIR = {
    "17 % against 26 % is ILSVRC-2010": ("alexnet-error", "ILSVRC-2010"),
    "Keras allows SAME with a stride": ("same-in-torch", "Keras"),
    "18 against 25 is for equal maps": ("two-3x3-far-fewer", "equal numbers of maps"),
    "4608 and 1520 are weights": ("bottleneck-parameters", "weights"),
    "brightness is one of the colours' components": ("alexnet-augmentation", "brightness"),
    "a wider view is an idiom": ("lrn-wider-view", "idiom"),
}


@pytest.fixture(scope="module")
def ledger() -> Iterator[ModuleType]:
    """docs/ledger.py, imported with docs/ on the path, as when it runs."""
    sys.path.insert(0, str(DOCS))
    try:
        yield importlib.import_module("ledger")
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def sections(ledger):  # noqa: ARG001
    return importlib.import_module("ledger_entries.sections").SECTIONS


@pytest.fixture(scope="module")
def entries(sections):
    return {entry.name: entry for section in sections for entry in section.entries}


def test_the_page_equals_the_output_of_the_command(ledger, sections):
    page = (DOCS / "ledger.md").read_text(encoding="utf-8")
    assert ledger.render(sections) == page, "run: python docs/ledger.py > docs/ledger.md"


@pytest.mark.parametrize("topic", KNOWN)
def test_known_disagreements_disagree(entries, topic):
    assert entries[KNOWN[topic]].verdict == "disagrees"


@pytest.mark.parametrize("topic", FAIR)
def test_what_holds_under_a_fair_reading_agrees_with_its_condition(entries, topic):
    name, words = FAIR[topic]
    assert entries[name].verdict == "agrees if"
    assert words in entries[name].condition


@pytest.mark.parametrize(("network", "seed"), [("plain20", 0), ("resnet20", 11)])
def test_the_kept_gradients_are_measured(sections, network, seed):  # noqa: ARG001
    """A part of what `python docs/gradients.py` measures; the rest takes a minute."""
    kept = importlib.import_module("ledger_entries.gradients")
    for setting in kept.SETTINGS:
        found = kept.measure(network, setting, seed)
        for name, number in found.items():
            assert getattr(kept.measured(network, setting), name)[seed] == pytest.approx(number, rel=1e-2), name


def test_the_kept_gradients_are_of_every_network_setting_and_seed(sections):  # noqa: ARG001
    kept = importlib.import_module("ledger_entries.gradients")
    seeds = importlib.import_module("ledger_entries.measured").SEEDS
    for network in kept.NETWORKS:
        for setting in kept.SETTINGS:
            for field in fields(kept.Measured):
                assert len(getattr(kept.measured(network, setting), field.name)) == len(seeds) >= 8


def test_the_readme_and_the_ledger_give_the_same_growth(sections):  # noqa: ARG001
    """Of plain-56 and ResNet-56 with batch normalization, by weights, between convolutions."""
    kept = importlib.import_module("ledger_entries.gradients")
    spread = importlib.import_module("ledger_entries.measured").spread
    readme = " ".join((DOCS.parent / "README.md").read_text(encoding="utf-8").split())
    for network in ("plain56", "resnet56"):
        assert spread(kept.measured(network, kept.HE_NORMED).weights_ratio) in readme


def test_every_verdict_is_a_comparison(entries):
    """Another figure in the notes reverses a verdict that agrees; the figure of the finding reverses one that disagrees."""
    for entry in entries.values():
        if entry.claim is None:
            assert entry.verdict == "answered"
            continue
        settled = replace(entry, claim=entry.finding.value)
        assert settled.verdict == ("agrees if" if entry.condition else "agrees"), entry.name
        assert replace(entry, claim=("another", entry.claim)).verdict == "disagrees", entry.name


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("two-3x3-weights", (18, 26)),
        ("bottleneck-weights", (4608, 1521)),
        ("googlenet-depth", 23),
        ("figure-2-input", 150_529),
        ("lenet5-c1", ("C1", "Convolution", "6", "28×28", "3×3", "1", "tanh")),
    ],
)
def test_a_changed_figure_disagrees(entries, name, claim):
    assert entries[name].verdict in ("agrees", "agrees if")
    assert replace(entries[name], claim=claim).verdict == "disagrees"


def test_a_corrected_figure_agrees(entries):
    assert replace(entries["figure-2-first"], claim=290_400).verdict == "agrees"
    assert replace(entries["googlenet-a-tenth"], claim=(61, 7)).verdict == "agrees"
    assert replace(entries["column-range"], claim=(2, 4)).verdict == "agrees"


def test_names_are_unique_and_links_have_targets(sections, entries):
    page = (DOCS / "ledger.md").read_text(encoding="utf-8")
    anchors = re.findall(r'<a id="([^"]+)">', page)
    assert len(anchors) == len(set(anchors))
    assert len(entries) == sum(len(section.entries) for section in sections)
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= set(anchors)


@pytest.mark.parametrize("module", ["analysed", "measured", "gradients"])
def test_examples(sections, module):  # noqa: ARG001
    assert doctest.testmod(sys.modules[f"ledger_entries.{module}"]).failed == 0
