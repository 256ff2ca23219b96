"""What every row of a table is: a name, a shape rule, and for some a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from striate.tables.schema import TaggedUnion
from striate.tables.window import Shape, Window

Activation = Literal["relu", "tanh", "scaled_tanh", "softmax"]


@dataclass(frozen=True)
class NamedRow(TaggedUnion):
    """Base of all rows."""

    name: str

    def output(self, shape: Shape) -> Shape:
        """Shape out for a shape in; TableError names the rule that the row breaks."""
        return shape

    def window(self, shape: Shape) -> Window | None:  # noqa: ARG002
        """The window that slides over an input of this shape, if one does."""
        return None
