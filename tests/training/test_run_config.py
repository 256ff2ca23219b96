"""run.json: what is written comes back, and what version 0.1 wrote is read."""

import json
from pathlib import Path

import pytest

from striate.data import DataOptions
from striate.errors import TrainingError
from striate.tables import load_table, table_to_dict
from striate.training.run_config import MODEL_CARD_NAME, Options, RunConfig, load_run_config, save_run_config

TABLE = load_table("lenet5:tiny")


def test_what_is_written_comes_back(tmp_path):
    data = DataOptions(data_dir="sets", val_fraction=0.3, max_bad=2, cache_dir="packs", cache_size=5, decode_workers=3)
    options = Options(data, workers=0, precision="float32", compiled=True, tensorboard=True, checkpoint_seconds=1.5)
    config = RunConfig(TABLE, "/pictures", "folder", True, options)
    save_run_config(tmp_path, config)
    assert load_run_config(tmp_path) == config


def test_a_path_is_written_as_text(tmp_path):
    save_run_config(tmp_path, RunConfig(TABLE, "mnist", "named", False, Options(DataOptions(data_dir=Path("sets")))))
    assert load_run_config(tmp_path).options.data.data_dir == "sets"


@pytest.mark.parametrize(("data", "kind"), [("digits", "named"), ("/pictures", "folder")])
def test_the_flat_options_of_version_0_1_are_read(tmp_path, data, kind):
    options = {
        "data_dir": "sets", "val_fraction": 0.3, "max_bad": 2, "cache_size": 5, "workers": 0, "precision": "float32",
        "compiled": False, "tensorboard": True, "checkpoint_seconds": 1.5,
    }  # fmt: skip
    document = {"format": 1, "table": table_to_dict(TABLE), "data": data, "pretrained": False, "options": options}
    (tmp_path / "run.json").write_text(json.dumps(document), encoding="utf-8")
    config = load_run_config(tmp_path)
    assert (config.table, config.data, config.data_kind) == (TABLE, data, kind)
    assert config.options == Options(
        DataOptions(data_dir="sets", val_fraction=0.3, split="position", max_bad=2, cache_size=5),
        workers=0, precision="float32", tensorboard=True, checkpoint_seconds=1.5,
    )  # fmt: skip


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"table": {}, "data": 1, "pretrained": false, "options": []}'])
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(TrainingError, match=r"no run to resume: run\.json: "):
        load_run_config(tmp_path)


def test_a_finished_run_is_refused(tmp_path):
    save_run_config(tmp_path, RunConfig(TABLE, "digits", "named", False, Options()))
    (tmp_path / MODEL_CARD_NAME).touch()
    with pytest.raises(TrainingError, match="this run is finished"):
        load_run_config(tmp_path)
