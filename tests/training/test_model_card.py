"""The model card's commands, which tests/cli/test_paths.py runs: what they say of the data."""

import os

from striate.data import load_dataset
from striate.tables import load_table
from striate.training.model_card import data_arguments


def test_the_data_folder_of_a_named_set_is_in_the_card(tmp_path, monkeypatch):
    digits = load_dataset("digits", load_table("lenet5"))
    monkeypatch.chdir(tmp_path)
    assert data_arguments(tmp_path / "runs" / "x", digits, None) == ["--data", "digits"]
    arguments = data_arguments(tmp_path / "runs" / "x", digits, "sets")
    assert arguments == ["--data", "digits", "--data-dir", os.path.join("..", "..", "sets")]  # noqa: PTH118
