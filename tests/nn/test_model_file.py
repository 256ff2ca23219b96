"""The model file: everything comes back, nothing damaged is believed, nothing is half written."""

import json

import pytest
import safetensors.torch
import torch
from drawn import tables
from hypothesis import given, settings
from networks import SMALL

from striate.errors import ModelError
from striate.nn.model_file import Model, load_model, read_metadata, save_model
from striate.nn.network import build
from striate.tables import Conv, Dense, Table, dumps_table, loads_table

DIGITS = tuple("0123456789")


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(path, Model(build("lenet5", seed=0), DIGITS, {"data": "digits"}, {"top1": 0.5}))
    return path


def rewrite(path, change):
    """The file again, with its metadata or tensors changed."""
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = json.loads(file.metadata()["striate"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(metadata, tensors)
    path.write_bytes(safetensors.torch.save(tensors, {"striate": json.dumps(metadata)}))


def refusal(path):
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", SMALL)
def test_round_trip_of_every_network(name, tmp_path):
    network = build(name, seed=0).eval()
    save_model(tmp_path / "m.safetensors", Model(network, DIGITS, {"data": "digits"}, {"top1": 0.5}))
    model = load_model(tmp_path / "m.safetensors")
    x = torch.randn(2, *network.table.input)
    assert model.network.table == network.table
    assert torch.equal(model.network(x), network(x))
    assert (model.classes, model.training, model.scores) == (DIGITS, {"data": "digits"}, {"top1": 0.5})
    assert not model.network.training


def test_the_same_model_gives_the_same_bytes(tmp_path):
    """safetensors itself writes the keys of the metadata in a random order."""
    row = Table("도표", (1, 8, 8), (Conv("합성곱", maps=3, kernel=3), Dense("출력", units=2)))
    for number in range(12):
        network = build(row, seed=0)
        save_model(tmp_path / f"{number}.safetensors", Model(network, ("고양이", 'a "b"'), {"data": "개"}, {}))
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    loaded = load_model(tmp_path / "0.safetensors")
    assert loaded.classes == ("고양이", 'a "b"')
    assert torch.equal(loaded.network.state_dict()["합성곱.weight"], network.state_dict()["합성곱.weight"])


def test_its_beginning_tells_all_but_the_numbers(saved):
    told, model = read_metadata(saved), load_model(saved)
    assert told.plan.table == model.network.table
    assert (told.classes, told.training, told.scores) == (model.classes, model.training, model.scores)
    content = saved.read_bytes()
    saved.write_bytes(content[:-4] + b"\xff\xff\xff\xff")  # no number: `load` refuses it
    assert read_metadata(saved).classes == DIGITS
    saved.write_bytes(content[:-4])
    with pytest.raises(ModelError, match=r"model.safetensors: not a model file, or cut short or damaged"):
        read_metadata(saved)
    with pytest.raises(ModelError, match="no such model"):
        read_metadata(saved.parent / "nothing")


@settings(max_examples=20)
@given(tables())
def test_round_trip_of_drawn_tables(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("drawn") / "m.safetensors"
    save_model(path, Model(build(table), tuple(map(str, range(table.classes))), {}, {}))
    assert load_model(path).network.table == table


def test_a_run_directory_is_its_model_file(saved):
    assert load_model(saved.parent).classes == DIGITS


def test_every_field_is_written_so_that_a_later_default_changes_nothing(saved):
    with safetensors.safe_open(saved, framework="pt") as file:
        table = json.loads(file.metadata()["striate"])["table"]
    assert table["preprocessing"]["fit"] == "pad"
    assert table["rows"][0]["dilation"] == 1
    assert table["recipe"]["optimizer"] == {"type": "AdamW"}
    assert table["recipe"]["augmentation"] == []


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.99])
def test_a_file_cut_short(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * share)])
    assert "cut short or damaged" in refusal(saved)


def test_another_file(tmp_path):
    assert "no such model; expected a run directory" in refusal(tmp_path / "none")
    assert "no such model" in refusal_of_directory(tmp_path)
    path = tmp_path / "m.safetensors"
    path.write_text("hello", encoding="utf-8")
    assert "not a model file" in refusal(path)
    path.write_bytes(safetensors.torch.save({"a": torch.zeros(1)}))
    assert "not a Striate model of format 1" in refusal(path)


def refusal_of_directory(path):
    with pytest.raises(ModelError) as caught:
        load_model(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m, t: t.pop("C1.weight"), "tensor C1.weight is missing"),
        (lambda m, t: t.update({"C1.weight": torch.zeros(1)}), "tensor C1.weight is F32 [1], the table needs"),
        (lambda m, t: t.update({"C1.bias": torch.zeros(6, dtype=torch.float16)}), "C1.bias is F16 [6], the table needs F32 [6]"),
        (lambda m, t: t.update({"X.weight": torch.zeros(1)}), "tensor X.weight belongs to no row of the table"),
        (lambda m, t: m["classes"].pop(), "9 class names for a table with 10 classes"),
        (lambda m, t: m.update(classes="0123456789"), "classes are not a list of names"),
        (lambda m, t: m.update(format=2), "not a Striate model of format 1"),
        (lambda m, t: m["table"]["rows"][0].update(kernel=99), "row C1 (Conv): a kernel of 99x99 does not fit"),
        (lambda m, t: m["table"].update(rows="x"), "table: rows: expected"),
        (lambda m, t: t["C1.bias"].fill_(float("nan")), "tensor C1.bias holds values that are no finite numbers"),
        (lambda m, t: m.update(scores=[]), "the metadata's training and scores are not objects"),
        (lambda m, t: m.pop("table"), "table: field 'name' is missing"),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_together(saved, change, message):
    rewrite(saved, change)
    assert message in refusal(saved)


def test_a_failed_save_leaves_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()

    def full_disk(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_model(saved, load_model(saved))
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_the_table_of_a_model_can_be_written_as_toml(saved):
    table = load_model(saved).network.table
    assert loads_table(dumps_table(table)) == table
