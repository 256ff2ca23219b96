"""The walk over a table: every row with its shapes, validated, in order, before anything is allocated.

The walk is the spine of Striate. Analysis sums over it, the builder turns it into modules, the page draws it.
It knows primitive rows by their `output` and `window`, and the two combinators; a new kind of row does not
change it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from striate.errors import TableError
from striate.tables import towers
from striate.tables.augmentation import CROPS
from striate.tables.rows import RBF, Add, Concat, Row
from striate.tables.table import Head, Table
from striate.tables.window import Shape, Window, format_shape

_LONGEST_NAME, _DEEPEST = 100, 16
"""Letters of a name, and rows around a row: far above any network's, so that a path stays short."""


@dataclass(frozen=True)
class Step:
    """One row on the walk: where it stands, what comes in, what goes out, the window between them.

    `branches` holds the steps inside a combinator: a Concat's branches, or an Add's (body, shortcut).
    """

    path: str
    row: Row
    input: Shape
    output: Shape
    window: Window | None
    branches: tuple[tuple[Step, ...], ...] = ()


def walk(table: Table) -> tuple[Step, ...]:
    """Every row with its shapes; TableError names the table, the row, the rule and the numbers."""
    if len(table.input) != 3 or min(table.input) < 1:
        raise TableError(f"table {table.name}: input must be (channels, height, width), each at least 1: {table.input}")
    if not table.name or not table.name.isprintable():
        raise TableError(f"table {table.name!r}: a name is at least one printable letter")
    if not table.rows:
        raise TableError(f"table {table.name}: has no rows")
    try:
        table.preprocessing.check(table.input)
        table.recipe.check(table.input)
        if table.recipe.loss != "cross_entropy" and not _end_in_rbf(table):
            raise TableError(f"recipe: the loss {table.recipe.loss} needs an RBF as the last row")
        if table.preprocessing.content and any(isinstance(part, CROPS) for part in table.recipe.augmentation):
            raise TableError("recipe: a crop fills the whole input, so it excludes preprocessing.content")
        steps = walk_rows(table.rows, table.input, last=table.rows[-1])
        heads = _walk_heads(table, steps)
        towers.check_towers(table)
        table.initialization.check(set(_biased((steps, *heads))))
    except TableError as error:
        raise TableError(f"table {table.name}: {error}", error.place) from None
    return steps


def walk_rows(
    rows: tuple[Row, ...], shape: Shape, prefix: str = "", *, last: Row, place: tuple[str | int, ...] = ("rows",)
) -> tuple[Step, ...]:
    """Rows that follow one another, from a shape on; `last` is the table's last row, `place` where they stand in it.

    TableError as from `walk`, without the table's name.
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


def walk_heads(table: Table) -> tuple[tuple[Step, ...], ...]:
    """The steps of each auxiliary head, in the order of `table.heads`; TableError as from `walk`.

    >>> from striate.tables import load_table
    >>> [head[-1].path for head in walk_heads(load_table("googlenet"))]
    ['aux1.classifier', 'aux2.classifier']
    """
    return _walk_heads(table, walk(table)) if table.heads else ()


def flatten(steps: tuple[Step, ...]) -> Iterator[Step]:
    """All steps in order, those inside a combinator before the combinator itself."""
    for step in steps:
        for branch in step.branches:
            yield from flatten(branch)
        yield step


def _end_in_rbf(table: Table) -> bool:
    return all(rows and isinstance(rows[-1], RBF) for rows in (table.rows, *(head.rows for head in table.heads)))


def _biased(walks: tuple[tuple[Step, ...], ...]) -> Iterator[str]:
    """The paths of the rows that have a bias."""
    for steps in walks:
        yield from (step.path for step in flatten(steps) if getattr(step.row, "bias", False))


def _walk_heads(table: Table, steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], ...]:
    outputs = {step.row.name: step.output for step in steps}
    names = set(outputs)
    walked = []
    for index, head in enumerate(table.heads):
        try:
            walked.append(_walk_head(head, names, outputs, steps[-1].output))
        except TableError as error:
            raise error.inside("heads", index) from None
    return tuple(walked)


def _walk_head(head: Head, names: set[str], outputs: dict[str, Shape], end: Shape) -> tuple[Step, ...]:
    if head.name in names:
        raise TableError(f"head {head.name}: a row or another head has this name")
    if head.after not in outputs:
        raise TableError(f"head {head.name}: there is no row {head.after} at the table's top level")
    if not 0 < head.weight < inf or not head.rows:
        raise TableError(f"head {head.name}: needs rows, and a weight above 0: {head.weight}")
    names.add(head.name)
    _check_name(head.name, head.name)
    walked = walk_rows(head.rows, outputs[head.after], f"{head.name}.", last=head.rows[-1])
    if walked[-1].output != end:
        raise TableError(f"head {head.name}: must end as the table does: {_list([walked[-1].output, end])}")
    return walked


def _check_name(path: str, name: str) -> None:
    if not re.fullmatch(r"[^\W_]\w*", name):
        raise TableError(f"row {path!r}: a name is letters, digits and underscores, none of these in front")
    if len(name) > _LONGEST_NAME:
        raise TableError(f"row {path[:_LONGEST_NAME]}...: a name has at most {_LONGEST_NAME} letters")


def _named_step(row: Row, shape: Shape, prefix: str, last: Row, names: set[str]) -> Step:
    path = prefix + row.name
    _check_name(path, row.name)
    if row.name in names:
        raise TableError(f"row {path}: two rows have this name")
    if getattr(row, "activation", None) == "softmax" and row is not last:
        raise TableError(f"row {path}: softmax belongs to the last row of the table")
    names.add(row.name)
    return _step(row, shape, path, last)


def _step(row: Row, shape: Shape, path: str, last: Row) -> Step:
    if path.count(".") > 2 * _DEEPEST:  # a branch or body adds two
        raise TableError(f"row {row.name}: stands inside more than {_DEEPEST} others")
    match row:
        case Concat(branches=branches):
            if not branches or not all(branches):
                raise TableError(f"row {path} (Concat): needs branches, each with at least one row")
            walked = tuple(
                walk_rows(rows, shape, f"{path}.branch{index + 1}.", last=last, place=("branches", index))
                for index, rows in enumerate(branches)
            )
            return Step(path, row, shape, _stacked(path, walked), None, walked)
        case Add(body=body, shortcut=shortcut):
            if not body:
                raise TableError(f"row {path} (Add): needs a body with at least one row")
            inner = (
                walk_rows(body, shape, f"{path}.body.", last=last, place=("body",)),
                walk_rows(shortcut, shape, f"{path}.shortcut.", last=last, place=("shortcut",)),
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
