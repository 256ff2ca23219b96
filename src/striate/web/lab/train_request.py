"""What the page may order to be trained: which table, on which data, how long; checked before a process begins."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

from striate.analysis import BYTES_PER_VALUE, training_memory
from striate.data import NAMED, is_available
from striate.errors import DataError
from striate.nn import check_parts
from striate.runtime import write_atomically
from striate.tables import ARCHITECTURES, Recipe, Table, plan_from_dict, table_to_dict
from striate.web.errors import HTTPError
from striate.web.lab.run_files import read_json
from striate.web.lab.settings import LabSettings

_MEMORY = 2_000_000_000
"""Bytes that a training step may need, by `analysis.memory`."""
_MOST = {"epochs": 1000, "batch_size": 4096, "learning_rate": 100.0, "seed": 2**31 - 1}
_LEAST = {"epochs": 1, "batch_size": 1, "learning_rate": 1e-9, "seed": 0}
CHOICES = tuple(_MOST)
"""Of a recipe, what the page lets people choose."""


@dataclass(frozen=True)
class TrainRequest:
    """A training: the table with its recipe, the data by the name that is shown and by what `train` takes."""

    table: Table
    data: str
    source: str
    data_dir: str | None


def offered_datasets(own: LabSettings) -> dict[str, str]:
    """What may be trained on: its name, and what `train` takes. Of the named sets those that are on this machine."""
    place = None if own.data_dir is None else Path(own.data_dir)
    found: dict[str, str] = {}
    for name in NAMED:
        with contextlib.suppress(DataError):  # there is no such folder
            found |= {name: name} if is_available(name, place) else {}
    return {**found, **own.data}


def parse_train_request(document: Any, own: LabSettings) -> TrainRequest:
    """The order in a request's body. Refusal 422 or a StriateError says what cannot be."""
    if not isinstance(document, dict) or set(document) - {"table", "data", *CHOICES}:
        raise HTTPError(422, f"expected an object of table, data, {', '.join(CHOICES)}")
    offered = offered_datasets(own)
    data = document.get("data")
    if not isinstance(data, str) or data not in offered:
        raise HTTPError(422, f"data: expected one of {', '.join(offered)}")
    table = _table(document.get("table"))
    table = replace(table, recipe=_recipe(table.recipe, document))
    table.recipe.check(table.input)
    _check_memory(table)
    data_dir = None if own.data_dir is None else str(Path(own.data_dir).expanduser().absolute())
    return TrainRequest(table, data, offered[data], data_dir)


def write_train_request(path: Path, order: TrainRequest) -> None:
    """Write down what `read_train_request` reads."""
    plain = {**vars(order), "table": table_to_dict(order.table, defaults=True)}
    write_atomically(path, json.dumps(plain).encode())


def read_train_request(path: Path) -> TrainRequest:
    """What was ordered."""
    told = read_json(path)
    return TrainRequest(plan_from_dict(told["table"], "table").table, told["data"], told["source"], told["data_dir"])


def _table(told: Any) -> Table:
    if isinstance(told, str):
        if told not in ARCHITECTURES:
            raise HTTPError(422, "table: there is none of that name")
        return ARCHITECTURES[told]
    check_parts(told)
    return plan_from_dict(told, "table").table


def _recipe(recipe: Recipe, document: Mapping[str, Any]) -> Recipe:
    """The table's recipe with what is chosen."""
    chosen: dict[str, Any] = {}
    for name in CHOICES:
        value = document.get(name)
        if value is None:
            continue
        kind = "a number" if name == "learning_rate" else "a whole number"
        fits = isinstance(value, int if name != "learning_rate" else (int, float)) and not isinstance(value, bool)
        if not (fits and _LEAST[name] <= value <= _MOST[name]):
            raise HTTPError(422, f"{name}: expected {kind} from {_LEAST[name]:g} to {_MOST[name]:,}")
        chosen[name] = value
    return replace(recipe, **chosen)


def _check_memory(table: Table) -> None:
    """Refusal 422 if a step of the training would need more memory than a page should take."""
    batch_size, figure = table.recipe.batch_size, table.preprocessing.figure
    needed = training_memory(table.plan(), batch_size)
    if figure is not None:
        needed += BYTES_PER_VALUE * batch_size * prod((table.input[0], figure[1], figure[1]))
    if needed > _MEMORY:
        raise HTTPError(
            422,
            f"table {table.name}: a step with {batch_size:,} images needs {needed / 1e9:,.1f} GB; from the page"
            f" {_MEMORY / 1e9:g} GB are the most: choose smaller batches, or use `striate train`",
        )
