"""What two tables, recipes or other documents of plain data differ in, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """A field, by its names from the outside in, with its two values; None where one document does not have it."""

    field: str
    first: Any
    second: Any


def differences(first: Any, second: Any, field: str = "") -> Iterator[Difference]:
    """The fields of two documents whose values differ; rows, which have names, are paired by these.

    >>> one = {"rows": [{"name": "C1", "maps": 6}, {"name": "S2"}], "epochs": 20}
    >>> other = {"rows": [{"name": "C1", "maps": 8}], "epochs": 20}
    >>> for difference in differences(one, other):
    ...     print(difference.field, difference.first, difference.second)
    rows.C1.maps 6 8
    rows.S2 {'name': 'S2'} None
    """
    one, other = _parts(first), _parts(second)
    if one is None or other is None:
        if first != second:
            yield Difference(field, first, second)
        return
    for name in dict.fromkeys((*one, *other)):
        yield from differences(one.get(name), other.get(name), _join(field, name))
    orders = [name for name in one if name in other], [name for name in other if name in one]
    if isinstance(first, list) and orders[0] != orders[1]:
        yield Difference(_join(field, "order"), *orders)


def _parts(value: Any) -> dict[str, Any] | None:
    """Of what has fields: an object, rows by their names, branches by their numbers; None for anything else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return None
    if all(isinstance(part, dict) and "name" in part for part in value):
        return {part["name"]: part for part in value}
    if all(isinstance(part, list) and part and isinstance(part[0], dict) for part in value):
        return {str(number): part for number, part in enumerate(value, 1)}
    return None


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
