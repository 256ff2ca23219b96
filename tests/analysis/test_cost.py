"""Counts equal to the papers', row by row, and columns that sum."""

import pytest

from striate.analysis.cost import cost, total
from striate.analysis.report import summarize, to_json
from striate.tables import ARCHITECTURES, load_table, walk

# LeCun et al. 1998, section II.B: parameters, connections, multiply-adds.
LENET5 = {
    "C1": (156, 122_304, 117_600),
    "S2": (12, 5_880, 0),
    "C3": (1_516, 151_600, 150_000),
    "S4": (32, 2_000, 0),
    "C5": (48_120, 48_120, 48_000),
    "F6": (10_164, 10_164, 10_080),
    "Out": (0, 840, 0),
}


@pytest.mark.parametrize("step", walk(load_table("lenet5")), ids=lambda step: step.path)
def test_lenet5_row_by_row(step):
    counted = cost(step)
    assert (counted.parameters, counted.connections, counted.macs) == LENET5[step.path]


def test_lenet5_in_total():
    counted = total(load_table("lenet5"))
    assert (counted.parameters, counted.connections) == (60_000, 340_908)
    assert total(load_table("lenet5:modern")).parameters == 61_706


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_is_what_stands_beside_it(name):
    table, counted = ARCHITECTURES[name], total(ARCHITECTURES[name])
    assert table.expected is not None
    assert (counted.parameters, counted.macs) == (table.expected.parameters, table.expected.macs)
    if table.expected.connections is not None:
        assert counted.connections == table.expected.connections


def test_minivggnet_counted_by_hand():
    convolutions = (27 * 32 + 32) + (288 * 32 + 32) + (288 * 64 + 64) + (576 * 64 + 64)
    dense = (8 * 8 * 64 * 512 + 512) + (512 * 10 + 10)
    normalization = 2 * (32 + 32 + 64 + 64 + 512)
    assert total(load_table("minivggnet")).parameters == convolutions + dense + normalization


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("column", ["parameters", "macs", "connections", "neurons"])
def test_columns_sum_to_the_total(name, column):
    report = to_json(summarize(ARCHITECTURES[name]))
    assert sum(row[column] for row in report["rows"]) == report["total"][column]


def test_the_notes_18_against_25():
    """Two 3x3 against one 5x5 between one input and one output map, weights only."""
    from striate.tables import Conv, Table

    one = Table("one", (1, 9, 9), (Conv("a", maps=1, kernel=5, bias=False),))
    two = Table("two", (1, 9, 9), (Conv("a", maps=1, kernel=3, bias=False), Conv("b", maps=1, kernel=3, bias=False)))
    assert (total(one).parameters, total(two).parameters) == (25, 18)
    assert walk(one)[-1].output == walk(two)[-1].output
