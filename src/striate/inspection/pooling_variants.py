"""A table with one kind of pooling throughout: max, average, or none."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Literal, assert_never

from striate.errors import TableError
from striate.tables import (
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
    Plan,
    Row,
    Subsample,
    Table,
)

Kind = Literal["max", "average", "none"]
KINDS: tuple[Kind, ...] = ("max", "average", "none")


def pooling_rows(plan: Plan) -> list[str]:
    """The paths of the rows that pool: max and average pooling and subsampling, not the adaptive average at the end.

    >>> from striate.tables import load_plan
    >>> pooling_rows(load_plan("lenet5"))
    ['S2', 'S4']
    """
    return [step.path for step in plan.flat if _row(step.row, "none") is None]


def pooling_variants(table: Table) -> dict[Kind, Table]:
    """The table with each of its pooling rows made max pooling, average pooling, or left out.

    Rows behind one that is left out see larger maps. TableError if the table has no pooling row, or there is no table
    without them.

    >>> from striate.tables import load_table
    >>> [row.name for row in pooling_variants(load_table("lenet5:modern"))["none"].rows]
    ['C1', 'C3', 'C5', 'F6', 'Out']
    """
    if not pooling_rows(table.plan()):
        raise TableError(f"table {table.name}: has no row that pools")
    variants = {kind: _pooled(table, kind) for kind in KINDS}
    for variant in variants.values():
        variant.plan()
    return variants


def _pooled(table: Table, kind: Kind) -> Table:
    name = f"{table.name}, " + ("no pooling" if kind == "none" else f"{kind} pooling")
    heads = tuple(replace(head, rows=_with(head.rows, kind)) for head in table.heads)
    return replace(table, name=name, rows=_with(table.rows, kind), heads=heads, expected=None)


def _with(rows: tuple[Row, ...], kind: Kind) -> tuple[Row, ...]:
    """These rows, and those inside them, with one kind of pooling."""
    return tuple(found for row in rows if (found := _row(row, kind)) is not None)


def _row(row: Row, kind: Kind) -> Row | None:
    match row:
        case Concat(branches=branches):
            return replace(row, branches=tuple(_with(branch, kind) for branch in branches))
        case Add(body=body, shortcut=shortcut):
            return replace(row, body=_with(body, kind), shortcut=_with(shortcut, kind))
        case MaxPool() | AveragePool() | Subsample() if kind == "none":
            return None
        case MaxPool() | AveragePool() | Subsample():
            pool = MaxPool if kind == "max" else AveragePool
            return pool(**{field.name: getattr(row, field.name) for field in fields(row)})
        case Conv() | AdaptiveAveragePool() | Identity() | LRN() | BatchNorm() | Dropout() | Dense() | RBF():
            return row
        case _:
            assert_never(row)
