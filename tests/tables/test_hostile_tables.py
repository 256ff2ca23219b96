"""Whatever a table holds, reading it ends soon, in a plan or in a TableError of one line."""

import json
import tomllib
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import TableError
from striate.tables import ARCHITECTURES, Add, Concat, Conv, Dense, Table, dumps_table, loads_table, table_to_dict
from striate.tables.toml import plan_from_dict
from striate.text import shorten

TEXTS = [dumps_table(ARCHITECTURES[name]) for name in ("lenet5", "alexnet:tiny", "googlenet:tiny", "resnet18:tiny")]
DATA = [table_to_dict(loads_table(text), defaults=True) for text in TEXTS]
JUNK = st.recursive(
    st.sampled_from([None, True, 0, -1, 3, 2**31, 10**30, 0.5, -0.0, 1e-300, 1e308, float("nan"), float("inf")])
    | st.sampled_from(["", "valid", "Conv", "Add", "relu", "x" * 5_000, "가", "\x00", "\ud800", "__class__", "C1"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "name", "rows", "x"]), inner),
    max_leaves=6,
)


def check(read):
    """Run it: TableError is what may be raised, and what the command line would print of it is one line."""
    try:
        return read()
    except TableError as error:
        line = shorten(str(error))
        assert line and "\n" not in line and len(line) < 400
        return None


@given(st.data())
def test_data_with_something_else_in_some_places(draw):
    data = deepcopy(draw.draw(st.sampled_from(DATA)))
    for _ in range(draw.draw(st.integers(1, 3))):
        part, parts = data, list(data)
        while True:
            key = draw.draw(st.sampled_from(parts))
            inner = part[key]
            parts = (
                list(inner) if isinstance(inner, dict) else list(range(len(inner))) if isinstance(inner, list) else []
            )
            if not parts or draw.draw(st.integers(0, 3)) == 0:
                break
            part = inner
        part[key] = draw.draw(JUNK)
    plan = check(lambda: plan_from_dict(data, "table"))
    if plan is not None:
        assert loads_table(dumps_table(plan.table)) == plan.table


@given(st.data())
def test_text_with_letters_changed(draw):
    text = draw.draw(st.sampled_from(TEXTS))
    for _ in range(draw.draw(st.integers(1, 4))):
        start = draw.draw(st.integers(0, len(text)))
        count = draw.draw(st.integers(0, 3) | st.integers(0, len(text)))
        piece = draw.draw(
            st.sampled_from(["", "[", "]", "{", "}", '"', "'''", "\\", ".", "=", "\n", "9", "-", "é", "\x00"])
        )
        text = text[:start] + piece * draw.draw(st.sampled_from([1, 1, 2, 300])) + text[start + count :]
    check(lambda: loads_table(text))


@given(JUNK)
def test_what_is_no_table(junk):
    assert check(lambda: plan_from_dict(junk, "table")) is None


def nested(levels, make):
    row = Conv("c", maps=1, kernel=1)
    for level in range(levels):
        row = make(f"a{level}", row)
    return Table("t", (1, 8, 8), (row, Dense("out", units=2)))


WRAPPERS = {
    "Add": lambda name, row: Add(name, body=(row,)),
    "Concat": lambda name, row: Concat(name, branches=((row,), (Conv("k", maps=1, kernel=1),))),
}


@pytest.mark.timeout(120)  # by the formula that doubled at each list, the Concats would take years
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_writing_takes_no_longer_for_being_nested(wrapper):
    deepest = nested(16, WRAPPERS[wrapper])
    assert loads_table(dumps_table(deepest)) == deepest
    deeper = nested(90, WRAPPERS[wrapper])
    assert tomllib.loads(dumps_table(deeper)) == table_to_dict(deeper)
    for levels in (17, 90):
        with pytest.raises(TableError, match="nested"):
            plan_from_dict(table_to_dict(nested(levels, WRAPPERS[wrapper])), "table")


@pytest.mark.parametrize("levels", [100, 100_000])
@pytest.mark.parametrize(("begin", "end"), ["[]", ("{ a = ", " }")])
def test_a_text_nested_far_too_deeply(levels, begin, end):
    with pytest.raises(TableError, match="table: is nested too deeply"):
        loads_table(f"rows = {begin * levels}0{end * levels}")


@pytest.mark.timeout(120)  # the square of the parts would take hours
@pytest.mark.parametrize(
    "text",
    [
        ".".join("a" * 500_000) + " = 1",
        f"[{'.'.join('a' * 500_000)}]",
        f"rows = [{{ {'.'.join('a' * 500_000)} = 1 }}]",
        " . ".join(['"a b"'] * 500_000) + " = 1",
        "\n".join(f"{'.'.join('ab' * 10)}{line} = {line}" for line in range(5_000)),
        "a" * 1_000_000,
        "'" * 1_000_001,
        '"' * 1_000_001,
    ],
    ids=["key", "header", "inline", "quoted", "many keys", "a word", "apostrophes", "quotes"],
)
def test_long_keys(text):
    assert check(lambda: loads_table(text)) is None


def test_numbers_in_a_file_of_json_are_as_those_in_toml():
    """A number that costs memory is refused with the table, wherever the table comes from."""
    data = json.loads(json.dumps(DATA[0])) | {"preprocessing": {"figure": [20, 28_000]}}
    with pytest.raises(
        TableError, match=r"table: table lenet5: preprocessing: figure must be .*at most 1024: \(20, 28000\)"
    ):
        plan_from_dict(data, "table")
