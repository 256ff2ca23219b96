"""A network as a drawing: `draw_svg` chooses the style and writes the SVG."""

from __future__ import annotations

from html import escape
from typing import assert_never

from striate.drawing import labels
from striate.drawing.blocks import draw_blocks, makes_a_block
from striate.drawing.columns import draw_flow
from striate.drawing.legend import legend
from striate.drawing.primitives import GREY, INK, Circle, Figure, Group, Line, Mark, Point, Polygon, Rect, Text
from striate.tables import Add, Concat, Plan, Step, Table, as_plan

FONT = "Helvetica, Arial, 'Liberation Sans', 'Noto Sans', sans-serif"
_MARGIN = 22.0
_TITLE, _SOURCE, _LEGEND = 17.0, 11.0, 10.0
_NARROWEST = 380.0  # room for a title
_MOST_BLOCKS = 16

_ARROWHEAD = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0.5,1 L7.5,4 L0.5,7 Z" fill="{INK}"/></marker>'
)


def draw_svg(network: Plan | Table | str) -> str:
    """A network, by its name, table or plan, as an SVG document. TableError if the table is impossible.

    A short chain, and one of towers, is drawn as blocks of maps from left to right, as LeCun et al. 1998 and
    Krizhevsky et al. 2012 draw theirs; any other network as boxes from the input downwards. Each row has an element
    with its path as `data-path` and its text and shapes as tooltip.

        >>> draw_svg("lenet5").split()[0]
        '<svg'
    """
    plan = as_plan(network)
    blocks = plan.table.towers > 1 or (_is_short_chain(plan.steps) and not plan.heads)
    figure = draw_blocks(plan) if blocks else draw_flow(plan)
    return _document(plan.table, figure, legend(plan, blocks=blocks))


def _is_short_chain(steps: tuple[Step, ...]) -> bool:
    main = [step for step in steps if makes_a_block(step)]
    return len(main) <= _MOST_BLOCKS and not any(isinstance(step.row, Concat | Add) for step in steps)


def _document(table: Table, figure: Figure, notes: str) -> str:
    """The title, the figure, the legend, on white."""
    room = max(figure.width, _NARROWEST)
    name = labels.wrap(labels.clean(table.name), _TITLE * 1.08, room)
    source = labels.wrap(labels.clean(table.source), _SOURCE, room)
    marks: list[Mark] = []
    y = _MARGIN - 4
    for line in name:
        y += _TITLE + 3
        marks.append(Text(_MARGIN, y, line, _TITLE, "start", bold=True))
    for line in source:
        y += _SOURCE + 4
        marks.append(Text(_MARGIN, y, line, _SOURCE, "start", colour=GREY))
    y += 22
    marks.append(figure.at(_MARGIN + (room - figure.width) / 2 + figure.left, y))
    y += figure.height + 12
    for line in labels.wrap(notes, _LEGEND, room):
        y += _LEGEND + 4
        marks.append(Text(_MARGIN, y, line, _LEGEND, "start", colour=GREY))
    width, height = _number(room + 2 * _MARGIN), _number(y + _MARGIN)
    lines: list[str] = []
    _write(Group(tuple(marks)), 0, 0, lines)
    title = escape(labels.clean(table.name))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="{FONT}" role="img" aria-label="{title}">\n<title>{title}</title>\n<defs>{_ARROWHEAD}</defs>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(lines) + "\n</svg>\n"
    )


def _write(mark: Mark, x: float, y: float, lines: list[str]) -> None:
    """Append the SVG lines of a mark with its origin at (x, y)."""
    match mark:
        case Group():
            tagged = mark.attributes or mark.title
            if tagged:
                title = f"<title>{escape(mark.title)}</title>" if mark.title else ""
                attributes = "".join(f' {name}="{escape(value)}"' for name, value in mark.attributes)
                lines.append(f"<g{attributes}>{title}")
            for inner in mark.marks:
                _write(inner, x + mark.x, y + mark.y, lines)
            if tagged:
                lines.append("</g>")
        case Rect():
            radius = f' rx="{_number(mark.radius)}"' if mark.radius else ""
            lines.append(
                f'<rect x="{_number(x + mark.x)}" y="{_number(y + mark.y)}" width="{_number(mark.width)}"'
                f' height="{_number(mark.height)}"{radius} fill="{mark.fill}" stroke="{INK}"'
                f' stroke-width="{mark.line:g}"/>'
            )
        case Circle():
            lines.append(
                f'<circle cx="{_number(x + mark.x)}" cy="{_number(y + mark.y)}" r="{_number(mark.radius)}"'
                f' fill="#ffffff" stroke="{INK}"/>'
            )
        case Polygon():
            points = " ".join(f"{_number(x + px)},{_number(y + py)}" for px, py in mark.points)
            lines.append(
                f'<polygon points="{points}" fill="{mark.fill}" stroke="{INK}" stroke-width="0.8"'
                ' stroke-linejoin="round"/>'
            )
        case Line():
            dashes = ' stroke-dasharray="1.5 3"' if mark.dashed else ""
            head = ' marker-end="url(#arrow)"' if mark.arrow else ""
            path = _path([(x + px, y + py) for px, py in mark.points], mark.radius)
            lines.append(
                f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="{_number(mark.width)}"{dashes}{head}/>'
            )
        case Text():
            lines.append(_text(mark, x, y))
        case _:
            assert_never(mark)


def _text(text: Text, x: float, y: float) -> str:
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    bold = ' font-weight="bold"' if text.bold else ""
    halo = ' stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"' if text.halo else ""
    return (
        f'<text x="{_number(x + text.x)}" y="{_number(y + text.y)}" font-size="{_number(text.size)}"{anchor}{bold}'
        f'{halo} fill="{text.colour}">{escape(text.text)}</text>'
    )


def _path(points: list[Point], radius: float) -> str:
    """The path commands of a line with rounded inner corners."""
    (x, y), *_ = points
    commands = [f"M{_number(x)},{_number(y)}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        if radius:
            start, end = _towards(corner, before, radius), _towards(corner, after, radius)
            commands.append(f"L{_pair(start)} Q{_pair(corner)} {_pair(end)}")
        else:
            commands.append(f"L{_pair(corner)}")
    return " ".join((*commands, f"L{_pair(points[-1])}"))


def _towards(corner: Point, other: Point, radius: float) -> Point:
    """The point from a corner towards another point, at the radius or at half the distance."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = (dx * dx + dy * dy) ** 0.5
    share = min(radius / length, 0.5) if length else 0
    return corner[0] + dx * share, corner[1] + dy * share


def _pair(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
