"""TOML in and out: a round trip loses nothing, a typo is named."""

import json
from dataclasses import replace

import pytest
from drawn import tables
from hypothesis import given

from striate.errors import TableError
from striate.tables import ARCHITECTURES, Add, Concat, Conv, Recipe, Table, load_table, toml

HEAD = 'name = "t"\ninput = [1, 8, 8]\n'
ROW = '[[rows]]\ntype = "Conv"\nname = "C1"\nmaps = 2\n'


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_round_trip_of_every_network(name):
    table = ARCHITECTURES[name]
    assert toml.loads_table(toml.dumps_table(table)) == table
    assert toml.table_from_dict(json.loads(json.dumps(toml.table_to_dict(table, defaults=True))), "here") == table


@given(tables())
def test_round_trip_of_drawn_tables(table):
    assert toml.loads_table(toml.dumps_table(table)) == table


def test_round_trip_of_odd_strings_and_numbers():
    recipe = Recipe(learning_rate=1e-7, weight_decay=1e22, source='a "quote", a \\ and\na line, 한국어 \x00\x7f')
    table = Table("t", (1, 8, 8), (Conv("C1", maps=1, kernel=1),), source="é", recipe=recipe)
    assert toml.loads_table(toml.dumps_table(table)) == table


def test_combinators_inside_each_other():
    inner = Add("skip", body=(Conv("a", maps=1, kernel=3, padding="same"),), activation="relu")
    table = Table("t", (1, 8, 8), (Concat("mix", branches=((inner,), (Conv("b", maps=2, kernel=(1, 1)),))),))
    assert toml.loads_table(toml.dumps_table(table)) == table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + ROW + "kernal = 3", "rows #1 (Conv C1): unknown field 'kernal'; did you mean 'kernel'?"),
        (HEAD + ROW, "rows #1 (Conv C1): field 'kernel' is missing"),
        (HEAD + ROW + 'kernel = "3"', "kernel: expected a whole number or [a whole number, a whole number], got '3'"),
        (HEAD + ROW + "kernel = true", "kernel: expected a whole number"),
        (HEAD + ROW + "kernel = 3.0", "kernel: expected a whole number"),
        (HEAD + ROW + "kernel = [3, 3, 3]", "kernel: expected a whole number"),
        (HEAD + ROW + 'kernel = 3\npadding = "sane"', 'padding: expected "valid" or "same" or a whole number'),
        (HEAD + ROW + 'kernel = 3\nactivation = "Relu"', 'activation: expected "relu" or "tanh" or "scaled_tanh"'),
        (HEAD + ROW + "kernel = 9", "table t: row C1 (Conv): a kernel of 9x9 does not fit into an input of 8x8"),
        (HEAD + ROW.replace("Conv", "Covn") + "kernel = 3", "unknown type 'Covn'; did you mean 'Conv'?"),
        (HEAD + ROW.replace('type = "Conv"\n', ""), "rows #1: field 'type' is missing"),
        (HEAD + "rows = [3]", "rows #1: expected fields, got 3"),
        (HEAD + "rows = 3", "rows: expected"),
        (HEAD, "field 'rows' is missing"),
        (HEAD + "rows = []", "has no rows"),
        (HEAD + "nmae = 3", "unknown field 'nmae'; did you mean 'name'?"),
        (HEAD + "rows = []\n[recipe]\nepochs = 1.5", "recipe: epochs: expected a whole number, got 1.5"),
        (HEAD + ROW + "kernel = 3\n[recipe]\nepochs = 0", "recipe: epochs must be at least 1: 0"),
        (
            HEAD + ROW + "kernel = 3\n[recipe]\nlearning_rate = nan",
            "recipe: learning_rate: expected a finite number, got nan",
        ),
        (
            HEAD + ROW + 'kernel = 3\n[recipe]\noptimizer = { type = "SGD", momentum = 1 }',
            "recipe: momentum must be in [0, 1)",
        ),
        (
            HEAD + ROW + 'kernel = 3\n[recipe]\noptimizer = { type = "SDG" }',
            "recipe: optimizer: unknown type 'SDG'; did you mean 'SGD'?",
        ),
        (
            HEAD + ROW + 'kernel = 3\n[recipe]\naugmentation = [{ type = "Shift", cells = -1 }]',
            "recipe: RandomTranslation: cells must be from 0 to the input's 8: -1",
        ),
        (HEAD + ROW + "kernel = 3\n[recipe]\nrubbish = 0", "recipe: rubbish must be above 0: 0"),
        (
            HEAD + ROW + 'kernel = 3\n[recipe]\naugmentation = [{ type = "Affine", shear = 2 }]',
            "recipe: Affine: scale, squeeze and shear must be in [0, 1]: 0.0, 0.0, 2.0",
        ),
        (
            HEAD + ROW + "kernel = 3\n[preprocessing]\nfigure = [28, 20]",
            "preprocessing: figure must be a size and that of the picture around it, at most 1024: (28, 20)",
        ),
        (
            HEAD + ROW + "kernel = 3\n[preprocessing]\nfigure = [20, 28_000]",
            "preprocessing: figure must be a size and that of the picture around it, at most 1024: (20, 28000)",
        ),
        (
            HEAD + ROW + "kernel = 3\n[preprocessing]\ncrop = 1e-300",
            "preprocessing: crop must be at least 0.01 and at most 1: 1e-300",
        ),
        (
            HEAD + ROW + 'kernel = 3\n[recipe]\naugmentation = [{ type = "RandomTranslation", cells = 9 }]',
            "recipe: RandomTranslation: cells must be from 0 to the input's 8: 9",
        ),
        (
            (HEAD + ROW).replace("8, 8", "100_000, 100_000") + "kernel = 3",
            "input must have at most 50,331,648 values, as 3x4096x4096: 1x100000x100000",
        ),
        (HEAD + ".".join("a" * 21) + " = 1", "not a table: line 3 has a key of more than 20 parts"),
        (HEAD + f"[{' . '.join(['a', chr(34) + 'b c' + chr(34)] * 11)}]", "line 3 has a key of more than 20 parts"),
        (HEAD + f"{'k' * 1000} = 1", "unknown field 'kkkk"),
        (HEAD + 'rows = [{ type = "' + "C" * 1000 + '" }]', "unknown type 'CCCC"),
        (
            HEAD + ROW + 'kernel = 3\n[initialization]\ntype = "Gaussian"\nbias_one = ["C2"]',
            "initialization: there is no row 'C2' whose bias could start at 1",
        ),
        (HEAD + ROW + 'kernel = 3\n[recipe]\nloss = "rbf_map"', "the loss rbf_map needs an RBF as the last row"),
        (HEAD + ROW + "kernel = 3\n[preprocessing]\nstd = [0.0]", "preprocessing: std must be above 0: [0.0]"),
        (
            HEAD + ROW + "kernel = 3\n[preprocessing]\nmean = [0, 0]",
            "preprocessing: mean must be one number or one for",
        ),
        (HEAD + ROW + "kernel = 3\n[preprocessing]\ncontent = [9, 8]", "content must lie within the input: 9x8, 8x8"),
        (HEAD + 'name = "again"', "not TOML: Cannot overwrite a value"),
        (HEAD + ROW + "kernel = 3\n[recipe]\nlearning_rate = 1" + "0" * 400, "learning_rate: expected a finite number"),
        ("name = ", "not TOML: "),
        ("name = " + "[" * 10_000, "is nested too deeply"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load_table(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_as_any_editor_writes_it(tmp_path, end, mark):
    """Windows' editors end lines with two characters, and some put a byte order mark in front."""
    table = ARCHITECTURES["lenet5:modern"]
    text = f"{mark}# 한글 주석\n{toml.dumps_table(table)}".replace('"lenet5:modern"', '"작은 망"')
    path = tmp_path / "표.TOML"
    path.write_bytes(text.replace("\n", end).encode())
    assert load_table(str(path)) == replace(table, name="작은 망")
    path.write_bytes(text.replace("units = 84", "units = 84 x").replace("\n", end).encode())
    line = text.split("units = 84")[0].count("\n") + 1
    with pytest.raises(TableError, match=rf"표\.TOML: not TOML: .*\(at line {line}, column 12\)"):
        load_table(str(path))


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(TableError, match=r"none\.toml: cannot read the table: No such file"):
        load_table(str(tmp_path / "none.toml"))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableError, match="not text in UTF-8"):
        load_table(str(binary))
    korean = '# 작은 망\nname = "작은 망"\n'
    for encoding, words in (
        ("utf-16", "not text in UTF-8 (it seems to be UTF-16); save it as UTF-8"),
        ("cp949", "not text in UTF-8 at line 1 (it seems to be CP949, or EUC-KR); save it as UTF-8"),
    ):
        binary.write_bytes(korean.encode(encoding))
        with pytest.raises(TableError) as caught:
            load_table(str(binary))
        assert str(caught.value) == f"{binary}: cannot read the table: {words}"
    with pytest.raises(TableError, match="Is a directory"):
        (tmp_path / "folder.toml").mkdir()
        load_table(str(tmp_path / "folder.toml"))
