"""The ledger of the notes: docs/ledger.md equals the output of docs/ledger.py, and its verdicts are comparisons."""

from __future__ import annotations

import doctest
import importlib
import json
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


@pytest.mark.parametrize(("language", "name"), [("en", "ledger.md"), ("ko", "ledger.ko.md")])
def test_the_page_equals_the_output_of_the_command(ledger, sections, language, name):
    page = (DOCS / name).read_text(encoding="utf-8")
    assert ledger.render(sections, language) == page, f"run: python docs/ledger.py --language {language} > docs/{name}"


def test_the_lessons_state_the_ledgers_verdicts(ledger, sections):
    kept = DOCS.parent / "src" / "striate" / "course" / "claims.json"
    assert ledger.claims(sections) == kept.read_text(encoding="utf-8"), (
        "run: python docs/ledger.py --claims > src/striate/course/claims.json"
    )


def test_every_claim_has_its_finding_and_its_reason_in_korean(ledger, entries):  # noqa: ARG001
    korean = importlib.import_module("ledger_entries.korean")
    for entry in entries.values():
        finding = korean.korean_finding(entry)
        assert re.search("[가-힣]", finding) or not re.search("[a-z]{3} [a-z]{3}", entry.finding.text), entry.name
        for field in ("why", "condition"):
            assert bool(korean.korean_text(entry, field)) == bool(getattr(entry, field)), (entry.name, field)


def test_a_korean_finding_with_other_numbers_is_an_error(ledger, entries):  # noqa: ARG001
    korean = importlib.import_module("ledger_entries.korean")
    entry = entries["max-pooling"]
    other = replace(entry, find=lambda: replace(entry.finding, text="Of 1, 3, 2, 8 it outputs 9."))
    with pytest.raises(ValueError, match=r"max-pooling: finding: .* missing \['9'\], too many \['8'\]"):
        korean.korean_finding(other)


def test_what_was_measured_of_an_ablation_follows_the_korean_reason(ledger, entries):  # noqa: ARG001
    ablations, korean = (importlib.import_module(f"ledger_entries.{name}") for name in ("ablations", "korean"))
    difference = {"mean": -1.234, "interval": [-2.0, -0.5], "measured": True}
    variant = {"table": "plain20", "difference": difference}
    group = {"base": {"table": "resnet20"}, "seeds": [0, 1, 2], "images": 10_000}
    entry = replace(entries["skip-adds"], why=f"Because. {ablations._sentence(group, variant)}")
    text = korean.korean_text(entry, "why")
    assert "`plain20`의 정확도는 `resnet20`보다 낮습니다(−1.2%포인트, 95% 구간 −2.0부터 −0.5까지). 시드 3개" in text


def test_no_latex_is_left_in_what_the_page_shows(ledger, sections):
    for claim in json.loads(ledger.claims(sections)):
        texts = [claim["quote"], claim["english"], *claim["finding"], *claim["why"], *claim["condition"]]
        assert not any(re.search(r"[\\${}`]|<sup>|\]\(", text) for text in texts), claim["name"]


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


def test_the_page_of_the_networks_and_the_ledger_give_the_same_growth(sections):  # noqa: ARG001
    """Of plain-56 and ResNet-56 with batch normalization, by weights, between convolutions."""
    kept = importlib.import_module("ledger_entries.gradients")
    spread = importlib.import_module("ledger_entries.measured").spread
    page = " ".join((DOCS / "networks.md").read_text(encoding="utf-8").split())
    for network in ("plain56", "resnet56"):
        assert spread(kept.measured(network, kept.HE_NORMED).weights_ratio) in page


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


@pytest.mark.parametrize("module", ["analysed", "measured", "gradients", "mathematics"])
def test_examples(sections, module):  # noqa: ARG001
    assert doctest.testmod(sys.modules[f"ledger_entries.{module}"]).failed == 0
