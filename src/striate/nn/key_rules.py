"""Weights under the names of another implementation: each of our keys mapped to theirs by rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from striate.errors import ModelError
from striate.tables import Table

Rules = tuple[tuple[str, Callable[[re.Match[str]], str]], ...]
"""From our keys to theirs: the first pattern that matches a whole key gives its name there. Batch normalization is a
module inside our row (`bn1.norm.weight`), which other implementations' names do not show."""

_COUNTER = ".num_batches_tracked"  # of batch normalization: old files lack it, and nothing depends on it


def rename(keys: Iterable[str], rules: Rules) -> dict[str, str]:
    """Their key for each of ours. ModelError if no rule matches one.

    >>> rename(["bn1.norm.bias"], ((r"(\\w+)\\.norm\\.(\\w+)", lambda key: f"{key[1]}.{key[2]}"),))
    {'bn1.norm.bias': 'bn1.bias'}
    """
    return {key: _renamed(key, rules) for key in keys}


def _renamed(key: str, rules: Rules) -> str:
    for pattern, name in rules:
        if match := re.fullmatch(pattern, key):
            return name(match)
    raise ModelError(f"no rule for the key {key}")


def map_state(
    table: Table, names: Mapping[str, str], theirs: Mapping[str, Tensor], expected: Mapping[str, Tensor], *, source: str
) -> dict[str, Tensor]:
    """Their state under our keys, those of `expected`, whose shapes it must have; `names` has their key for each.

    ModelError if a tensor is missing, left over, or of another shape; `source` is what it calls them.
    """
    if extra := set(theirs) - {names[key] for key in expected}:
        raise ModelError(f"{table.name}: {source}'s weights hold {min(extra)}, which the table has no row for")
    state = {}
    for ours, own in expected.items():
        name = names[ours]
        tensor = theirs.get(name, own if name.endswith(_COUNTER) else None)
        if tensor is None or tensor.shape != own.shape:
            found = "no such tensor" if tensor is None else f"the shape {list(tensor.shape)}"
            raise ModelError(f"{table.name}: {ours} is {list(own.shape)}; {source} has {found}: {name}")
        state[ours] = tensor
    return state


def class_rows(table: Table, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Of a network's state the tensors of the rows that name classes: the last one, and that of each auxiliary head."""
    rows = {table.rows[-1].name, *(f"{head.name}.{head.rows[-1].name}" for head in table.heads)}
    return {key: tensor for key, tensor in state.items() if key.rpartition(".")[0] in rows}
