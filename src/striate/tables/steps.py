"""Rows in order, checked, each with its path, shapes and window.

It knows primitive rows by their `output` and `window`, and the two combinators; a new kind of row does not change it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from striate.errors import TableError
from striate.tables.rows import Add, Concat, Row
from striate.tables.window import Shape, Window, format_shape

_LONGEST_NAME, _DEEPEST = 100, 16
"""Letters of a name, and rows around a row: far above any network's, so that a path stays short."""


@dataclass(frozen=True)
class Step:
    """A checked row: its path, the shapes of its input and output, the window between them.

    `branches` holds the steps inside a combinator: a Concat's branches, or an Add's (body, shortcut).
    """

    path: str
    row: Row
    input: Shape
    output: Shape
    window: Window | None
    branches: tuple[tuple[Step, ...], ...] = ()


def plan_rows(
    rows: tuple[Row, ...], shape: Shape, prefix: str = "", *, last: Row, place: tuple[str | int, ...] = ("rows",)
) -> tuple[Step, ...]:
    """Rows that follow one another, from a shape on; `last` is the table's last row, `place` their place in the table.

    TableError names the row, the rule that it breaks and the numbers.
    """
    steps = []
    names: set[str] = set()
    for index, row in enumerate(rows):
        try:
            steps.append(_named_step(row, shape, prefix, last, names))
        except TableError as error:
            raise error.inside(*place, index) from None
        shape = steps[-1].output
    return tuple(steps)


def flatten(steps: tuple[Step, ...]) -> Iterator[Step]:
    """All steps in order, those inside a combinator before the combinator itself."""
    for step in steps:
        for branch in step.branches:
            yield from flatten(branch)
        yield step


def check_name(path: str, name: str) -> None:
    """TableError unless a row or head may have this name."""
    if not re.fullmatch(r"[^\W_]\w*", name):
        raise TableError(f"row {path!r}: a name is letters, digits and underscores, none of these in front")
    if len(name) > _LONGEST_NAME:
        raise TableError(f"row {path[:_LONGEST_NAME]}...: a name has at most {_LONGEST_NAME} letters")


def _named_step(row: Row, shape: Shape, prefix: str, last: Row, names: set[str]) -> Step:
    path = prefix + row.name
    check_name(path, row.name)
    if row.name in names:
        raise TableError(f"row {path}: two rows have this name")
    if getattr(row, "activation", None) == "softmax" and row is not last:
        raise TableError(f"row {path}: softmax belongs to the last row of the table")
    names.add(row.name)
    return _step(row, shape, path, last)


def _step(row: Row, shape: Shape, path: str, last: Row) -> Step:
    if path.count(".") > 2 * _DEEPEST:  # a branch or body adds two
        raise TableError(f"row {row.name}: is nested in more than {_DEEPEST} others")
    match row:
        case Concat(branches=branches):
            if not branches or not all(branches):
                raise TableError(f"row {path} (Concat): needs branches, each with at least one row")
            planned = tuple(
                plan_rows(rows, shape, f"{path}.branch{index + 1}.", last=last, place=("branches", index))
                for index, rows in enumerate(branches)
            )
            return Step(path, row, shape, _stacked(path, planned), None, planned)
        case Add(body=body, shortcut=shortcut):
            if not body:
                raise TableError(f"row {path} (Add): needs a body with at least one row")
            inner = (
                plan_rows(body, shape, f"{path}.body.", last=last, place=("body",)),
                plan_rows(shortcut, shape, f"{path}.shortcut.", last=last, place=("shortcut",)),
            )
            return Step(path, row, shape, _summed(path, shape, *inner), None, inner)
        case _:
            try:
                return Step(path, row, shape, row.output(shape), row.window(shape))
            except TableError as error:
                raise TableError(f"row {path} ({type(row).__name__}): {error}") from None


def _stacked(path: str, branches: tuple[tuple[Step, ...], ...]) -> Shape:
    outputs = [branch[-1].output for branch in branches]
    if len({output[1:] for output in outputs}) > 1 or any(len(output) != 3 for output in outputs):
        raise TableError(f"row {path} (Concat): branches must end in maps of one size: {_list(outputs)}")
    return sum(output[0] for output in outputs), *outputs[0][1:]


def _summed(path: str, shape: Shape, body: tuple[Step, ...], shortcut: tuple[Step, ...]) -> Shape:
    through = shortcut[-1].output if shortcut else shape
    if body[-1].output != through:
        raise TableError(
            f"row {path} (Add): body and shortcut must end in one shape: {_list([body[-1].output, through])}"
        )
    return through


def _list(shapes: list[Shape]) -> str:
    return " and ".join(map(format_shape, shapes))
