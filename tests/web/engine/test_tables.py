"""A table gets the same answer from the page's own backend as from the server: every number, every fault to the letter,
every value that would fit, in both languages."""

from __future__ import annotations

import pytest
from damaged import damaged, damaged_text, plain
from drawn import tables
from engine_tables import PLAIN, SHIPPED, TEXTS, Both
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import serving

from striate.inference import Predictor
from striate.models import shipped_models
from striate.tables import ARCHITECTURES, EXAMPLES
from striate.web import LabSettings

LANGUAGES = st.sampled_from(["en", "ko"])


@pytest.fixture(scope="module")
def both(engine, tmp_path_factory):
    models = {"lenet5": Predictor.load(str(shipped_models()["lenet5"]))}
    with serving(models, lab=LabSettings(tmp_path_factory.mktemp("runs"))) as server:
        yield Both(engine, server)


def test_the_list_of_tables(both):
    assert len(both.check("tables")["families"]) == len(ARCHITECTURES.families) + len(EXAMPLES.families)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_table_that_ships(both, name):
    answer = both.check("table", name=name)
    assert both.check("table", answer["table"])["summary"] == answer["summary"]
    both.check("table", {"toml": answer["toml"]})
    both.check("drawing", answer["table"])
    both.check("drawing", answer["table"], language="ko")


@pytest.mark.parametrize("name", ["nobody", "", "constructor", "../x.toml"])
def test_no_other_table(both, name):
    both.check("table", name=name, language="ko")
    both.check("table", model=name, language="ko")
    both.check("table")


def test_the_table_of_a_model(both):
    assert both.check("table", model="lenet5")["fault"] is None


@given(table=tables())
@settings(max_examples=100, deadline=None)
def test_drawn_tables(both, table):
    assert both.check("table", plain(table))["fault"] is None
    both.check("drawing", plain(table))


@given(data=damaged(PLAIN), language=LANGUAGES)
@settings(max_examples=300, deadline=None)
def test_faults(both, data, language):
    both.check("table", data, language=language)


RULES = [
    {"input": [0, 8, 8]}, {"input": [3, 9000, 9000]}, {"name": ""}, {"name": "a\x00b"}, {"name": "n" * 300, "rows": []}, {"rows": []},
    *({"preprocessing": part} for part in (
        {"content": [99, 9]}, {"crop": 0}, {"crop": 1.5}, {"figure": [9, 3]}, {"mean": [0.5, 0.25]}, {"mean": []}, {"std": [0]},
        {"std": [-0.5]},
    )),
    *({"recipe": part} for part in (
        {"epochs": 0}, {"batch_size": 0}, {"seed": -1}, {"learning_rate": 0}, {"weight_decay": -0.1}, {"rubbish": 0},
        {"label_smoothing": 1}, {"ema": 1e-320}, {"ema": 2}, {"gradient_clip": 0}, {"patience": 0},
        {"loss": "rbf_mse", "label_smoothing": 0.1}, {"loss": "rbf_map", "class_weights": "balanced"}, {"loss": "rbf_map"},
        *({"optimizer": {"type": "SGD", **field}} for field in ({"momentum": 1}, {"momentum": 0, "nesterov": True}, {"momentun": 0})),
        *({"schedule": field} for field in (
            {"type": "StepDecay", "every": 0}, {"type": "StepDecay", "every": 1, "factor": 2}, {"type": "Milestones", "at": [0.5, 1]},
            {"type": "Milestones", "warm_up": -1}, {"type": "Milestones", "factor": 0}, {"type": "Plateau", "patience": 0},
            {"type": "Plateau", "factor": 0}, {"type": "InverseTime", "decay": -1}, {"type": "StepDecay"}, {"type": "Cosin"},
        )),
        *({"augmentation": [field]} for field in (
            {"type": "RandomCrop", "of": 3}, {"type": "RandomCrop", "of": [40, 33]}, {"type": "RandomCrop", "of": "x"},
            {"type": "RandomResizedCrop", "area": [0, 1]}, {"type": "RandomResizedCrop", "aspect": [2, 1]},
            {"type": "RandomTranslation", "cells": 99}, {"type": "Shift", "cells": -1}, {"type": "Rotation", "degrees": 181},
            {"type": "Affine", "scale": 2}, {"type": "Brightness", "by": -0.5}, {"type": "PCAColour", "sigma": -1},
        )),
        {"augmentation": [{"type": "HorizontalFlip"}, {"type": "RandomResizedCrop"}]},
    )),
    {"preprocessing": {"content": [8, 8]}, "recipe": {"augmentation": [{"type": "RandomResizedCrop"}]}},
    *({"initialization": part} for part in (
        {"type": "Gaussian", "std": 0}, {"type": "Gaussian", "bias_one": ["nobody's \n"]}, {"type": "Torch", "weights": "no"},
    )),
    *({"towers": number} for number in (0, 2, 3)),
    *({"heads": [{"name": "h", "after": "C1", "rows": [{"type": "Dense", "name": "d", "units": 10}], **part}]} for part in (
        {"name": "C1"}, {"name": "a b"}, {"after": "nobody"}, {"weight": 0}, {"rows": []}, {"rows": [{"type": "Dense", "name": "d", "units": 9}]},
        {"rows": [{"type": "Conv", "name": "c", "maps": 2, "kernel": 99}, {"type": "Dense", "name": "d", "units": 10}]},
        {"rows": [{"type": "Conv", "name": "c", "maps": 0, "kernel": 1}, {"type": "Dense", "name": "d", "units": 10}]},
    )),
]  # fmt: skip
"""Fields of a table, each set of which breaks a rule of what is beside its rows."""


