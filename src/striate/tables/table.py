"""The table: a network stated as rows, with what belongs to them. It is data; `walk` checks it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from striate.errors import TableError
from striate.tables.initialization import ByActivation, Initialization
from striate.tables.preprocessing import Preprocessing
from striate.tables.recipe import Recipe
from striate.tables.rows import RBF, Dense, Row


@dataclass(frozen=True)
class ReferenceCounts:
    """What the paper, or a count by hand, says that a table amounts to; a test holds the table to it."""

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

    `towers` says that the maps lie in as many towers, each of which can run on a device of its own: rows with as
    many groups stay inside a tower, the others see both (Krizhevsky et al. 2012, figure 2).

        >>> from striate.tables import Conv, Dense, Table, walk
        >>> tiny = Table("tiny", (1, 28, 28), (Conv("C1", maps=8, kernel=3), Dense("Out", units=10)))
        >>> [step.output for step in walk(tiny)]
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
        """How many classes the last row tells apart."""
        match self.rows[-1] if self.rows else None:
            case Dense(units=units):
                return units
            case RBF(prototypes=prototypes):
                return len(prototypes)
            case _:
                raise TableError(f"table {self.name}: the last row must be a Dense or an RBF to name classes")

    def with_classes(self, classes: int) -> Table:
        """The same table for another number of classes: its last Dense row, and each head's, has as many units.

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
        heads = tuple(replace(head, rows=_with_units(head.rows, classes)) for head in self.heads)
        return replace(self, rows=_with_units(self.rows, classes), heads=heads, expected=None)

    def _repr_html_(self) -> str:
        from striate.tables.notation import table_html

        return table_html(self)


def _with_units(rows: tuple[Row, ...], units: int) -> tuple[Row, ...]:
    last = rows[-1]
    return (*rows[:-1], replace(last, units=units)) if isinstance(last, Dense) else rows
