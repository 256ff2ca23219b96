"""Worked examples of the notes, each a piece of a network as a table of its own, for `striate compare`."""

from __future__ import annotations

from striate.tables.rows import Conv
from striate.tables.table import ReferenceCounts, Table


def _kernels(name: str, *kernels: int, source: str, expected: ReferenceCounts) -> Table:
    """Convolutions between one map and one map, weights only, down to one cell: what the notes count."""
    rows = tuple(Conv(f"conv{i}", maps=1, kernel=kernel, bias=False) for i, kernel in enumerate(kernels, 1))
    size = 1 + sum(kernel - 1 for kernel in kernels)
    return Table(name, (1, size, size), rows, source=source, expected=expected)


_STACKED = "The notes, one 5x5 kernel against two 3x3"
_BOTTLENECK = "The notes, what a 1x1 kernel is for: 16 maps in, 32 out"

TABLES = (
    _kernels("notes:5x5", 5, source=_STACKED, expected=ReferenceCounts(parameters=25, macs=25)),
    _kernels("notes:two-3x3", 3, 3, source=_STACKED, expected=ReferenceCounts(parameters=18, macs=90)),
    Table(
        "notes:direct",
        (16, 28, 28),
        (Conv("conv3x3", maps=32, kernel=3, padding="same", bias=False),),
        source=_BOTTLENECK,
        expected=ReferenceCounts(parameters=4_608, macs=4_608 * 28 * 28),
    ),
    Table(
        "notes:bottleneck",
        (16, 28, 28),
        (
            Conv("conv1x1", maps=5, kernel=1, padding="same", bias=False),
            Conv("conv3x3", maps=32, kernel=3, padding="same", bias=False),
        ),
        source=_BOTTLENECK,
        expected=ReferenceCounts(parameters=1_520, macs=1_520 * 28 * 28),
    ),
    _kernels(
        "notes:9-5-3-1",
        *(5, 3, 3),
        source="The notes, 9x9 to 5x5 to 3x3 to 1x1: kernels 5, 3, 3",
        expected=ReferenceCounts(parameters=43, macs=25 * 25 + 9 * 9 + 9),
    ),
)
