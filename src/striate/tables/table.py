"""The table, a network stated as rows, and the plan, what the check of a table yields.

A table is data. `Table.plan` checks it, before anything is allocated, and gives every row its path, shapes and window;
that plan is made once and passed on to analysis, builder, drawing, export and inspection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from math import inf, prod

from striate.errors import TableError
from striate.tables import tower_rules
from striate.tables.augmentation import CROPS
from striate.tables.initialization import ByActivation, Initialization
from striate.tables.notation import table_html
from striate.tables.preprocessing import Preprocessing
from striate.tables.recipe import Recipe
from striate.tables.rows import RBF, Dense, Row
from striate.tables.schema import nearest_name
from striate.tables.steps import Step, check_name, flatten, plan_rows
from striate.tables.window import Shape, format_shape
from striate.text import is_printable, shorten

_SHOWN = 100  # letters of a table's name in an error
_LISTED = 12  # rows that an error names
_MOST_INPUTS = 3 * 4096 * 4096


@dataclass(frozen=True)
class ReferenceCounts:
    """Counts from the paper, or counted by hand; a test compares the table's with them."""

    parameters: int
    macs: int
    connections: int | None = None
    parameters_with_heads: int | None = None


@dataclass(frozen=True)
class Head:
    """An auxiliary classifier: it reads the output of the row `after` at the table's top level.

    In training its loss counts with `weight` beside the network's own; at inference it is dropped.
    Source: Szegedy et al. 2015, section 5.
    """

    name: str
    after: str
    rows: tuple[Row, ...]
    weight: float = 0.3


@dataclass(frozen=True)
class Table:
    """A network: an input shape (channels, height, width) and its rows, in order. Nothing else defines it.

    `towers` is how many towers the maps are divided into, each of which can run on its own device: rows with as
    many groups stay inside a tower, the others read both (Krizhevsky et al. 2012, figure 2).

        >>> from striate.tables import Conv, Dense, Table
        >>> tiny = Table("tiny", (1, 28, 28), (Conv("C1", maps=8, kernel=3), Dense("Out", units=10)))
        >>> [step.output for step in tiny.plan().steps]
        [(8, 26, 26), (10,)]
    """

    name: str
    input: tuple[int, int, int]
    rows: tuple[Row, ...]
    source: str = ""
    heads: tuple[Head, ...] = ()
    towers: int = 1
    initialization: Initialization = ByActivation()
    preprocessing: Preprocessing = Preprocessing()
    recipe: Recipe = Recipe()
    expected: ReferenceCounts | None = None

    @property
    def classes(self) -> int:
        """The number of classes: the units of the last row."""
        match self.rows[-1] if self.rows else None:
            case Dense(units=units):
                return units
            case RBF(prototypes=prototypes):
                return len(prototypes)
            case _:
                raise TableError(f"table {self.name}: the last row must be a Dense or an RBF to name classes")

    def with_classes(self, classes: int) -> Table:
        """The same table for another number of classes: its last Dense row, and each head's, has as many units.

        TableError if the last row is an RBF, which has a fixed prototype for each of its classes.
        """
        if classes == self.classes:
            return self
        last = self.rows[-1]
        if not isinstance(last, Dense):
            raise TableError(
                f"table {self.name}: row {last.name} has a fixed prototype for each of its {self.classes} classes,"
                f" but the data has {classes}; take a variant that ends in a Dense row"
            )
        heads = tuple(replace(head, rows=_with_units(head.rows, classes)) for head in self.heads)
        return replace(self, rows=_with_units(self.rows, classes), heads=heads, expected=None)

    def plan(self) -> Plan:
        """Check the table. TableError names the table, the row, the rule that it breaks and the numbers."""
        try:
            return _checked(self)
        except TableError as error:
            name = shorten(self.name if self.name and is_printable(self.name) else repr(self.name), _SHOWN)
            raise TableError(f"table {name}: {error}", error.place) from None

    def _repr_html_(self) -> str:
        caption = f"{self.name}: {self.source}" if self.source else self.name
        return table_html(caption, self.input, self.plan().flat)


@dataclass(frozen=True)
class HeadPlan:
    """An auxiliary head with its rows' paths and shapes."""

    head: Head
    steps: tuple[Step, ...]

    @property
    def flat(self) -> tuple[Step, ...]:
        """All of its rows, those inside a combinator before the combinator itself."""
        return tuple(flatten(self.steps))


