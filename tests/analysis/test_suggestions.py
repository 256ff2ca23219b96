"""What would fit: every change that is offered works, and the nearest ones are found by hand."""

import re
import time

import pytest

from striate.analysis.suggestions import Fix, places, replace_at, suggest_fixes, suggest_values, value_at
from striate.errors import TableError
from striate.tables import (
    ARCHITECTURES,
    Add,
    Concat,
    Conv,
    Dense,
    Dropout,
    Head,
    Identity,
    MaxPool,
    Table,
    load_table,
    table_from_dict,
    table_to_dict,
)

CONV = Conv("a", maps=2, kernel=3, padding="same")
OUT = Dense("out", units=3)


def offered(table):
    """What is offered, as {path of the field: [values]}; each is tried, its bound too."""
    found = suggest_fixes(table)
    with pytest.raises(TableError) as first:
        table.plan()
    for fit in found:
        changed = replace_at(table, fit.place, fit.value)
        if fit.whole:
            changed.plan()
        else:
            with pytest.raises(TableError) as then:
                changed.plan()
            assert then.value.place != first.value.place
        if fit.bound and isinstance(fit.value, int):
            beyond = fit.value + (1 if fit.bound == "most" else -1)
            with pytest.raises(TableError):
                replace_at(table, fit.place, beyond).plan()
    words = {}
    for fit in found:
        words.setdefault(".".join(map(str, fit.place)), []).append((fit.value, fit.bound))
    return words


def test_places_are_those_of_the_plan():
    for table in ARCHITECTURES.values():
        steps = [step.row for step in table.plan().flat]
        assert [value_at(table, place) for place in places(table.rows)] == steps


@pytest.mark.parametrize("kernel", [6, 33, 40, 500, 100_000])
def test_a_kernel_too_large_for_what_follows(kernel):
    found = offered(replace_at(load_table("lenet5"), ("rows", 0, "kernel"), kernel))
    assert found["rows.0.kernel" if kernel > 32 else "rows.4.kernel"][0][1] == "most"
    if kernel > 32:  # 32 - 5 + 1 = 28, 14, 10, 5, 1: a larger one leaves C5 less than its kernel
        assert found["rows.0.kernel"] == [(5, "most")]
    if kernel == 40:
        assert found["rows.0.padding"] == [("same", None), (18, "least")]
        assert found["input"] == [((1, 67, 67), "least")]


def test_groups_that_divide():
    found = offered(replace_at(load_table("alexnet"), ("rows", 3, "groups"), 5))
    assert found["rows.3.groups"] == [(2, "most")]
    found = offered(replace_at(load_table("alexnet"), ("rows", 3, "maps"), 255))
    assert found["rows.3.maps"] == [(254, None), (256, None)]


def test_branches_that_then_agree():
    table = replace_at(load_table("googlenet:tiny"), ("rows", 7, "branches", 1, 1, "padding"), "valid")
    found = offered(table)
    assert found["rows.7.branches.1.1.padding"] == [("same", None), (1, None)]
    assert found["rows.7.branches.1.1.kernel"] == [(1, "most")]


def test_a_body_and_a_shortcut_that_then_agree():
    found = offered(replace_at(load_table("resnet18:tiny"), ("rows", 4, "body", 2, "maps"), 20))
    assert found["rows.4.body.2.maps"] == [(16, None)]
    assert found["rows.4.shortcut.0.maps"] == [(20, None)]


def test_a_body_before_which_a_dense_row_stands():
    rows = (Dense("f", units=8), Add("add", body=(Dense("g", units=7),)), OUT)
    assert offered(Table("t", (1, 8, 8), rows))["rows.1.body.0.units"] == [(8, None)]


def test_where_the_row_itself_can_do_nothing_the_row_before_is_offered():
    found = offered(replace_at(load_table("lenet5"), ("rows", 5, "units"), 80))
    assert found == {"rows.5.units": [(84, None)]}  # the prototypes have 84 cells


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("rows", 2, "name"), "C1", {"rows.2.name": [("C1_2", None)]}),
        (("rows", 2, "name"), "a b", {"rows.2.name": [("a_b", None)]}),
        (("rows", 0, "activation"), "softmax", {"rows.0.activation": [(None, None)]}),
        (("rows", 2, "maps"), 20, {"rows.2.maps": [(16, None)], "rows.2.connections": [(None, None)]}),
        (("rows", 6), OUT, {"recipe.loss": [("cross_entropy", None)]}),
        (("input",), (1, 20, 20), {"input": [((1, 32, 32), "least")]}),
    ],
)
def test_other_rules(place, value, expected):
    assert offered(replace_at(load_table("lenet5"), place, value)) == expected


