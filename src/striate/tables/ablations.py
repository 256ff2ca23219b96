"""Networks that differ from one of a family in a single idea of the notes, for `striate ablate` to measure it.

Each is made from the family's own table, so that nothing else can differ. The ideas that other tables state already:
shortcuts (`resnet20` and `plain20`, also 32 and 44), and what a shortcut is (`resnet20`, `resnet20:B`, `resnet20:C`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from striate.tables.alexnet import ALEXNET_SMALL
from striate.tables.googlenet import GOOGLENET_SMALL
from striate.tables.rows import LRN, AveragePool, Conv, Dropout, MaxPool, Row
from striate.tables.table import Table


def _with_rows(table: Table, name: str, source: str, change: Callable[[Row], tuple[Row, ...]]) -> Table:
    """The table with each row at the top level replaced by what `change` makes of it."""
    rows = tuple(new for row in table.rows for new in change(row))
    return replace(table, name=f"{table.name}-{name}", source=f"{table.name} {source}", rows=rows, expected=None)


def _without(kind: type[LRN | Dropout]) -> Callable[[Row], tuple[Row, ...]]:
    return lambda row: () if isinstance(row, kind) else (row,)


def _side_by_side(row: Row) -> tuple[Row, ...]:
    """A pool whose windows touch and do not overlap; its output has the size that it has with 3x3 windows."""
    return (replace(row, kernel=2, stride=2) if isinstance(row, MaxPool | AveragePool) else row,)


def _pooled_by(kind: type[MaxPool | AveragePool]) -> Callable[[Row], tuple[Row, ...]]:
    def change(row: Row) -> tuple[Row, ...]:
        return (kind(**vars(row)) if isinstance(row, MaxPool | AveragePool) else row,)

    return change


def _two_3x3(row: Row) -> tuple[Row, ...]:
    """For a 5x5 convolution two of 3x3 with as many maps, which see the same pixels."""
    if not isinstance(row, Conv) or row.kernel != 5:
        return (row,)
    return tuple(replace(row, name=f"{row.name}{letter}", kernel=3, padding=1) for letter in "ab")


TABLES = (
    _with_rows(ALEXNET_SMALL, "no-lrn", "without LRN", _without(LRN)),
    _with_rows(ALEXNET_SMALL, "pool-2x2", "with pooling that does not overlap: 2x2 at stride 2", _side_by_side),
    _with_rows(ALEXNET_SMALL, "no-dropout", "without dropout", _without(Dropout)),
    replace(
        ALEXNET_SMALL,
        name="alexnet:small-no-augmentation",
        source="alexnet:small trained on the pictures as they are",
        recipe=replace(ALEXNET_SMALL.recipe, augmentation=()),
    ),
    _with_rows(ALEXNET_SMALL, "3x3", "with two 3x3 in the place of each 5x5, as the notes advise", _two_3x3),
    _with_rows(ALEXNET_SMALL, "max-pool", "with max pooling throughout", _pooled_by(MaxPool)),
    _with_rows(ALEXNET_SMALL, "average-pool", "with average pooling throughout", _pooled_by(AveragePool)),
    replace(
        GOOGLENET_SMALL,
        name="googlenet:small-no-head",
        source="googlenet:small without its auxiliary head",
        heads=(),
    ),
)
