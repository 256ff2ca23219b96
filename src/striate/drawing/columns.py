"""A flow on a page: columns joined by lines, as many as give the largest scale, and heads beside their columns."""

from __future__ import annotations

from itertools import accumulate

from striate.drawing import labels
from striate.drawing.flow import GAP, Part, as_part, chain, item, stack
from striate.drawing.layout import BOX_TEXT, SIZE_INDENT, SMALL_TEXT, Layout, cells, layout
from striate.drawing.palette import IMAGE
from striate.drawing.primitives import GREY, Figure, Line, Mark, Rect, Text
from striate.tables import HeadPlan, Plan
from striate.words import translate

PAGE = 650.0, 920.0  # CSS pixels of a page's text block, at natural size
_MOST = 8  # columns
_GUTTER = 34.0
_LANE = 24.0  # between the flow and a head, and between heads
_DROP = 40.0  # from the end of a row to a head's first box
_TURN = 14.0  # length of a line below a column before it turns to the next


def draw_flow(plan: Plan) -> Figure:
    """The network as boxes from the input down to the output, in columns."""
    style = layout(plan)
    heads: dict[str, list[Figure]] = {}
    for head in plan.heads:
        heads.setdefault(head.head.after, []).append(_head(head, style))
    parts = [Part(_input(), plan.table.input, changed=True)]
    for cell in cells(plan.steps, apart=frozenset(heads)):
        figure = item(cell, style, "spine", named=True)
        parts.append(as_part(cell, figure, tuple(heads.get(cell.last.row.name, ()))))
    return _page(parts)


def _input() -> Figure:
    width = labels.width("input", BOX_TEXT) + 24
    box = Rect(-width / 2, 0, width, 20, IMAGE, radius=10)
    return Figure(width / 2, width / 2, 20, (box, Text(0, 14, translate("input"), BOX_TEXT)))


def _head(plan: HeadPlan, style: Layout) -> Figure:
    """A head's rows below its name and the weight of its loss."""
    text = f"{labels.shorten(plan.head.name)}: {translate('loss')} × {plan.head.weight:g}"
    rows = chain(plan.steps, style, "head")
    half = labels.width(text, SMALL_TEXT, bold=True) / 2
    label = Text(0, -5, text, SMALL_TEXT, bold=True)
    return Figure(max(half, rows.left), max(half, rows.right), rows.height, (*rows.marks, label))


def _page(parts: list[Part]) -> Figure:
    """The columns side by side, as few as give about the largest scale on a page."""
    pages = [_beside(_split(parts, count)) for count in range(1, _MOST + 1)]
    scales = [_scale(page) for page in pages]
    return next(page for page, scale in zip(pages, scales, strict=True) if scale >= 0.9 * max(scales))


def _scale(page: Figure) -> float:
    """The largest scale at which a figure fits a page, upright or rotated, at most 1."""
    short, long = PAGE
    upright, turned = min(short / page.width, long / page.height), min(long / page.width, short / page.height)
    return min(1.0, max(upright, turned))


def _split(parts: list[Part], count: int) -> list[list[Part]]:
    """The parts in at most `count` columns, with the tallest column as short as possible."""
    low, high = max(_length(part) for part in parts), sum(_length(part) for part in parts)
    while high - low > 1:
        limit = (low + high) / 2
        low, high = (low, limit) if len(_fill(parts, limit)) <= count else (limit, high)
    return _fill(parts, high)


def _fill(parts: list[Part], limit: float) -> list[list[Part]]:
    """The parts in columns; a new column begins where the one before would exceed the limit."""
    columns: list[list[Part]] = [[]]
    height = 0.0
    for part in parts:
        if columns[-1] and height + _length(part) > limit:
            columns.append([])
            height = 0.0
        columns[-1].append(part)
        height += _length(part)
    return columns


def _beside(columns: list[list[Part]]) -> Figure:
    """Columns side by side, with a line from the bottom of each to the top of the next."""
    figures = [_column(column) for column in columns]
    head = GAP + 6 if len(columns) > 1 else 0
    marks: list[Mark] = []
    x = 0.0
    for number, (column, figure) in enumerate(zip(columns, figures, strict=True)):
        axis = x + figure.left
        marks.append(figure.at(axis, head))
        x += figure.width + _GUTTER
        foot = head + figure.height
        if number == len(columns) - 1:
            continue
        turn, gutter, there = foot + _TURN, x - _GUTTER / 2, x + figures[number + 1].left
        flow = head + _tops(column)[-1] + column[-1].figure.height
        marks += [
            Line(
                ((axis, flow), (axis, turn), (gutter, turn), (gutter, 4), (there, 4), (there, head)),
                arrow=not figures[number + 1].forks,
                radius=8,
            ),
            Text(
                there + SIZE_INDENT, head - 5, labels.shape_words(column[-1].output), SMALL_TEXT, "start", colour=GREY
            ),
        ]
    height = head + max(figure.height for figure in figures) + (_TURN if len(columns) > 1 else 0)
    return Figure(0, x - _GUTTER, height, tuple(marks))


def _column(column: list[Part]) -> Figure:
    """Parts one below another, and to their right the heads, each below the part that it starts from."""
    flow = stack(column)
    heads = [
        (top + part.figure.height, head) for part, top in zip(column, _tops(column), strict=True) for head in part.heads
    ]
    if not heads:
        return flow
    left, width = max(head.left for _, head in heads), max(head.width for _, head in heads) + _LANE
    marks = list(flow.marks)
    lanes = _lanes(heads)
    for (end, head), lane in zip(heads, lanes, strict=True):
        axis, fork = flow.right + _LANE + left + lane * width, end + 6
        marks.append(Line(((0, end), (0, fork), (axis, fork), (axis, end + _DROP - 15)), radius=6))
        marks.append(head.at(axis, end + _DROP))
    foot = max(end + _DROP + head.height for end, head in heads)
    return Figure(flow.left, flow.right + width * (max(lanes) + 1), max(flow.height, foot), tuple(marks), flow.forks)


def _lanes(heads: list[tuple[float, Figure]]) -> list[int]:
    """The lane of each head, counted from the left: of two heads that would touch, the upper one is further right."""
    free: list[float] = []  # each lane is free above this y
    lanes = []
    for end, head in reversed(heads):
        foot = end + _DROP + head.height + 10
        lane = next((lane for lane, height in enumerate(free) if foot <= height), len(free))
        # The line to this head crosses the lanes before its own.
        free = [end] * (lane + 1) + free[lane + 1 :]
        lanes.append(lane)
    return lanes[::-1]


def _tops(column: list[Part]) -> list[float]:
    """The y coordinate of the top of each part."""
    return [0.0, *accumulate(map(_length, column[:-1]))]


def _length(part: Part) -> float:
    return part.figure.height + part.gap