def test_heads_and_towers():
    head = Head("aux", "a", (Dense("out", units=2),))
    assert offered(Table("t", (2, 8, 8), (CONV, OUT), heads=(head,))) == {"heads": [((), None)]}
    first = Conv("c", maps=4, kernel=1, groups=2)
    assert offered(Table("t", (2, 8, 8), (first, OUT), towers=2)) == {"towers": [(1, None)]}


def test_two_faults_are_passed_one_by_one():
    rows = (Conv("a", maps=2, kernel=9), Conv("b", maps=3, kernel=1, groups=2), OUT)
    table = Table("t", (2, 8, 8), rows)
    found = suggest_fixes(table)
    assert {(fit.place[-1], fit.value, fit.whole) for fit in found} >= {("kernel", 8, False), ("padding", 1, False)}
    offered(table)


def test_nothing_for_a_possible_table_or_an_empty_one():
    assert suggest_fixes(load_table("lenet5")) == ()
    assert suggest_fixes(Table("t", (1, 8, 8), ())) == ()


@pytest.mark.parametrize(
    "rows",
    [
        (Concat("c", branches=()), OUT),
        (Add("a", body=()), OUT),
        (Identity("i", maps=1), OUT),
        (MaxPool("p", kernel=(9, 1), stride=(2, 1), padding=((0, 1), (0, 1))), OUT),
        (Conv("c", maps=10**12, kernel=10**12), OUT),
    ],
)
def test_every_impossible_row_has_an_answer(rows):
    offered(Table("t", (2, 8, 8), rows))


@pytest.mark.parametrize(
    ("field", "value", "offer"),
    [
        ("maps", 0, Fix(("rows", 0, "maps"), 1, "least", True)),
        ("kernel", [0, 3], Fix(("rows", 0, "kernel"), 3, "least", True)),
        ("stride", -2, Fix(("rows", 0, "stride"), 1, "least", True)),
        ("padding", [-1, 2], Fix(("rows", 0, "padding"), 2, "least", True)),
        ("groups", 0, Fix(("rows", 0, "groups"), 1, "least", True)),
    ],
)
def test_a_number_that_no_row_can_have_has_an_answer(field, value, offer):
    data = table_to_dict(Table("t", (1, 8, 8), (CONV, OUT)))
    data["rows"][0][field] = value
    with pytest.raises(TableError) as refused:
        table_from_dict(data, "t")
    assert suggest_values(data, refused.value.place) == (offer,)


def test_a_rate_that_no_row_can_have_is_offered_the_default():
    data = table_to_dict(Table("t", (1, 8, 8), (CONV, Dropout("d"), OUT)))
    data["rows"][1]["rate"] = 1.5
    with pytest.raises(TableError, match=r"rows #2: row d \(Dropout\): rate must be") as refused:
        table_from_dict(data, "t")
    assert suggest_values(data, refused.value.place) == (Fix(("rows", 1, "rate"), 0.5, None, True),)


def test_no_number_is_offered_where_there_is_none():
    data = table_to_dict(Table("t", (1, 8, 8), (CONV, OUT)))
    data["rows"][0]["kernel"] = []
    assert suggest_values(data, ("rows", 0, "kernel")) == ()


def test_a_huge_table_costs_a_moment():
    rows = [Conv(f"c{i}", maps=3, kernel=3, padding="same") for i in range(4000)]
    rows[-1] = Conv("x", maps=3, kernel=3)
    started = time.process_time()
    suggest_fixes(Table("t", (3, 30, 30), (Add("add", body=tuple(rows)), OUT)))
    assert time.process_time() - started < 60  # of the processor's: to try every row would take an hour


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("rows", 1, "kernel"), 99, ("rows", 1)),
        (("rows", 7, "branches", 2, 1, "groups"), 1000, ("rows", 7, "branches", 2, 1)),
        (("rows", 7, "branches", 1, 1, "stride"), 2, ("rows", 7)),
    ],
)
def test_an_error_says_where(place, value, said):
    with pytest.raises(TableError, match=re.escape("table googlenet:tiny: row ")) as caught:
        replace_at(load_table("googlenet:tiny"), place, value).plan()
    assert caught.value.place == said
