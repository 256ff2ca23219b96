"""The table language and the networks written in it. Nothing here, or below it, imports torch or NumPy."""

from __future__ import annotations

from striate.errors import TableError
from striate.tables import alexnet, fields, googlenet, lenet5, minivggnet, notes, resnet
from striate.tables.preprocessing import Preprocessing
from striate.tables.recipe import Recipe
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
from striate.tables.steps import Step, every_step, walk, walk_heads
from striate.tables.table import Expected, Head, Table
from striate.tables.window import Shape, Window

__all__ = [
    "ARCHITECTURES",
    "EXAMPLES",
    "LRN",
    "RBF",
    "AdaptiveAveragePool",
    "Add",
    "AveragePool",
    "BatchNorm",
    "Concat",
    "Conv",
    "Dense",
    "Dropout",
    "Expected",
    "Head",
    "Identity",
    "MaxPool",
    "Preprocessing",
    "Recipe",
    "Row",
    "Shape",
    "Step",
    "Subsample",
    "Table",
    "Window",
    "every_step",
    "load_table",
    "walk",
    "walk_heads",
]

ARCHITECTURES: dict[str, Table] = {
    table.name: table
    for table in (*lenet5.TABLES, *alexnet.TABLES, *googlenet.TABLES, *resnet.TABLES, *minivggnet.TABLES)
}
"""Every network and its variants."""

EXAMPLES: dict[str, Table] = {table.name: table for table in notes.TABLES}
"""Pieces of networks that the notes work out: to analyse and compare, not to train."""


def load_table(name: str) -> Table:
    """The table of a name, a `family:variant`, or the path of a `.toml` file.

    TableError if there is none, or if the file states no possible table.

        >>> load_table("lenet5:modern").input
        (1, 32, 32)
    """
    known = ARCHITECTURES | EXAMPLES
    if name in known:
        return known[name]
    if name.endswith(".toml"):
        from pathlib import Path

        from striate.tables import toml

        return toml.load(Path(name))
    raise TableError(f"unknown network {name!r} (and no .toml file); {fields.suggest(name, known)}")