def conv(**fields):
    return {"type": "Conv", "name": "r", "maps": 4, "kernel": 3, **fields}


ROWS = [
    *(conv(**part) for part in (
        {"kernel": 0}, {"kernel": [3, 0]}, {"kernel": [33, 3]}, {"kernel": []}, {"kernel": 20, "dilation": 2}, {"stride": -1}, {"dilation": 0},
        {"padding": -1}, {"padding": [-1, 0]}, {"padding": [[0, 1], [0, -2]]}, {"kernel": 60, "padding": [[0, 1], [0, 0]]},
        {"kernel": 60, "padding": 3}, {"padding": "sam"}, {"groups": 4}, {"groups": 2}, {"groups": 0}, {"maps": 0}, {"maps": -3},
        {"connections": [[0]]}, {"connections": [[0], [0], [9], [0]]}, {"connections": [[0], [0, 0], [0], [0]]}, {"connections": []},
        {"connections": [[0], [], [0], [0]]}, {"connections": [[0]] * 4, "groups": 2}, {"activation": "softmax"}, {"activation": "Relu"},
        {"name": ""}, {"name": "_a"}, {"name": "a b"}, {"name": "가" * 120}, {"name": "C1"}, {"name": None}, {"name": "x" * 2000},
    )),
    *({"type": kind, "name": "r", **part} for kind, part in (
        ("MaxPool", {"kernel": 2, "stride": 2, "padding": 2}), ("AveragePool", {"kernel": [1, 3], "stride": 1, "padding": [[0, 1], [0, 0]]}),
        ("MaxPool", {"kernel": 2}), ("MaxPool", {"kernel": 0, "stride": 0}), ("Subsample", {"kernel": 99, "stride": 1}),
        ("Subsample", {"kernel": 1, "stride": 0}), ("AdaptiveAveragePool", {"size": 99}), ("AdaptiveAveragePool", {"size": [1, 0]}),
        ("Identity", {"maps": 1}), ("Identity", {"maps": 9, "stride": 0}), ("LRN", {"size": 0}), ("LRN", {"size": -1, "convention": "tensorflow"}),
        ("LRN", {"k": 0}), ("LRN", {"alpha": -1e-5}), ("LRN", {"groups": 4}), ("LRN", {"groups": 0}), ("LRN", {"beta": "x"}),
        ("BatchNorm", {"epsilon": 0}), ("BatchNorm", {"momentum": 2}), ("Dropout", {"rate": 1}), ("Dense", {"units": 0}),
        ("RBF", {"prototypes": [["#."]]}), ("RBF", {"prototypes": [["#."], ["#x"]]}), ("RBF", {"prototypes": [["#."], ["##"]]}),
        ("Concat", {"branches": []}), ("Concat", {"branches": [[], []]}), ("Concat", {"branches": [[conv()], [conv(kernel=1)]]}),
        ("Concat", {"branches": [[conv(maps=0)]]}), ("Concat", {"branches": [[{"type": "Dense", "name": "d", "units": 3}]]}),
        ("Concat", {"branches": [[conv(padding="same"), conv()]]}), ("Add", {"body": []}), ("Add", {"body": [conv()]}),
        ("Add", {"body": [conv()], "shortcut": [conv(name="s", kernel=1)]}), ("Add", {"body": "x"}), ("Convv", {}), ("Shift", {"cells": 1}), ("Dense", {"unit": 3}),
    )),
]  # fmt: skip
"""Rows, each of which breaks a rule after a convolution of six maps."""


def table_with(**fields):
    rows = [conv(name="C1", maps=6), {"type": "Dense", "name": "Out", "units": 10}]
    return {"name": "t", "input": [1, 32, 32], "rows": rows, **fields}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_rule(both, language):
    for fields in RULES:
        both.check("table", table_with(**fields), language=language)
        both.check("drawing", table_with(**fields), language=language)
    first, last = table_with()["rows"]
    for row in ROWS:
        both.check("table", table_with(rows=[first, row, last]), language=language)
        both.check("table", table_with(rows=[first, last, row]), language=language)


def test_a_row_may_be_inside_sixteen_others(both):
    row = conv(padding="same")
    for depth in range(20):
        row = {"type": "Add", "name": f"a{depth}", "body": [row]}
        both.check("table", table_with(rows=[conv(name="C1"), row, {"type": "Dense", "name": "Out", "units": 10}]))


@given(text=damaged_text(TEXTS), language=LANGUAGES)
@settings(max_examples=300, deadline=None)
def test_files(both, text, language):
    both.check("table", {"toml": text}, language=language)


@given(first=PLAIN, second=st.one_of(PLAIN, damaged(PLAIN)), language=LANGUAGES)
@settings(max_examples=100, deadline=None)
def test_comparisons(both, first, second, language):
    both.check("compare", {"first": first, "second": second}, language=language)


@pytest.mark.parametrize("document", [[], 7, "x", {"toml": 3}, {"toml": "a" * 300_000}, {"first": {}}])
@pytest.mark.parametrize("path", ["table", "compare", "drawing"])
def test_what_is_no_table(both, path, document):
    both.check(path, document)
