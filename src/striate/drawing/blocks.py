"""A chain as blocks of maps from left to right, an arrow and an operation between them; towers above one another.

The window of a row is drawn on its input block, and rays lead from it to one point of its output block, as in figure 2
of LeCun et al. 1998 and figure 2 of Krizhevsky et al. 2012.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from striate.drawing import labels, palette
from striate.drawing.isometric import Block, faces, make_block, rays, window
from striate.drawing.primitives import GREY, INK, Figure, Group, Line, Mark, Text, row
from striate.tables import Plan, Shape, Step
from striate.words import translate

_NAME, _SIZE = 11.0, 10.0
_LINE = 12.5  # from one line of text to the next
_LABEL = 30.0  # the two lines above or below a block
_BETWEEN = 30.0  # two towers


@dataclass(frozen=True)
class Column:
    """A row with a block of its own, and the rows after it without one; no steps: the input.

    `shape` is that of one tower's share, where `towers` of them are drawn above one another.
    """

    steps: tuple[Step, ...]
    shape: Shape
    towers: int = 1
    exchanges: bool = False

    @property
    def name(self) -> str:
        """The name above the block."""
        return labels.shorten(self.steps[0].row.name, 14) if self.steps else translate("Input")

    @property
    def size(self) -> str:
        """The shape as text above the block."""
        return labels.shape_words(self.shape)

    @property
    def fill(self) -> str:
        """The colour of the block."""
        return palette.fill(self.steps[0].row) if self.steps else palette.IMAGE

    def operation(self) -> list[tuple[Step, str]]:
        """The lines under the arrow, each with its step."""
        lines = []
        for number, step in enumerate(self.steps):
            if number == 0:
                lines += [(step, line) for line in (*labels.operation(step), *labels.activation(step))]
            else:
                words = (labels.box(step), *labels.activation(step))
                lines.append((step, f"{labels.shorten(step.row.name, 10)}: {', '.join(words)}"))
        return lines


def makes_a_block(step: Step) -> bool:
    """Whether a row has a block of its own; the others are a line under the arrow."""
    return palette.style(step.row) != "slim"


def draw_blocks(plan: Plan) -> Figure:
    """A network without combinators as blocks."""
    columns, towers = _columns(plan), plan.table.towers
    largest = max(side for column in columns if len(column.shape) == 3 for side in column.shape[1:])
    shapes = [make_block(column.shape, largest) for column in columns]
    centres = _centres(columns, shapes)
    levels = _levels(columns, shapes, towers)
    middle = [(levels[0] + levels[-1]) / 2]
    placed = [
        [shape.around(x, y) for y in (levels if column.towers > 1 else middle)]
        for column, shape, x in zip(columns, shapes, centres, strict=True)
    ]
    foot = max(block.y + block.height for blocks in placed for block in blocks) + (_LABEL if towers > 1 else 0) + 16
    marks = [mark for column, blocks in zip(columns, placed, strict=True) for mark in _blocks(column, blocks)]
    for column, before, blocks in zip(columns[1:], placed, placed[1:], strict=False):
        marks += _connections(column, before, blocks)
    for column, blocks, x in zip(columns, placed, centres, strict=True):
        marks += _labels(column, blocks, x)
    for column, start, end in zip(columns[1:], centres, centres[1:], strict=False):
        marks += _operation(column, start, end, foot)
    top = min(block.top for blocks in placed for block in blocks) - _LABEL
    height = foot + _LINE * (1 + max(len(column.operation()) for column in columns)) - top
    width = centres[-1] + _half(columns[-1], shapes[-1])
    return Figure(0, width, height, (Group(tuple(marks), 0, -top),))


def _columns(plan: Plan) -> list[Column]:
    towers = plan.table.towers
    columns = [Column((), plan.table.input)]
    for index, step in enumerate(plan.steps):
        part = replace(step, row=plan.tower_share(index)) if towers > 1 else step
        if index and not makes_a_block(step):
            columns[-1] = replace(columns[-1], steps=(*columns[-1].steps, part))
            continue
        divided = towers > 1 and index < len(plan.steps) - 1
        maps, *size = step.output
        shape = (maps // towers, *size) if divided else step.output
        columns.append(Column((part,), shape, towers if divided else 1, plan.exchanges_towers(index)))
    return columns


def _half(column: Column, shape: Block) -> float:
    """Half the width of a block and its label."""
    label = max(labels.width(column.name, _NAME, bold=True), labels.width(column.size, _SIZE))
    return max(shape.full_width, label) / 2


def _centres(columns: list[Column], shapes: list[Block]) -> list[float]:
    """The centre of each block, far enough apart that neither blocks nor text touch."""
    halves = [_half(column, shape) for column, shape in zip(columns, shapes, strict=True)]
    centres = [halves[0]]
    for column, shape, before, half, half_before in zip(
        columns[1:], shapes[1:], shapes, halves[1:], halves, strict=False
    ):
        text_width = max(labels.width(text, _SIZE) for _, text in column.operation())
        blocks = (before.full_width + shape.full_width) / 2 + 20
        centres.append(centres[-1] + max(blocks, half_before + half + 10, text_width + 8))
    return centres


def _levels(columns: list[Column], shapes: list[Block], towers: int) -> list[float]:
    """The y coordinate of each tower."""
    tallest = max(shape.full_height for column, shape in zip(columns, shapes, strict=True) if column.towers == towers)
    # Labels are above the blocks, those of the last tower below: the exchanged maps are drawn between the towers.
    return [tower * (tallest + _BETWEEN) + _LABEL * min(tower, max(0, towers - 2)) for tower in range(towers)]


def _blocks(column: Column, blocks: list[Block]) -> list[Mark]:
    if not column.steps:
        return [Group(faces(block, column.fill)) for block in blocks]
    step = column.steps[0]
    return [
        row(step.path, labels.details(step), *faces(block, column.fill), tower=tower if column.towers > 1 else None)
        for tower, block in enumerate(blocks, 1)
    ]


def _connections(column: Column, before: list[Block], blocks: list[Block]) -> list[Mark]:
    """Rays within each tower, and between all towers where the row reads the others' maps."""
    step = column.steps[0]
    windows: list[Mark] = [rect for block in before if (rect := window(step, block))]
    marks: list[Mark] = []
    for tower, block in enumerate(blocks):
        for source, other in enumerate(before):
            if source == tower or len(before) == 1:
                marks += rays(step, other, block, dashed=False)
            elif column.exchanges:
                crossing = rays(step, other, block, dashed=len(blocks) > 1)
                marks.append(Group(crossing, attributes=(("data-exchange", step.path),)))
    return [*windows, *marks]


def _labels(column: Column, blocks: list[Block], x: float) -> list[Mark]:
    marks: list[Mark] = []
    for tower, block in enumerate(blocks):
        below = tower > 0 and tower == len(blocks) - 1
        y = block.y + block.height + 13 if below else block.top - 18
        marks += [
            Text(x, y, column.name, _NAME, bold=True, halo=True),
            Text(x, y + _LINE, column.size, _SIZE, halo=True),
        ]
    return marks


def _operation(column: Column, start: float, end: float, y: float) -> list[Mark]:
    """The arrow from one block's centre to the next, and the text under it."""
    marks: list[Mark] = [Line(((start + 5, y), (end - 5, y)), arrow=True, width=0.8)]
    for number, (step, text) in enumerate(column.operation(), 1):
        colour = INK if step is column.steps[0] else GREY
        line = Text((start + end) / 2, y + 2 + number * _LINE, text, _SIZE, colour=colour)
        marks.append(row(step.path, labels.details(step), line))
    return marks
