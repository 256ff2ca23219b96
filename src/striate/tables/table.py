"""The table and its walk: every row with its shapes, validated, in order, before anything is allocated.

The walk is the spine of Striate. Analysis sums over it, the builder turns it into modules, the page draws it.
It knows primitive rows by their `output` and `window`, and the two combinators; a new kind of row does not
change it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from striate.errors import TableError
from striate.tables.preprocessing import Preprocessing
from striate.tables.recipe import Recipe
from striate.tables.rows import RBF, Add, Concat, Dense, Row
from striate.tables.window import Shape, Window, by

Initialization = Literal["by_activation", "lenet"]


@dataclass(frozen=True)
class Expected:
    """What the paper, or a count by hand, says that a table amounts to; a test holds the table to it."""

    parameters: int
    macs: int
    connections: int | None = None


@dataclass(frozen=True)
class Table:
    """A network: an input shape (channels, height, width) and its rows, in order. Nothing else defines it.

    `initialization` is "by_activation" (He et al. 2015 before a ReLU, LeCun 1998 elsewhere) or "lenet" (LeCun et
    al. 1998: uniform within 2.4 / fan-in).

        >>> from striate.tables import Conv, Dense, Table, walk
        >>> tiny = Table("tiny", (1, 28, 28), (Conv("C1", maps=8, kernel=3), Dense("Out", units=10)))
        >>> [step.output for step in walk(tiny)]
        [(8, 26, 26), (10,)]
    """

    name: str
    input: tuple[int, int, int]
    rows: tuple[Row, ...]
    source: str = ""
    initialization: Initialization = "by_activation"
    preprocessing: Preprocessing = Preprocessing()
    recipe: Recipe = Recipe()
    expected: Expected | None = None

    @property
    def classes(self) -> int:
        """How many classes the last row tells apart."""
        match self.rows[-1] if self.rows else None:
            case Dense(units=units):
                return units
            case RBF(prototypes=prototypes):
                return len(prototypes)
            case _:
                raise TableError(f"table {self.name}: the last row must be a Dense or an RBF to name classes")

    def with_classes(self, classes: int) -> Table:
        """The same table for another number of classes: its last Dense row has as many units.

        TableError if the last row is an RBF, whose prototypes are drawn for its own classes.
        """
        if classes == self.classes:
            return self
        last = self.rows[-1]
        if not isinstance(last, Dense):
            raise TableError(
                f"table {self.name}: row {last.name} has a fixed prototype for each of its {self.classes} classes,"
                f" but the data has {classes}; take a variant that ends in a Dense row"
            )
        return replace(self, rows=(*self.rows[:-1], replace(last, units=classes)), expected=None)

    def _repr_html_(self) -> str:
        from striate.tables.notes_view import html

        return html(self)


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
        table.recipe.check()
        if table.recipe.loss != "cross_entropy" and not isinstance(table.rows[-1], RBF):
            raise TableError(f"recipe: the loss {table.recipe.loss} needs an RBF as the last row")
        return _walk_rows(table.rows, table.input, "", last=table.rows[-1])
    except TableError as error:
        raise TableError(f"table {table.name}: {error}") from None


def every_step(steps: tuple[Step, ...]) -> Iterator[Step]:
    """All steps in order, those inside a combinator before the combinator itself."""
    for step in steps:
        for branch in step.branches:
            yield from every_step(branch)
        yield step


def _walk_rows(rows: tuple[Row, ...], shape: Shape, prefix: str, last: Row) -> tuple[Step, ...]:
    steps = []
    names: set[str] = set()
    for row in rows:
        path = prefix + row.name
        if not re.fullmatch(r"[^\W_]\w*", row.name):
            raise TableError(f"row {path!r}: a name is letters, digits and underscores, none of these in front")
        if row.name in names:
            raise TableError(f"row {path}: two rows have this name")
        if getattr(row, "activation", None) == "softmax" and row is not last:
            raise TableError(f"row {path}: softmax belongs to the last row of the table")
        names.add(row.name)
        steps.append(_step(row, shape, path, last))
        shape = steps[-1].output
    return tuple(steps)


def _step(row: Row, shape: Shape, path: str, last: Row) -> Step:
    match row:
        case Concat(branches=branches):
            if not branches or not all(branches):
                raise TableError(f"row {path} (Concat): needs branches, each with at least one row")
            walked = tuple(
                _walk_rows(rows, shape, f"{path}.branch{number}.", last) for number, rows in enumerate(branches, 1)
            )
            return Step(path, row, shape, _stacked(path, walked), None, walked)
        case Add(body=body, shortcut=shortcut):
            if not body:
                raise TableError(f"row {path} (Add): needs a body with at least one row")
            inner = (
                _walk_rows(body, shape, f"{path}.body.", last),
                _walk_rows(shortcut, shape, f"{path}.shortcut.", last),
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
    return " and ".join(map(by, shapes))