@dataclass(frozen=True, eq=False)
class Plan:
    """A checked table: every row with its path, shapes and window, and the auxiliary heads in the table's order.

    `steps` are the rows at the top level.

        >>> from striate.tables import load_plan
        >>> plan = load_plan("googlenet")
        >>> plan.step("inception_3a.branch2.conv3x3").output, [head.steps[-1].path for head in plan.heads]
        ((128, 28, 28), ['aux1.classifier', 'aux2.classifier'])
    """

    table: Table
    steps: tuple[Step, ...]
    heads: tuple[HeadPlan, ...]

    @cached_property
    def flat(self) -> tuple[Step, ...]:
        """All rows, those inside a combinator before the combinator itself; without the heads'."""
        return tuple(flatten(self.steps))

    @property
    def flat_with_heads(self) -> tuple[Step, ...]:
        """All rows, then those of each head: what is trained."""
        return (*self.flat, *chain.from_iterable(head.flat for head in self.heads))

    @property
    def output(self) -> Shape:
        """The shape of the network's output."""
        return self.steps[-1].output

    def step(self, path: str) -> Step:
        """The row of a path, outside the heads. TableError if there is none; it names a near one, or the first few."""
        found = self._by_path.get(path)
        if found is None:
            near, known = nearest_name(path, self._by_path), ", ".join(list(self._by_path)[:_LISTED])
            hint = f"did you mean {near!r}?" if near else f"expected one of {known}"
            more = ", ..." if not near and len(self._by_path) > _LISTED else ""
            raise TableError(f"table {self.table.name}: there is no row {path!r}: {hint}{more}")
        return found

    def exchanges_towers(self, index: int) -> bool:
        """Whether the row of this index at the top level needs the other towers' maps."""
        return tower_rules.exchanges(self.table.rows, self.table.towers, index)

    def tower_share(self, index: int) -> Row:
        """One tower's share of the row of this index at the top level.

        >>> from striate.tables import load_plan
        >>> share = load_plan("alexnet").tower_share(3)
        >>> share.maps, share.groups
        (128, 1)
        """
        return tower_rules.share(self.table.rows, self.table.towers, index)

    def __deepcopy__(self, _memo: object) -> Plan:
        return self  # nothing in it changes, and each copy of a network carries it

    @cached_property
    def _by_path(self) -> dict[str, Step]:
        return {step.path: step for step in self.flat}


def _with_units(rows: tuple[Row, ...], units: int) -> tuple[Row, ...]:
    last = rows[-1]
    return (*rows[:-1], replace(last, units=units)) if isinstance(last, Dense) else rows


def _checked(table: Table) -> Plan:
    if len(table.input) != 3 or min(table.input) < 1:
        raise TableError(f"input must be (channels, height, width), each at least 1: {table.input}")
    if prod(table.input) > _MOST_INPUTS:
        raise TableError(
            f"input must have at most {_MOST_INPUTS:,} values, as 3x4096x4096: {format_shape(table.input)}"
        )
    if not table.name or not is_printable(table.name):
        raise TableError("a name is at least one printable letter")
    if not table.rows:
        raise TableError("has no rows")
    table.preprocessing.check(table.input)
    table.recipe.check(table.input)
    if table.recipe.loss != "cross_entropy" and not _end_in_rbf(table):
        raise TableError(f"recipe: the loss {table.recipe.loss} needs an RBF as the last row")
    if table.preprocessing.content and any(isinstance(part, CROPS) for part in table.recipe.augmentation):
        raise TableError("recipe: a crop fills the whole input, so it excludes preprocessing.content")
    steps = plan_rows(table.rows, table.input, last=table.rows[-1])
    plan = Plan(table, steps, tuple(_plan_heads(table.heads, steps)))
    tower_rules.check(table.rows, table.towers, heads=bool(table.heads))
    biased = {step.path for step in plan.flat_with_heads if getattr(step.row, "bias", False)}
    table.initialization.check(biased)
    return plan


def _end_in_rbf(table: Table) -> bool:
    return all(rows and isinstance(rows[-1], RBF) for rows in (table.rows, *(head.rows for head in table.heads)))


def _plan_heads(heads: tuple[Head, ...], steps: tuple[Step, ...]) -> Iterator[HeadPlan]:
    outputs = {step.row.name: step.output for step in steps}
    names = set(outputs)
    for index, head in enumerate(heads):
        try:
            yield _plan_head(head, names, outputs, steps[-1].output)
        except TableError as error:
            raise error.inside("heads", index) from None


def _plan_head(head: Head, names: set[str], outputs: dict[str, Shape], end: Shape) -> HeadPlan:
    if head.name in names:
        raise TableError(f"head {head.name}: a row or another head has this name")
    if head.after not in outputs:
        raise TableError(f"head {head.name}: there is no row {head.after} at the table's top level")
    if not 0 < head.weight < inf or not head.rows:
        raise TableError(f"head {head.name}: needs rows, and a weight above 0: {head.weight}")
    names.add(head.name)
    check_name(head.name, head.name)
    steps = plan_rows(head.rows, outputs[head.after], f"{head.name}.", last=head.rows[-1])
    if steps[-1].output != end:
        shapes = f"{format_shape(steps[-1].output)} and {format_shape(end)}"
        raise TableError(f"head {head.name}: must end as the table does: {shapes}")
    return HeadPlan(head, steps)
