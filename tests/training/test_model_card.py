"""The model card: names are the text that they are; its commands, which tests/cli/test_paths.py runs, name the data."""

import os
from dataclasses import replace

import pytest
import torch
from markdown_it import MarkdownIt
from torch.nn.functional import cross_entropy

from striate.data import load_dataset
from striate.tables import load_table
from striate.text import printable
from striate.training import score
from striate.training.model_card import data_arguments, model_card

NAMES = (
    "$x_1$", "_d_ __init__", "*a* **b**", "<b>&amp;&lt;", "`code`|pipe", "a\\b \\* \\", "[l](u) ![i](u)", "~~x~~", "# h #", "100%",
    "^c^", "{x}", "-rf", "1. a", "+ b", "- b", "> c", "    d", "a\nb\tc", "고양이", "\u202eabc", "<!-- x -->", "---", "&#36;",
)  # fmt: skip


def rendered(card):
    """The text of every heading, paragraph and cell of a card, without the code, and the kinds of its markup."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(card)
    parts = [part for token in tokens if token.type == "inline" for part in token.children]
    texts = ["".join(part.content for part in token.children or ()) for token in tokens if token.type == "inline"]
    return texts, {part.type for part in parts}


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_the_text_that_it_is(name):
    """Of a class, of the data, of the table, of its source and of the model that the weights are from."""
    digits = load_dataset("digits", load_table("lenet5"))
    dataset = replace(digits, classes=(name, *digits.classes[1:]), name=name, source=f"/photos/{name}/x")
    training = dict.fromkeys(("seconds", "pretrained"), 0) | dict.fromkeys(("device", "machine", "torch"), "x")
    start = {"model": f"/{name}", "sha256": "0" * 64}
    card = model_card(
        replace(load_table("lenet5"), name=printable(name), source=name),
        dataset,
        score(torch.eye(10)[digits.validation.labels], digits.validation.labels, cross_entropy),
        {**training, "start_from": start, "epochs_changes": []},
        "samples/0.png",
        "model.safetensors",
        [],
    )
    texts, kinds = rendered(card)
    shown = printable(name)
    assert texts[0] == f"{shown} on {shown}".strip()
    assert texts[1].endswith(f"(channels, height, width). {shown}.")
    assert shown.strip() in texts  # the class's cell
    assert any(text.startswith(f"The images of {shown}: /photos/{shown}/x.") for text in texts)
    assert any(f"From the weights of /{shown} (SHA-256 " in text for text in texts)
    assert kinds <= {"text", "softbreak", "image", "strong_open", "strong_close", "text_special"}
    for special in "$_":  # begin a formula and emphasis where others than CommonMark's rules hold
        assert card.count(f"\\{special}") >= 5 * shown.count(special)


def test_the_data_folder_of_a_named_set_is_in_the_card(tmp_path, monkeypatch):
    digits = load_dataset("digits", load_table("lenet5"))
    monkeypatch.chdir(tmp_path)
    assert data_arguments(tmp_path / "runs" / "x", digits, None) == ["--data", "digits"]
    arguments = data_arguments(tmp_path / "runs" / "x", digits, "sets")
    assert arguments == ["--data", "digits", "--data-dir", os.path.join("..", "..", "sets")]  # noqa: PTH118
