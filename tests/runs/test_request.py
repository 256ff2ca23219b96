"""Requests: which are accepted, and that a file gives one back as it was."""

import json
from dataclasses import replace

import pytest

from striate.errors import RequestError, TableError
from striate.runs import DatasetCatalog, TrainRequest, parse_train_request, read_train_request, write_train_request
from striate.tables import load_table, table_to_dict


def test_a_file_gives_a_request_back_as_it_was(tmp_path):
    datasets = DatasetCatalog({"pets": "/secret/pets"}, str(tmp_path))
    chosen = {"epochs": 3, "batch_size": 16, "learning_rate": 1, "seed": 7}
    document = {"table": table_to_dict(load_table("alexnet:tiny")), "data": "pets", "replay": 12, **chosen}
    request = parse_train_request(document, datasets)
    assert request.replay == 12
    write_train_request(tmp_path / "request.json", request)
    assert read_train_request(tmp_path / "request.json") == request
    assert (request.source, request.data_dir) == ("/secret/pets", str(tmp_path))
    table = load_table("alexnet:tiny")
    assert request.table == replace(table, recipe=replace(table.recipe, **chosen))
    older = json.loads((tmp_path / "request.json").read_text(encoding="utf-8"))
    del older["replay"]  # as a version wrote it that knew none
    (tmp_path / "request.json").write_text(json.dumps(older), encoding="utf-8")
    assert read_train_request(tmp_path / "request.json") == replace(request, replay=0)
    plain = parse_train_request({"table": "lenet5", "data": "digits"}, DatasetCatalog())
    assert plain == TrainRequest(load_table("lenet5"), "digits", "digits", None)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"data": "/etc"}, "data: expected one of digits"),
        ({"data": ["digits"]}, "data: expected one of digits"),
        ({"table": "lenet6"}, "table: no table of that name"),
        ({"table": "notes.toml"}, "table: no table of that name"),
        ({"table": None}, "table: expected fields, got"),
        ({"table": {"name": "x", "input": [1, 8, 8], "rows": []}}, "has no rows"),
        ({"table": {"name": "x", "input": [1, 8, 8], "rows": [[]] * 30_000}}, "30,003 rows and lists"),
        ({"epochs": 0}, "epochs: expected a whole number from 1 to 1,000"),
        ({"epochs": True}, "epochs: expected a whole number"),
        ({"epochs": 1.5}, "epochs: expected a whole number"),
        ({"batch_size": 10**30}, "batch_size: expected a whole number from 1 to 4,096"),
        ({"learning_rate": float("nan")}, "learning_rate: expected a number"),
        ({"learning_rate": "1"}, "learning_rate: expected a number"),
        ({"replay": 1}, "replay: expected a whole number from 2 to 64, or 0 for no snapshots"),
        ({"replay": 65}, "replay: expected a whole number from 2 to 64"),
        ({"replay": -2}, "replay: expected a whole number from 2 to 64"),
        ({"replay": True}, "replay: expected a whole number from 2 to 64"),
        ({"replay": None}, "replay: expected a whole number from 2 to 64"),
        ({"replay": 2.0}, "replay: expected a whole number from 2 to 64"),
        (
            {"table": "alexnet", "batch_size": 1, "replay": 12},
            "12 snapshots need 2.9 GB; from the page 1 GB are the most",
        ),
        ({"seed": -1}, "seed: expected a whole number from 0"),
        ({"out": "/etc"}, "expected an object of table, data, epochs"),
        ({"table": "resnet152", "batch_size": 256}, "needs [0-9.]+ GB; from the page 2 GB are the most"),
    ],
)
def test_a_field_that_cannot_be_used_is_an_error(changes, line):
    with pytest.raises((RequestError, TableError), match=line):
        parse_train_request({"table": "lenet5", "data": "digits", **changes}, DatasetCatalog())


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_a_request_is_an_object(document):
    with pytest.raises(RequestError, match="expected an object"):
        parse_train_request(document, DatasetCatalog())
