"""Two documents differ in the fields that were changed, and in no others."""

from dataclasses import replace

import pytest

from striate.studies import Difference, differences
from striate.tables import ARCHITECTURES, load_table, table_to_dict


def changed(first, second):
    return list(differences(*(table_to_dict(table, defaults=True) for table in (first, second))))


@pytest.mark.parametrize("name", ["lenet5", "googlenet:tiny", "resnet18:tiny"])
def test_a_table_does_not_differ_from_itself(name):
    assert changed(load_table(name), load_table(name)) == []


def test_a_row_and_a_recipe():
    table = load_table("lenet5:modern")
    row = replace(table.rows[0], maps=7)
    other = replace(table, rows=(row, *table.rows[1:]), recipe=replace(table.recipe, epochs=3))
    assert changed(table, other) == [
        Difference("rows.C1.maps", 6, 7),
        Difference("recipe.epochs", table.recipe.epochs, 3),
    ]


def test_a_row_inside_a_branch():
    table = load_table("resnet18:tiny")
    number, unit = next((i, row) for i, row in enumerate(table.rows) if hasattr(row, "body"))
    body = (replace(unit.body[0], bias=not unit.body[0].bias), *unit.body[1:])
    rows = (*table.rows[:number], replace(unit, body=body), *table.rows[number + 1 :])
    (found,) = changed(table, replace(table, rows=rows))
    assert found.field == f"rows.{unit.name}.body.{unit.body[0].name}.bias"


def test_rows_that_come_go_and_change_places():
    rows = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    assert list(differences(rows, rows[:2])) == [Difference("c", {"name": "c"}, None)]
    assert list(differences(rows[:1], rows[:2])) == [Difference("b", None, {"name": "b"})]
    assert list(differences(rows, rows[::-1], "rows")) == [Difference("rows.order", ["a", "b", "c"], ["c", "b", "a"])]


def test_a_field_that_is_not_there_is_as_none():
    assert list(differences({"a": None}, {})) == []
    assert list(differences({"a": 1}, {"a": None})) == [Difference("a", 1, None)]


def test_different_families_share_what_they_share():
    fields = {difference.field for difference in changed(*(ARCHITECTURES[name] for name in ("lenet5", "alexnet")))}
    assert {"name", "input", "rows.C1.kernel"} <= fields
