"""Blocks of maps in oblique projection: the face is one map, the depth the number of maps; units are a thin bar."""

from __future__ import annotations

from dataclasses import dataclass, replace

from striate.drawing import palette
from striate.drawing.primitives import Line, Mark, Point, Polygon, Rect
from striate.tables import Shape, Step

_FACE = 96.0  # the side of the largest map
_LEAST = 7.0
_SHEETS = 16  # up to this number, maps are drawn one by one, as LeNet-5's are
_SHEET = 2.3
_BAR = 9.0


@dataclass(frozen=True)
class Block:
    """A block: its front face by the upper left corner, its depth, and its number of maps."""

    width: float
    height: float
    depth: float
    maps: int
    x: float = 0
    y: float = 0

    @property
    def back(self) -> Point:
        """The offset of its back, to the right and upwards."""
        return self.depth * 0.78, self.depth * 0.6

    @property
    def full_width(self) -> float:
        """With its depth."""
        return self.width + self.back[0]

    @property
    def full_height(self) -> float:
        """With its depth."""
        return self.height + self.back[1]

    @property
    def top(self) -> float:
        """The upper edge of its back."""
        return self.y - self.back[1]

    def around(self, x: float, y: float) -> Block:
        """The block with the centre of its visible area at (x, y)."""
        return replace(self, x=x - self.full_width / 2, y=y + self.full_height / 2 - self.height)


def make_block(shape: Shape, largest: int) -> Block:
    """The block of a shape; `largest` is the side of the network's largest map. Sides scale with the square root.

    >>> make_block((6, 28, 28), largest=28).width, make_block((84,), largest=28).width
    (96.0, 9.0)
    """
    if len(shape) == 1:
        return Block(_BAR, min(130.0, 11 * shape[0] ** 0.29), 8.0, maps=1)
    maps, *sides = shape
    height, width = (max(_LEAST, _FACE * (side / largest) ** 0.5) for side in sides)
    return Block(width, height, _depth(maps), maps)


def _depth(maps: int) -> float:
    """The depth: few maps can be counted, and many do not hide the blocks behind them."""
    return _SHEET * (maps - 1) if maps <= _SHEETS else min(110.0, _SHEET * _SHEETS * (maps / _SHEETS) ** 0.25)


def faces(block: Block, fill: str) -> tuple[Mark, ...]:
    """The visible faces of a block: its sheets if they are few, else its front, top and side."""
    x, y, width, height = block.x, block.y, block.width, block.height
    right, up = block.back
    front = Rect(x, y, width, height, fill)
    if 1 < block.maps <= _SHEETS:
        shares = (sheet / (block.maps - 1) for sheet in range(block.maps - 1, 0, -1))
        return (*(Rect(x + right * share, y - up * share, width, height, fill, line=0.4) for share in shares), front)
    if not block.depth:
        return (front,)
    top = ((x, y), (x + right, y - up), (x + width + right, y - up), (x + width, y))
    side = ((x + width, y), (x + width + right, y - up), (x + width + right, y - up + height), (x + width, y + height))
    lighter, darker = palette.mixed(fill, "#ffffff", 0.4), palette.mixed(fill, "#000000", 0.14)
    return Polygon(top, lighter), Polygon(side, darker), front


def window(step: Step, block: Block) -> Rect | None:
    """The window of a row on its input block, to scale."""
    if step.window is None:
        return None
    (rows, columns), (_, high, wide) = step.window.kernel, step.input
    height, width = (
        min(side, max(4.0, side * cells / of))
        for side, cells, of in ((block.height, rows, high), (block.width, columns, wide))
    )
    x, y = block.x + (block.width - width) * 0.8, block.y + (block.height - height) * 0.6
    return Rect(x, y, width, height, "none")


def rays(step: Step, block: Block, target: Block, *, dashed: bool) -> tuple[Mark, ...]:
    """Lines from a window to a point of the next block, from a block to all units, or an arrow between blocks."""
    right, up = block.back
    edge = block.x + block.width + right
    if rect := window(step, block):
        point = (target.x + target.width * 0.3, target.y + target.height * 0.45)
        corners = ((rect.x + rect.width, rect.y), (rect.x + rect.width, rect.y + rect.height))
        return tuple(Line((corner, point), dashed=dashed, width=0.7) for corner in corners)
    if palette.style(step.row) == "dense":
        ends = ((edge, block.y - up), (edge, block.y - up + block.height))
        heads = ((target.x, target.y), (target.x, target.y + target.height))
        return tuple(Line(pair, dashed=dashed, width=0.7) for pair in zip(ends, heads, strict=True))
    return (Line(((edge, block.y + block.height / 2), (target.x, target.y + target.height / 2)), arrow=True),)
