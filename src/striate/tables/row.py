"""What every row of a table is: a name, numbers that are possible, a shape rule, and for some a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from striate.errors import TableError
from striate.tables.schema import TaggedUnion
from striate.tables.window import Shape, Window

Activation = Literal["relu", "tanh", "scaled_tanh", "softmax"]


@dataclass(frozen=True)
class NamedRow(TaggedUnion):
    """Base of all rows."""

    name: str

    def __post_init__(self) -> None:
        try:
            self.check()
        except TableError as error:
            raise TableError(f"row {self.name} ({type(self).__name__}): {error}", error.place) from None

    def check(self) -> None:
        """TableError, with the field as its place, if a number is impossible whatever the input is."""

    def output(self, shape: Shape) -> Shape:
        """Shape out for a shape in; TableError names the rule that the row breaks."""
        return shape

    def window(self, shape: Shape) -> Window | None:  # noqa: ARG002
        """The window that slides over an input of this shape, if one does."""
        return None
