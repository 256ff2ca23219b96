"""Shortcuts for the analysis of a table: steps, costs and receptive fields by the names of its rows."""

from __future__ import annotations

from collections.abc import Iterable

from striate.analysis import Cost, receptive_fields, row_cost, total_cost
from striate.tables import Conv, Dense, Step, Table, load_table

NETWORKS = ("lenet5:modern", "alexnet", "googlenet", "resnet34", "minivggnet")
"""One network of each family, for claims about networks in general."""


def steps(table: Table | str) -> dict[str, Step]:
    """Every row's step by its path."""
    return {step.path: step for step in _table(table).plan().flat}


def costs(table: Table | str) -> dict[str, Cost]:
    """Every row's cost by its path."""
    return {path: row_cost(step) for path, step in steps(table).items()}


def totals(table: Table | str) -> Cost:
    """The whole table's cost."""
    return total_cost(_table(table).plan())


def field_size(table: Table | str, path: str) -> int:
    """Height of the receptive field of a row's units, in input pixels."""
    return receptive_fields(_table(table).plan())[path].height[0]


def depth(steps: tuple[Step, ...]) -> int:
    """Convolutions and dense rows on the longest path through these steps."""
    return sum(
        max(map(depth, step.branches)) if step.branches else isinstance(step.row, Conv | Dense) for step in steps
    )


def commas(numbers: Iterable[float]) -> str:
    """Numbers separated by commas.

    >>> commas([28, 14.5])
    '28, 14.5'
    """
    return ", ".join(f"{number:,}" if isinstance(number, int) else f"{number:g}" for number in numbers)


def _table(table: Table | str) -> Table:
    return load_table(table) if isinstance(table, str) else table
