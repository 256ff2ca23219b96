"""The primitives of a drawing: rectangles, polygons, circles, lines and texts, in groups with an offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INK = "#222222"
GREY = "#5a5a5a"

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Rect:
    """A rectangle by its upper left corner; `radius` rounds its corners, `line` is the width of its outline."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    radius: float = 0
    line: float = 0.8


@dataclass(frozen=True)
class Polygon:
    """A closed outline."""

    points: tuple[Point, ...]
    fill: str


@dataclass(frozen=True)
class Circle:
    """A circle around a point."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Line:
    """A line through points, its corners rounded by `radius`; with `arrow`, it ends in a head."""

    points: tuple[Point, ...]
    arrow: bool = False
    dashed: bool = False
    radius: float = 0
    width: float = 1


@dataclass(frozen=True)
class Text:
    """A line of text; y is its baseline. A `halo` separates it from lines behind it."""

    x: float
    y: float
    text: str
    size: float
    anchor: Anchor = "middle"
    bold: bool = False
    colour: str = INK
    halo: bool = False


@dataclass(frozen=True)
class Group:
    """Marks at an offset, with optional attributes and a tooltip."""

    marks: tuple[Mark, ...]
    x: float = 0
    y: float = 0
    attributes: tuple[tuple[str, str], ...] = ()
    title: str = ""


Mark = Rect | Polygon | Circle | Line | Text | Group


@dataclass(frozen=True)
class Figure:
    """Marks around a vertical axis: x from -left to right, y from 0 (the top) to height.

    A figure that `forks` begins with a fork of lines: the line that leads to it has no arrowhead.
    """

    left: float
    right: float
    height: float
    marks: tuple[Mark, ...]
    forks: bool = False

    @property
    def width(self) -> float:
        """The width of all marks."""
        return self.left + self.right

    def at(self, x: float, y: float) -> Group:
        """The figure with its axis at x and its top at y."""
        return Group(self.marks, x, y)


def row(path: str, title: str, *marks: Mark, tower: int | None = None) -> Group:
    """The marks of one row of the table, with its path as `data-path`."""
    stream = () if tower is None else (("data-tower", str(tower)),)
    return Group(marks, attributes=(("data-path", path), *stream), title=title)
