"""Worked examples of the notes, each a piece of a network as a table of its own, for `striate compare`."""

from __future__ import annotations

from striate.tables.rows import Conv
from striate.tables.table import Table


def _kernels(name: str, *kernels: int) -> Table:
    """Convolutions between one map and one map, weights only: what a parameter count in the notes counts."""
    rows = tuple(Conv(f"conv{i}", maps=1, kernel=kernel, bias=False) for i, kernel in enumerate(kernels, 1))
    size = 1 + sum(kernel - 1 for kernel in kernels)
    return Table(name, (1, size, size), rows, source="The notes, one 5x5 kernel against two 3x3")


_BOTTLENECK = "The notes, what a 1x1 kernel is for: 16 maps in, 32 out"

TABLES = (
    _kernels("notes:5x5", 5),
    _kernels("notes:two-3x3", 3, 3),
    Table(
        "notes:direct",
        (16, 28, 28),
        (Conv("conv3x3", maps=32, kernel=3, padding="same", bias=False),),
        source=_BOTTLENECK,
    ),
    Table(
        "notes:bottleneck",
        (16, 28, 28),
        (
            Conv("conv1x1", maps=5, kernel=1, padding="same", bias=False),
            Conv("conv3x3", maps=32, kernel=3, padding="same", bias=False),
        ),
        source=_BOTTLENECK,
    ),
    Table(
        "notes:9-5-3-1",
        (1, 9, 9),
        tuple(Conv(f"conv{i}", maps=1, kernel=kernel, bias=False) for i, kernel in enumerate((5, 3, 3), 1)),
        source="The notes, 9x9 to 5x5 to 3x3 to 1x1: kernels 5, 3, 3",
    ),
)
