"""The table language and the networks written in it. Nothing here, or below it, imports torch or NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from striate.errors import TableError
from striate.tables import schema
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
from striate.tables.steps import Step, flatten, walk, walk_heads
from striate.tables.table import Head, ReferenceCounts, Table
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
    "Head",
    "Identity",
    "MaxPool",
    "Preprocessing",
    "Recipe",
    "ReferenceCounts",
    "Row",
    "Shape",
    "Step",
    "Subsample",
    "Table",
    "Window",
    "flatten",
    "load_table",
    "walk",
    "walk_heads",
]


class _Tables(Mapping[str, Table]):
    """Tables by their names; a family's file is imported when one of its tables is asked for."""

    def __init__(self, families: dict[str, tuple[str, ...]]) -> None:
        self.families = families
        self._family = {name: family for family, names in families.items() for name in names}

    def __getitem__(self, name: str) -> Table:
        tables: tuple[Table, ...] = import_module(f"striate.tables.{self._family[name]}").TABLES
        return next(table for table in tables if table.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._family)

    def __len__(self) -> int:
        return len(self._family)


ARCHITECTURES = _Tables(
    {
        "lenet5": ("lenet5", "lenet5:distorted", "lenet5:notes", "lenet5:modern", "lenet5:3x3", "lenet5:tiny"),
        "alexnet": ("alexnet", "alexnet:notes", "alexnet:torchvision", "alexnet:tiny"),
        "googlenet": ("googlenet", "googlenet:torchvision", "googlenet:direct", "googlenet:tiny"),
        "resnet": (
            *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet34:A", "resnet34:C"),
            *("plain18", "plain34"),
            *(f"resnet{depth}:torchvision" for depth in (18, 34, 50, 101, 152)),
            *("resnet20", "resnet32", "resnet44", "resnet56", "resnet110"),
            *("plain20", "plain32", "plain44", "plain56"),
            *("resnet20:B", "resnet20:C"),
            *("resnet18:tiny", "resnet50:tiny"),
        ),
        "minivggnet": ("minivggnet", "minivggnet:tiny"),
    }
)
"""Every network and its variants, by family."""

EXAMPLES = _Tables({"notes": ("notes:5x5", "notes:two-3x3", "notes:direct", "notes:bottleneck", "notes:9-5-3-1")})
"""Pieces of networks that the notes work out: to analyse and compare, not to train."""


def load_table(name: str) -> Table:
    """The table of a name, a `family:variant`, or the path of a `.toml` file.

    TableError if there is none, or if the file states no possible table.

        >>> load_table("lenet5:modern").input
        (1, 32, 32)
    """
    for tables in (ARCHITECTURES, EXAMPLES):
        if name in tables:
            return tables[name]
    if name.endswith(".toml"):
        from pathlib import Path

        from striate.tables import toml

        return toml.load_toml(Path(name))
    near = schema.nearest(name, [*ARCHITECTURES, *EXAMPLES])
    hint = f"did you mean {near!r}?" if near else "`striate list` names them all"
    raise TableError(f"unknown network {name!r} (and no .toml file); {hint}")
