"""The networks by name, and the plan of a name, a table or a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from striate.errors import TableError
from striate.paths import expand
from striate.tables.schema import nearest_name
from striate.tables.table import Plan, Table
from striate.tables.toml import load_toml


class _Tables(Mapping[str, Table]):
    """Tables by their names; a family's file is imported when one of its tables is first used."""

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
        "lenet5": (
            *("lenet5", "lenet5:distorted", "lenet5:notes", "lenet5:modern", "lenet5:colour", "lenet5:3x3"),
            "lenet5:tiny",
        ),
        "alexnet": ("alexnet", "alexnet:notes", "alexnet:torchvision", "alexnet:tiny", "alexnet:small"),
        "googlenet": ("googlenet", "googlenet:torchvision", "googlenet:direct", "googlenet:tiny", "googlenet:small"),
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
    return _shipped(name) or load_plan(name).table


def load_plan(name: str) -> Plan:
    """The plan of a name, a `family:variant`, or the path of a `.toml` file. TableError as `load_table`.

    >>> load_plan("lenet5").step("S2").output
    (6, 14, 14)
    """
    if (table := _shipped(name)) is not None:
        return table.plan()
    name = expand(name, TableError)
    if name.lower().endswith(".toml"):
        return load_toml(Path(name))
    near = nearest_name(name, [*ARCHITECTURES, *EXAMPLES])
    hint = f"did you mean {near!r}?" if near else "`striate list` names them all"
    raise TableError(f"unknown network {name!r} (and no .toml file); {hint}")


def as_plan(network: Plan | Table | str) -> Plan:
    """The plan of a name, as `load_plan`, or of a table; a plan itself. TableError if the table is impossible."""
    if isinstance(network, Plan):
        return network
    return network.plan() if isinstance(network, Table) else load_plan(network)


def _shipped(name: str) -> Table | None:
    return next((tables[name] for tables in (ARCHITECTURES, EXAMPLES) if name in tables), None)
