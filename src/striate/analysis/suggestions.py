"""Suggested fixes: the single changes that would make an impossible table possible, found by trial.

No rule is inverted: other values of a field are tried, near and far, and the check decides whether each is possible.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import chain, count
from typing import Any, Literal, cast

from striate.errors import TableError
from striate.tables import Add, Concat, Row, Shape, Table, plan_rows, table_from_dict

Place = tuple[str | int, ...]
"""The place of a value in a table, as keys from the table down: ("rows", 7, "branches", 0, 1, "kernel")."""
Bound = Literal["most", "least"]

_ROWS_CHECKED = 60_000
"""The limit of the search in checked rows, about a second. Most trials end one or two rows after the error."""
_NEAR, _FARTHEST = 12, 4_096
"""The nearest values on either side are all tried; farther ones in steps that double, up to a limit."""
_LETTERS = 90  # of a generated name


@dataclass(frozen=True)
class Fix:
    """Another value of a field that would fit.

    `bound` is "most" if every smaller value would fit too, "least" if every larger one would. `whole` is whether the
    whole table is then possible; else only this error is fixed, and a later row breaks a rule.
    """

    place: Place
    value: Any
    bound: Bound | None
    whole: bool


def value_at(value: Any, place: Place) -> Any:
    """The value at a place.

    >>> from striate.tables import load_table
    >>> value_at(load_table("lenet5"), ("rows", 0, "kernel"))
    5
    """
    return reduce(lambda part, key: part[key] if isinstance(key, int) else getattr(part, key), place, value)


def replace_at(value: Any, place: Place, new: Any) -> Any:
    """The same table with another value at a place.

    >>> from striate.tables import load_table
    >>> replace_at(load_table("lenet5:modern"), ("rows", 0, "maps"), 8).plan().step("C1").output
    (8, 28, 28)
    """
    if not place:
        return new
    key, rest = place[0], place[1:]
    if isinstance(key, str):
        return dataclasses.replace(value, **{key: replace_at(getattr(value, key), rest, new)})
    return (*value[:key], replace_at(value[key], rest, new), *value[key + 1 :])


def places(rows: Iterable[Row], place: Place = ("rows",)) -> Iterator[Place]:
    """The place of every row, in the order of `Plan.flat`: those inside a combinator before it."""
    for index, row in enumerate(rows):
        here = (*place, index)
        match row:
            case Concat(branches=branches):
                for number, branch in enumerate(branches):
                    yield from places(branch, (*here, "branches", number))
            case Add(body=body, shortcut=shortcut):
                yield from places(body, (*here, "body"))
                yield from places(shortcut, (*here, "shortcut"))
        yield here


def suggest_fixes(table: Table) -> tuple[Fix, ...]:
    """The single changes that would make an impossible table possible or, if there are none, fix its first error.

    The search tries the fields of the row that breaks a rule (of the rows inside it, for a combinator), else those of
    the row before, else the table's settings; and the input's size. A possible table has no fixes.

        >>> from striate.tables import load_table
        >>> table = replace_at(load_table("lenet5:modern"), ("rows", 0, "kernel"), 40)
        >>> [(fit.place[-1], fit.value, fit.bound) for fit in suggest_fixes(table)]
        [('kernel', 5, 'most'), ('padding', 'same', None), ('padding', 18, 'least'), ('input', (1, 67, 67), 'least')]
    """
    try:
        table.plan()
    except TableError as error:
        search = _Search(table, error.place)
        for whole in (True, False):
            for group in search.groups():
                found = [fit for place in group for fit in search.around(place, whole=whole)]
                if found:
                    return (*found, *search.around(("input",), whole=whole))
            if found := list(search.around(("input",), whole=whole)):
                return tuple(found)
    return ()


def suggest_values(data: dict[str, Any], place: Place) -> tuple[Fix, ...]:
    """What would do in the place of a field's value that no row can have, in a table as plain data.

    >>> from striate.tables import load_table, table_to_dict
    >>> data = table_to_dict(load_table("lenet5:modern"))
    >>> data["rows"][0]["maps"] = -3
    >>> suggest_values(data, ("rows", 0, "maps"))
    (Fix(place=('rows', 0, 'maps'), value=1, bound='least', whole=True),)
    """
    *row, field = place
    fields = reduce(lambda part, key: part[key], row, cast(Any, data))
    without_field = {name: value for name, value in fields.items() if name != field}
    numbers = fields[field] if isinstance(fields[field], list) else [fields[field]]
    choices = [max(numbers), 1, 0] if numbers and all(type(number) is int for number in numbers) else []
    tables = [_put(data, tuple(row), {**fields, field: choice}) for choice in choices]
    for plain in (*tables, _put(data, tuple(row), without_field)):  # the last with the field's default
        try:
            table = table_from_dict(plain, "table")
        except TableError:
            continue
        return (Fix(place, value_at(table, place), "least" if choices else None, _is_possible(table)),)
    return ()


def _is_possible(table: Table) -> bool:
    try:
        table.plan()
    except TableError:
        return False
    return True


def _put(data: Any, place: Place, new: object) -> Any:
    """The same plain data with something else at a place."""
    if not place:
        return new
    changed = _put(data[place[0]], place[1:], new)
    if isinstance(data, dict):
        return {**data, place[0]: changed}
    return [*data[: int(place[0])], changed, *data[int(place[0]) + 1 :]]


class _Search:
    """The search for one impossible table and its first error. A trial is checked from the row before the error on."""

    def __init__(self, table: Table, place: Place) -> None:
        self.table, self.place = table, place
        self.order = {where: index for index, where in enumerate(places(table.rows))}
        self.left = _ROWS_CHECKED
        self.start = max(0, int(place[1]) - 1) if place[:1] == ("rows",) else 0
        self.first = next((index for where, index in self.order.items() if where[1] == self.start), 0)
        before = plan_rows(table.rows[: self.start], table.input, last=table.rows[-1]) if self.start else ()
        self.shape: Shape = before[-1].output if before else table.input

    def groups(self) -> Iterator[list[Place]]:
        """Groups of fields that are tried together, the most likely first."""
        if self.place and isinstance(self.place[-1], int) and isinstance(value_at(self.table, self.place), Row):
            yield self._fields(self.place)
            if self.place[-1] > 0:
                yield self._fields((*self.place[:-1], self.place[-1] - 1))
        yield list(_settings(self.table))
        yield [("preprocessing",), ("recipe",)]

    def around(self, place: Place, *, whole: bool) -> Iterator[Fix]:
        """The values of one field that fit, nearest to the present one."""
        if self.left <= 0:
            return
        value = value_at(self.table, place)
        for choice in _choices(self.table, place, value):
            if self._possible(place, choice, whole=whole):
                yield Fix(place, choice, None, whole)
        if (own := _number(place, value)) is None:
            return
        made, least = _maker(place, value, own), 0 if place[-1] == "padding" else 1

        def fit(number: int) -> bool:
            return self._possible(place, made(number), whole=whole)

        if own > least and (below := _nearest(min(own, _FARTHEST + 1), least, fit)) is not None:
            bound: Bound | None = "most" if all(map(fit, _sample(least, below))) else None
            yield Fix(place, made(below), bound, whole)
        if (above := _nearest(own, _FARTHEST, fit)) is not None:
            bound = "least" if all(map(fit, _sample(above + 1, 2 * above + 2))) else None
            yield Fix(place, made(above), bound, whole)

    def _fields(self, place: Place) -> list[Place]:
        """The fields of a row; for a combinator also those of all rows inside it."""
        rows = [
            (*place[:-1], int(place[-1]) + int(inner[0]), *inner[1:])
            for inner in places((value_at(self.table, place),), ())
        ]
        return [
            (*row, field.name)
            for row in rows
            for field in dataclasses.fields(value_at(self.table, row))
            if field.name not in ("branches", "body", "shortcut")
        ]

    def _possible(self, place: Place, value: Any, *, whole: bool) -> bool:
        """Whether the table is possible with another value at a place, or, unless `whole`, the first error is fixed."""
        if self.left <= 0:
            return False
        try:
            changed = replace_at(self.table, place, value)
        except TableError:  # no row can have this value
            self.left -= 1
            return False
        try:
            if place[0] == "rows":
                plan_rows(changed.rows[self.start :], self.shape, last=changed.rows[-1])
        except TableError as error:
            return self._gets_past(("rows", int(error.place[1]) + self.start, *error.place[2:])) and not whole
        self.left -= len(self.order)
        try:
            changed.plan()
        except TableError as error:
            return self._gets_past(error.place) and not whole
        self.left -= len(self.order)
        return True

    def _gets_past(self, place: Place) -> bool:
        """Whether a trial that failed here is past the first error: settings and heads are checked after all rows."""
        after = len(self.order)
        reached = self.order.get(place, after)
        self.left -= max(1, reached - self.first)
        return reached > self.order.get(self.place, after)


def _settings(table: Table) -> Iterator[Place]:
    """The fields of a table other than its rows, with those of its larger parts one by one."""
    yield from (("towers",), ("heads",), ("initialization",))
    yield from (("preprocessing", field.name) for field in dataclasses.fields(table.preprocessing))
    yield from (("recipe", field.name) for field in dataclasses.fields(table.recipe))


def _choices(table: Table, place: Place, value: Any) -> Iterator[Any]:
    """Values of a field that are not numbers: its default, "same" padding, an unused name."""
    if place[-1] == "name":
        yield _free_name(value, {row.name for row in value_at(table, place[:-2])})
    elif place[-1] == "padding":
        yield from () if value == "same" else ("same",)
    elif isinstance(value, bool):
        yield not value
    elif _number(place, value) is None:
        fields = dataclasses.fields(value_at(table, place[:-1]))
        default = next(field.default for field in fields if field.name == place[-1])
        yield from () if default is dataclasses.MISSING or default == value else (default,)


def _free_name(name: str, taken: set[str]) -> str:
    """A valid name similar to this one that no row beside it has."""
    letters = re.sub(r"\W", "_", name).lstrip("_")[:_LETTERS] or "row"
    numbered = (f"{letters}_{number}" for number in count(2))
    return next(free for free in chain([letters], numbered) if free not in taken)


def _number(place: Place, value: Any) -> int | None:
    """The number that the search starts from, the larger one of a pair. None if the field is not a number."""
    if place[0] not in ("rows", "heads", "input"):
        return None
    if place[-1] == "padding" and isinstance(value, str):
        return 0
    numbers = value[-2:] if isinstance(value, tuple) else (value,)
    return max(numbers) if numbers and all(type(number) is int for number in numbers) else None


def _maker(place: Place, value: Any, number: int) -> Callable[[int], Any]:
    """A function from a number to the field's value: the number itself, or the input enlarged by as many cells."""
    if place != ("input",):
        return lambda new: new
    return lambda new: (value[0], *(max(1, side + new - number) for side in value[1:]))


def _nearest(start: int, end: int, fit: Callable[[int], bool]) -> int | None:
    """The number nearest to `start` that fits, of those from there to `end`; beyond the near ones, a number that fits
    while the one before it does not."""
    way, distance = (1 if end > start else -1), abs(end - start)
    for step in range(1, min(_NEAR, distance) + 1):
        if fit(start + way * step):
            return start + way * step
    missed = _NEAR
    while missed < distance:
        step = min(2 * missed, distance)
        if fit(start + way * step):
            while step - missed > 1:
                middle = (missed + step) // 2
                missed, step = (missed, middle) if fit(start + way * middle) else (middle, step)
            return start + way * step
        missed = step
    return None


def _sample(first: int, after: int) -> Iterable[int]:
    """All numbers of a short range, a few of a long one."""
    return range(first, after) if after - first <= _NEAR else (first, (first + after) // 2, after - 1)
