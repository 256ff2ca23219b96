"""Towers: a network whose maps are divided into parts, each of which can run on its own device.

Krizhevsky et al. 2012, section 3.5 and figure 2: each of two GPUs holds half of the maps of every layer, and they
exchange maps only where a layer reads both halves. Here a row with as many groups as there are towers stays inside
each tower; before a row that reads all maps the towers exchange theirs; the last row is undivided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from striate.errors import TableError
from striate.tables.rows import (
    LRN,
    RBF,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Identity,
    MaxPool,
    Row,
    Subsample,
)


def exchanges(rows: tuple[Row, ...], towers: int, index: int) -> bool:
    """Whether the row of this index needs the other towers' maps: it reads all, and they are divided before it."""
    row = rows[index]
    return towers > 1 and index > 0 and isinstance(row, Conv | Dense) and getattr(row, "groups", 1) == 1


def share(rows: tuple[Row, ...], towers: int, index: int) -> Row:
    """One tower's share of a row: a part of its maps or units, from a part of its inputs or from all."""
    row = rows[index]
    if index == len(rows) - 1:
        return row
    match row:
        case Conv(maps=maps):
            return replace(row, maps=maps // towers, groups=1)
        case Dense(units=units):
            return replace(row, units=units // towers)
        case LRN():
            return replace(row, groups=1)
        case _:  # each map by itself, else `check` refuses it
            return row


def check(rows: tuple[Row, ...], towers: int, *, heads: bool) -> None:
    """TableError if the rows do not divide into as many towers; `heads`: the table has auxiliary heads."""
    if towers < 1:
        raise TableError(f"towers must be at least 1: {towers}")
    if towers == 1:
        return
    first = rows[0]
    if not (isinstance(first, Conv) and first.groups == 1) or not isinstance(rows[-1], Dense) or heads:
        raise TableError(f"{towers} towers need a Conv of all channels first, a Dense last, and no heads")
    for index, row in enumerate(rows[:-1]):
        match row:
            case Conv(maps=size, groups=groups) if groups in (1, towers) and row.connections is None:
                fits = size % towers == 0
            case Dense(units=size):
                fits = size % towers == 0
            case LRN(groups=groups):
                fits = groups == towers
            case MaxPool() | AveragePool() | AdaptiveAveragePool() | Subsample() | BatchNorm() | Dropout():
                fits = True  # each map by itself: `exchanges` and `share` have nothing to do
            case Conv() | Identity() | RBF() | Concat() | Add():
                fits = False
            case _:
                assert_never(row)
        if not fits:
            raise TableError(
                f"row {row.name} ({type(row).__name__}): does not divide into {towers} towers; maps and units must"
                f" divide, groups be 1 or {towers}, and an LRN stay inside its tower (groups {towers})",
                ("rows", index),
            )
