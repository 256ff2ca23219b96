"""Towers: a network whose maps lie in parts, each of which can run on a device of its own.

Krizhevsky et al. 2012, section 3.5 and figure 2: half of the maps of every layer lie on each of two GPUs, which
exchange them only where a layer sees both halves. Here a row with as many groups as there are towers stays inside
each tower; a row that sees all maps makes the towers exchange theirs; the last row is undivided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from striate.errors import TableError
from striate.tables.pooling import AdaptiveAveragePool, AveragePool, MaxPool, Subsample
from striate.tables.rows import LRN, BatchNorm, Conv, Dense, Dropout, Row

if TYPE_CHECKING:
    from striate.tables.table import Table


def exchanges_towers(table: Table, index: int) -> bool:
    """Whether the row of this index needs the other towers' maps: it sees all, and they are apart before it."""
    row = table.rows[index]
    return table.towers > 1 and index > 0 and isinstance(row, Conv | Dense) and getattr(row, "groups", 1) == 1


def tower_share(table: Table, row: Row) -> Row:
    """One tower's share of a row: a part of its maps or units, from a part of its inputs or from all.

    >>> from striate.tables import load_table
    >>> table = load_table("alexnet")
    >>> tower_share(table, table.rows[3]).maps, tower_share(table, table.rows[3]).groups
    (128, 1)
    """
    towers = table.towers
    if row is table.rows[-1]:
        return row
    match row:
        case Conv(maps=maps):
            return replace(row, maps=maps // towers, groups=1)
        case Dense(units=units):
            return replace(row, units=units // towers)
        case LRN():
            return replace(row, groups=1)
        case _:
            return row


def check_towers(table: Table) -> None:
    """TableError if the table states towers that its rows do not allow."""
    towers = table.towers
    if towers < 1:
        raise TableError(f"towers must be at least 1: {towers}")
    if towers == 1:
        return
    first = table.rows[0]
    if not (isinstance(first, Conv) and first.groups == 1) or not isinstance(table.rows[-1], Dense) or table.heads:
        raise TableError(f"{towers} towers need a Conv of all channels first, a Dense last, and no heads")
    for index, row in enumerate(table.rows[:-1]):
        match row:
            case Conv(maps=size, groups=groups) if groups in (1, towers) and row.connections is None:
                fits = size % towers == 0
            case Dense(units=size):
                fits = size % towers == 0
            case LRN(groups=groups):
                fits = groups == towers
            case MaxPool() | AveragePool() | AdaptiveAveragePool() | Subsample() | BatchNorm() | Dropout():
                fits = True
            case _:
                fits = False
        if not fits:
            raise TableError(
                f"row {row.name} ({type(row).__name__}): does not divide into {towers} towers; maps and units must"
                f" divide, groups be 1 or {towers}, and an LRN stay inside its tower (groups {towers})",
                ("rows", index),
            )
