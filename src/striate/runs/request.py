"""The request for a training: which table, on which data, how long; checked before a process is started."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

from striate.analysis import BYTES_PER_VALUE, total_cost, training_memory
from striate.errors import RequestError
from striate.nn import check_parts
from striate.paths import user_path
from striate.runs.datasets import DatasetCatalog
from striate.runs.run_files import read_json
from striate.runtime import write_atomically
from striate.tables import ARCHITECTURES, Plan, Recipe, Table, plan_from_dict, table_to_dict

_MOST_MEMORY = 2_000_000_000
"""Bytes that a training step may need, by `analysis.training_memory`."""
RECIPE_BOUNDS: Mapping[str, tuple[float, float]] = {
    "epochs": (1, 1000),
    "batch_size": (1, 4096),
    "learning_rate": (1e-9, 100.0),
    "seed": (0, 2**31 - 1),
}
"""The fields of a recipe that a request may set, each with the least and the largest number."""
RECIPE_FIELDS = tuple(RECIPE_BOUNDS)
"""Their names."""
_MOST_SNAPSHOTS, _MOST_REPLAY = 64, 1_000_000_000
"""Snapshots that a run from the page may keep, and the bytes of all of them."""


@dataclass(frozen=True)
class TrainRequest:
    """A training: the table with its recipe, the data by the name that is shown and by what `train` takes, and how many
    snapshots the run keeps."""

    table: Table
    data: str
    source: str
    data_dir: str | None
    replay: int = 0


def parse_train_request(document: Any, datasets: DatasetCatalog) -> TrainRequest:
    """The request in a JSON document: `table` (a name, or a table as data), `data`, and any of `RECIPE_FIELDS` and
    `replay`.

    Raises:
        RequestError: a field that cannot be used, or a training that needs too much memory or disk.
        TableError: a table that no network can be built from.
    """
    if not isinstance(document, dict) or set(document) - {"table", "data", "replay", *RECIPE_FIELDS}:
        raise RequestError(f"expected an object of table, data, {', '.join(RECIPE_FIELDS)}, replay")
    sources = datasets.sources()
    data = document.get("data")
    if not isinstance(data, str) or data not in sources:
        raise RequestError(f"data: expected one of {', '.join(sources)}")
    plan = _plan(document.get("table"))
    table = replace(plan.table, recipe=_recipe(plan.table.recipe, document))
    table.recipe.check(table.input)
    _check_memory(plan, table.recipe.batch_size)
    data_dir = None if datasets.data_dir is None else str(user_path(datasets.data_dir).absolute())
    return TrainRequest(table, data, sources[data], data_dir, _snapshots(document.get("replay", 0), plan))


def write_train_request(path: Path, request: TrainRequest) -> None:
    """Write the file that `read_train_request` reads."""
    document = {**vars(request), "table": table_to_dict(request.table, defaults=True)}
    write_atomically(path, json.dumps(document).encode())


def read_train_request(path: Path) -> TrainRequest:
    """The request in a file. OSError, ValueError, KeyError or TableError if the file is damaged."""
    document = read_json(path)
    table = plan_from_dict(document["table"], "table").table
    return TrainRequest(table, document["data"], document["source"], document["data_dir"], document.get("replay", 0))


def _plan(value: Any) -> Plan:
    """The plan of a table that ships, by its name, or of one that is given as data."""
    if isinstance(value, str):
        if value not in ARCHITECTURES:
            raise RequestError("table: no table of that name")
        return ARCHITECTURES[value].plan()
    check_parts(value)
    return plan_from_dict(value, "table")


def _recipe(recipe: Recipe, document: Mapping[str, Any]) -> Recipe:
    """The table's recipe with the fields that the request sets."""
    changes: dict[str, Any] = {}
    for name, (least, most) in RECIPE_BOUNDS.items():
        value = document.get(name)
        if value is None:
            continue
        is_number = isinstance(value, int if is_whole(name) else (int, float)) and not isinstance(value, bool)
        if not (is_number and least <= value <= most):
            raise RequestError(f"{name}: {expected_number(name)}")
        changes[name] = value
    return replace(recipe, **changes)


def is_whole(name: str) -> bool:
    """Whether a field of `RECIPE_BOUNDS` is a whole number.

    >>> is_whole("epochs"), is_whole("learning_rate")
    (True, False)
    """
    return isinstance(RECIPE_BOUNDS[name][1], int)


def expected_number(name: str) -> str:
    """What is expected of a field of `RECIPE_BOUNDS`.

    >>> expected_number("epochs")
    'expected a whole number from 1 to 1,000'
    """
    least, most = RECIPE_BOUNDS[name]
    return f"expected {'a whole number' if is_whole(name) else 'a number'} from {least:g} to {most:,}"


def _snapshots(value: Any, plan: Plan) -> int:
    """How many snapshots to keep. RequestError if that is no such number, or if they would be too large."""
    if isinstance(value, bool) or not isinstance(value, int) or value == 1 or not 0 <= value <= _MOST_SNAPSHOTS:
        raise RequestError(f"replay: expected a whole number from 2 to {_MOST_SNAPSHOTS}, or 0 for no snapshots")
    if (needed := value * total_cost(plan).parameters * BYTES_PER_VALUE) > _MOST_REPLAY:
        raise RequestError(
            f"table {plan.table.name}: {value} snapshots need {needed / 1e9:,.1f} GB; from the page"
            f" {_MOST_REPLAY / 1e9:g} GB are the most: choose fewer, or use `striate train --replay`"
        )
    return value


def _check_memory(plan: Plan, batch_size: int) -> None:
    """RequestError if a step of the training would need more memory than one from the page may."""
    table = plan.table
    needed = training_memory(plan, batch_size)
    if (figure := table.preprocessing.figure) is not None:
        needed += BYTES_PER_VALUE * batch_size * prod((table.input[0], figure[1], figure[1]))
    if needed > _MOST_MEMORY:
        raise RequestError(
            f"table {table.name}: a step with {batch_size:,} images needs {needed / 1e9:,.1f} GB; from the page"
            f" {_MOST_MEMORY / 1e9:g} GB are the most: choose smaller batches, or use `striate train`"
        )
