"""The networks of the ablations: each differs from its base in one idea, has its sizes, and can be written and read."""

import pytest

from striate.tables import ABLATIONS, ARCHITECTURES, LRN, Dropout, dumps_table, load_table, loads_table

# What differs: rows that only one of the two has, or that are others, by name; or a part of the table.
DIFFERS = {
    "alexnet:small-no-lrn": {"norm1", "norm2"},
    "alexnet:small-pool-2x2": {"pool1", "pool2", "pool3"},
    "alexnet:small-no-dropout": {"dropout"},
    "alexnet:small-no-augmentation": set(),
    "alexnet:small-3x3": {f"conv{number}{letter}" for number in (1, 2, 3) for letter in ("", "a", "b")},
    "alexnet:small-max-pool": {"pool2", "pool3"},
    "alexnet:small-average-pool": {"pool1"},
    "googlenet:small-no-head": set(),
}


def base_of(name):
    return ARCHITECTURES[max((base for base in ARCHITECTURES if name.startswith(base)), key=len)]


def test_every_one_is_listed():
    assert list(DIFFERS) == list(ABLATIONS)


@pytest.mark.parametrize("name", DIFFERS)
def test_it_differs_from_its_base_in_one_idea(name):
    base, table = base_of(name), ABLATIONS[name]
    assert load_table(name) == loads_table(dumps_table(table)) == table
    rows, others = ({row.name: row for row in each.rows} for each in (table, base))
    assert {row for row in {*rows, *others} if rows.get(row) != others.get(row)} == DIFFERS[name]
    assert (table.heads != base.heads) == (name == "googlenet:small-no-head")
    assert (table.recipe != base.recipe) == (name == "alexnet:small-no-augmentation")
    assert (table.input, table.preprocessing, table.initialization) == (
        base.input,
        base.preprocessing,
        base.initialization,
    )


@pytest.mark.parametrize("name", [name for name, rows in DIFFERS.items() if rows])
def test_the_rows_that_stay_have_their_sizes(name):
    """So that what is measured is the idea, and not other sizes of maps."""
    steps, others = ({step.path: step for step in each.plan().steps} for each in (ABLATIONS[name], base_of(name)))
    for path in steps.keys() & others.keys():
        assert steps[path].output == others[path].output, path


def test_what_they_lack():
    without_lrn, without_dropout = ABLATIONS["alexnet:small-no-lrn"], ABLATIONS["alexnet:small-no-dropout"]
    assert not any(isinstance(row, LRN) for row in without_lrn.rows)
    assert not any(isinstance(row, Dropout) for row in without_dropout.rows)
    assert ABLATIONS["alexnet:small-no-augmentation"].recipe.augmentation == ()
    assert ABLATIONS["googlenet:small-no-head"].heads == ()
