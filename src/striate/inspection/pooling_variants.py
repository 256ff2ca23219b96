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

PoolingKind = Literal["max", "average", "none"]
POOLING_KINDS: tuple[PoolingKind, ...] = ("max", "average", "none")


def pooling_rows(plan: Plan) -> list[str]:
    """The paths of the pooling rows: max and average pooling and subsampling, not the adaptive average at the end.

    >>> from striate.tables import load_plan
    >>> pooling_rows(load_plan("lenet5"))
    ['S2', 'S4']
    """
    return [step.path for step in plan.flat if _convert_row(step.row, "none") is None]


def pooling_variants(table: Table) -> dict[PoolingKind, Table]:
    """The table with each of its pooling rows replaced by max pooling, by average pooling, or removed.

    Rows after one that is removed get larger maps. TableError if the table has no pooling row, or if it is not valid
    without them.

    >>> from striate.tables import load_table
    >>> [row.name for row in pooling_variants(load_table("lenet5:modern"))["none"].rows]
    ['C1', 'C3', 'C5', 'F6', 'Out']
    """
    if not pooling_rows(table.plan()):
        raise TableError(f"table {table.name}: has no pooling row")
    variants = {kind: _variant(table, kind) for kind in POOLING_KINDS}
    for variant in variants.values():
        variant.plan()
    return variants


def _variant(table: Table, kind: PoolingKind) -> Table:
    name = f"{table.name}, " + ("no pooling" if kind == "none" else f"{kind} pooling")
    heads = tuple(replace(head, rows=_convert_rows(head.rows, kind)) for head in table.heads)
    return replace(table, name=name, rows=_convert_rows(table.rows, kind), heads=heads, expected=None)


def _convert_rows(rows: tuple[Row, ...], kind: PoolingKind) -> tuple[Row, ...]:
    """These rows, and those inside branches, with one kind of pooling."""
    return tuple(converted for row in rows if (converted := _convert_row(row, kind)) is not None)


def _convert_row(row: Row, kind: PoolingKind) -> Row | None:
    match row:
        case Concat(branches=branches):
            return replace(row, branches=tuple(_convert_rows(branch, kind) for branch in branches))
        case Add(body=body, shortcut=shortcut):
            return replace(row, body=_convert_rows(body, kind), shortcut=_convert_rows(shortcut, kind))
        case MaxPool() | AveragePool() | Subsample() if kind == "none":
            return None
        case MaxPool() | AveragePool() | Subsample():
            pool = MaxPool if kind == "max" else AveragePool
            return pool(**{field.name: getattr(row, field.name) for field in fields(row)})
        case Conv() | AdaptiveAveragePool() | Identity() | LRN() | BatchNorm() | Dropout() | Dense() | RBF():
            return row
        case _:
            assert_never(row)
