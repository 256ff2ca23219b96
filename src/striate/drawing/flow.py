"""A network as boxes that flow downwards: chains, Inception modules side by side, shortcuts past a body to a ⊕.

As in figure 2(b) of Szegedy et al. 2015 and figures 2 and 3 of He et al. 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

from striate.drawing import labels
from striate.drawing.layout import BOX_TEXT, SIZE_INDENT, SMALL_TEXT, Cell, Layout, Role, cells, tail_text
from striate.drawing.palette import JOIN, SLIM
from striate.drawing.primitives import GREY, Circle, Figure, Group, Line, Mark, Rect, Text, row
from striate.tables import Add, Concat, Shape, Step
from striate.words import translate

GAP = 17.0  # an arrow between boxes, with a size beside it
LEAD = 13.0  # from a fork to the first box
_BARE_GAP, _FORKED_GAP = 11.0, 27.0  # an arrow without a size; one that heads leave above the size
_HEIGHT, _SLIM_HEIGHT = 20.0, 15.0
_SIDE = 14.0  # from a body to its shortcut, and between branches
_RADIUS = 7.0  # of a ⊕


@dataclass(frozen=True)
class Part:
    """A figure in a chain, its output shape and whether that differs from its input, and the heads that start there."""

    figure: Figure
    output: Shape
    changed: bool
    heads: tuple[Figure, ...] = ()

    @property
    def gap(self) -> float:
        """The length of the arrow below it."""
        if self.heads:
            return _FORKED_GAP
        return GAP if self.changed else _BARE_GAP

    @property
    def written(self) -> Shape | None:
        """The shape to write beside that arrow, if it has changed."""
        return self.output if self.changed else None


def chain(steps: tuple[Step, ...], look: Layout, role: Role) -> Figure:
    """Rows one below another, an arrow between them, the shape beside it where it changes."""
    # Branches are side by side: arrows of equal length align their boxes.
    return stack([as_part(cell, item(cell, look, role)) for cell in cells(steps)], even=role == "branch")


def as_part(cell: Cell, figure: Figure, heads: tuple[Figure, ...] = ()) -> Part:
    """A row's figure as part of a chain."""
    return Part(figure, cell.last.output, cell.last.output != cell.step.input, heads)


def stack(parts: list[Part], *, even: bool = False) -> Figure:
    """Figures one below another, joined by arrows; with `even`, every arrow is long enough for a size."""
    marks: list[Mark] = []
    left = right = y = 0.0
    for before, this in zip([None, *parts], parts, strict=False):
        if before:
            edge = arrow(GAP if even else before.gap, before.written, head=not this.figure.forks)
            marks.append(edge.at(0, y))
            right, y = max(right, edge.right), y + edge.height
        marks.append(this.figure.at(0, y))
        left, right, y = max(left, this.figure.left), max(right, this.figure.right), y + this.figure.height
    return Figure(left, right, y, tuple(marks), forks=bool(parts) and parts[0].figure.forks)


def arrow(height: float, shape: Shape | None = None, *, head: bool = True) -> Figure:
    """An arrow downwards, with the shape beside it."""
    line = Line(((0, 0), (0, height)), arrow=head)
    if shape is None:
        return Figure(0, 0, height, (line,))
    text = labels.shape_words(shape)
    size = Text(SIZE_INDENT, height - 5.5, text, SMALL_TEXT, "start", colour=GREY)
    return Figure(0, SIZE_INDENT + labels.width(text, SMALL_TEXT), height, (line, size))


def item(cell: Cell, look: Layout, role: Role, *, named: bool = False) -> Figure:
    """One row with all rows inside it; `named` writes the name of a box to its left."""
    match cell.step.row:
        case Concat():
            return _concat(cell.step, look)
        case Add():
            return _add(cell.step, look, role)
        case _:
            return _box(cell, look, role, named=named)


