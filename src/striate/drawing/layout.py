"""The layout of a flow of boxes: rows that share a box, widths, stages, and the activation that boxes omit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from striate.drawing import labels, palette
from striate.tables import Add, BatchNorm, Concat, Conv, Dense, Plan, Shape, Step

BOX_TEXT, SMALL_TEXT = 11.0, 9.0
SIZE_INDENT = 5.0  # of a size, from its arrow

Role = Literal["spine", "branch", "shortcut", "head"]
"""The position of a box: in the main line, in a Concat's branch, on a shortcut, in an auxiliary head."""


@dataclass(frozen=True)
class Cell:
    """A row as a box, and the batch normalization right after it, which shares the box."""

    step: Step
    tail: Step | None = None

    @property
    def last(self) -> Step:
        """The step whose output is that of the box."""
        return self.tail or self.step

    @property
    def slim(self) -> bool:
        """Whether the row is drawn small; papers omit such rows or draw them small."""
        return palette.style(self.step.row) == "slim"


@dataclass(frozen=True)
class Layout:
    """The layout of all boxes of a flow. `widths` holds, for each role, the width of a box and of its tail."""

    stages: dict[Shape, int]
    omitted: tuple[str, ...]
    widths: dict[Role, tuple[float, float]]

    def fill(self, step: Step) -> str:
        """A row's colour, a convolution's by the size of its maps."""
        return palette.fill(step.row, self.stages.get(step.output[1:], 0))

    def text(self, step: Step) -> str:
        """The text of a row's box."""
        return _box_text(step, self.omitted)


def layout(plan: Plan) -> Layout:
    """The layout of a network's boxes and those of its heads."""
    sizes = dict.fromkeys(step.output[1:] for step in plan.flat_with_heads if isinstance(step.row, Conv))
    omitted = shared_activation(plan.flat_with_heads)
    texts: dict[Role, list[tuple[float, float, float]]] = {}
    spine, heads = _cells(plan.steps, "spine"), [_cells(head.steps, "head") for head in plan.heads]
    for role, cell in chain(spine, *heads):
        main = labels.width(_box_text(cell.step, omitted), SMALL_TEXT if cell.slim else BOX_TEXT) + 14
        size = labels.width(labels.shape_words(cell.last.output), SMALL_TEXT) + SIZE_INDENT
        texts.setdefault(role, []).append((main, tail_width(cell), size))
    widths: dict[Role, tuple[float, float]] = {}
    for role, boxes in texts.items():
        tail = max(own for _, own, _ in boxes)
        # Wide enough that the sizes beside the arrows do not extend beyond the boxes.
        widths[role] = (max(max(main + (tail if own else 0), 2 * size) for main, own, size in boxes), tail)
    return Layout({size: stage for stage, size in enumerate(sizes)}, omitted, widths)


def shared_activation(steps: Sequence[Step]) -> tuple[str, ...]:
    """The activation of all convolutions if it is the same for all: the boxes then omit it."""
    activations = {labels.activation(step) for step in steps if isinstance(step.row, Conv)}
    return activations.pop() if len(activations) == 1 else ()


def cells(steps: tuple[Step, ...], apart: frozenset[str] = frozenset()) -> list[Cell]:
    """The boxes of a chain of rows, in order; the row after one named in `apart` has a box of its own."""
    boxes: list[Cell] = []
    for step in steps:
        before = boxes[-1] if boxes else None
        joins = before and isinstance(before.last.row, Conv | Dense) and before.last.row.name not in apart
        if before and joins and isinstance(step.row, BatchNorm):
            boxes[-1] = Cell(before.step, tail=step)
        else:
            boxes.append(Cell(step))
    return boxes


def tail_text(cell: Cell) -> str:
    """The text at the end of a box: the batch normalization and its activation."""
    return " ".join((labels.box(cell.tail), *labels.activation(cell.tail))) if cell.tail else ""


def tail_width(cell: Cell) -> float:
    """The width of that end."""
    return labels.width(tail_text(cell), SMALL_TEXT) + 10 if cell.tail else 0


def _box_text(step: Step, omitted: tuple[str, ...]) -> str:
    activation = labels.activation(step)
    is_omitted = isinstance(step.row, Conv) and activation == omitted
    return ", ".join((labels.box(step), *(() if is_omitted else activation)))


def _cells(steps: tuple[Step, ...], role: Role) -> Iterator[tuple[Role, Cell]]:
    for cell in cells(steps):
        match cell.step.row:
            case Concat():
                for branch in cell.step.branches:
                    yield from _cells(branch, "branch")
            case Add():
                body, shortcut = cell.step.branches
                yield from _cells(body, role)
                yield from _cells(shortcut, "shortcut")
            case _:
                yield role, cell
