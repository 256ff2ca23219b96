"""The table language and the networks written in it. Nothing here, or below it, imports torch or NumPy."""

from __future__ import annotations

from striate.errors import TableError
from striate.tables import fields
from striate.tables.lenet5 import LENET5, LENET5_3X3, LENET5_MODERN, LENET5_NOTES
from striate.tables.minivggnet import MINIVGGNET
from striate.tables.preprocessing import Preprocessing
from striate.tables.recipe import Recipe
from striate.tables.rows import (
    LRN,
    RBF,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    MaxPool,
    Row,
    Subsample,
)
from striate.tables.table import Expected, Step, Table, every_step, walk
from striate.tables.window import Shape, Window

__all__ = [
    "ARCHITECTURES",
    "LRN",
    "RBF",
    "Add",
    "AveragePool",
    "BatchNorm",
    "Concat",
    "Conv",
    "Dense",
    "Dropout",
    "Expected",
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
]

ARCHITECTURES: dict[str, Table] = {
    "lenet5": LENET5,
    "lenet5:notes": LENET5_NOTES,
    "lenet5:modern": LENET5_MODERN,
    "lenet5:3x3": LENET5_3X3,
    "minivggnet": MINIVGGNET,
}


def load_table(name: str) -> Table:
    """The table of a name, a `family:variant`, or the path of a `.toml` file.

    TableError if there is none, or if the file states no possible table.

        >>> load_table("lenet5:modern").input
        (1, 32, 32)
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    if name.endswith(".toml"):
        from pathlib import Path

        from striate.tables import toml

        return toml.load(Path(name))
    raise TableError(f"unknown network {name!r} (and no .toml file); {fields.suggest(name, ARCHITECTURES)}")