def _box(cell: Cell, look: Layout, role: Role, *, named: bool) -> Figure:
    step, (width, tail_width) = cell.step, look.widths[role]
    height, size = (_SLIM_HEIGHT, SMALL_TEXT) if cell.slim else (_HEIGHT, BOX_TEXT)
    main = width - tail_width if cell.tail else width
    marks: list[Mark] = [
        row(
            step.path,
            labels.details(step),
            Rect(-width / 2, 0, main, height, look.fill(step)),
            Text((main - width) / 2, height / 2 + size * 0.36, look.text(step), size),
        )
    ]
    if cell.tail:
        marks.append(
            row(
                cell.tail.path,
                labels.details(cell.tail),
                Rect(width / 2 - tail_width, 0, tail_width, height, SLIM),
                Text(width / 2 - tail_width + 5, height / 2 + 3.2, tail_text(cell), SMALL_TEXT, "start"),
            )
        )
    figure = Figure(width / 2, width / 2, height, tuple(marks))
    return _with_name(figure, step, height / 2) if named else figure


def _with_name(figure: Figure, step: Step, y: float) -> Figure:
    text = labels.shorten(step.row.name)
    left = figure.left + 6 + labels.width(text, SMALL_TEXT)
    name = Text(-figure.left - 6, y + 3.2, text, SMALL_TEXT, "end", colour=GREY)
    return Figure(left, figure.right, figure.height, (*figure.marks, name), figure.forks)


def _concat(step: Step, look: Layout) -> Figure:
    """Branches side by side from one fork, above the bar that concatenates their maps."""
    branches = [chain(branch, look, "branch") for branch in step.branches]
    width = sum(branch.width for branch in branches) + _SIDE * (len(branches) - 1)
    foot = LEAD + 6 + max(branch.height for branch in branches)
    marks: list[Mark] = []
    x = -width / 2
    for steps, branch in zip(step.branches, branches, strict=True):
        axis, top = x + branch.left, foot - branch.height
        last = as_part(cells(steps)[-1], branch)
        marks += [
            Line(((0, 0), (0, 6), (axis, 6), (axis, top)), arrow=not branch.forks, radius=5),
            Group(
                (branch.at(axis, top), arrow(GAP, last.written).at(axis, foot)),
                attributes=(("data-branch", step.path),),
            ),
        ]
        x += branch.width + _SIDE
    text = f"{labels.box(step)}: {translate('depth concat')}"
    width = max(width, labels.width(text, BOX_TEXT) + 14)
    bar = row(
        step.path,
        labels.details(step),
        Rect(-width / 2, foot + GAP, width, _HEIGHT - 2, JOIN, radius=4),
        Text(0, foot + GAP + 13, text, BOX_TEXT),
    )
    return Figure(width / 2, width / 2, foot + GAP + _HEIGHT - 2, (*marks, bar), forks=True)


def _add(step: Step, look: Layout, role: Role) -> Figure:
    """The body, the shortcut around it, dashed where it changes the shape, and the ⊕ that adds them."""
    body = chain(step.branches[0], look, role)
    last = as_part(cells(step.branches[0])[-1], body)
    side = chain(step.branches[1], look, "shortcut")  # of height 0 where the shortcut is the identity
    foot = max(LEAD + body.height + last.gap, side.height + 2 * LEAD - _RADIUS)
    plus = foot + _RADIUS
    x = body.right + _SIDE + side.left
    top = (plus - side.height) / 2
    changes = step.input != step.output
    into = Line(((0, 0), (x, 0), (x, top)), dashed=changes, radius=9, arrow=side.height > 0 and not side.forks)
    out = Line(((x, top + side.height), (x, plus), (_RADIUS, plus)), dashed=changes, radius=9, arrow=True)
    marks: list[Mark] = [
        arrow(LEAD, head=not body.forks).at(0, 0),
        body.at(0, LEAD),
        arrow(foot - LEAD - body.height, last.written).at(0, LEAD + body.height),
        Group((into, out, side.at(x, top)), attributes=(("data-shortcut", step.path),)),
        row(
            step.path,
            labels.details(step),
            Circle(0, plus, _RADIUS),
            Line(((-4, plus), (4, plus))),
            Line(((0, plus - 4), (0, plus + 4))),
        ),
    ]
    marks += [Text(-_RADIUS - 4, plus + 3.2, word, SMALL_TEXT, "end") for word in labels.activation(step)]
    figure = Figure(body.left, x + side.right, plus + _RADIUS, tuple(marks), forks=True)
    return _with_name(figure, step, LEAD + body.height / 2)
