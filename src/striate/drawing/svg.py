"""A network as a drawing: `draw_elements` makes it in the style that fits, `draw_svg` writes it as a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import chain
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


@dataclass(frozen=True)
class Element:
    """An SVG element: its attributes, and its children or its text."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Element, ...] = ()
    text: str = ""

    def to_list(self) -> list[object]:
        """The element as JSON: its tag, its attributes, its text or the list of its children.

        >>> Element("g", (("data-path", "C1"),), (Element("title", text="C1"),)).to_list()
        ['g', {'data-path': 'C1'}, [['title', {}, 'C1']]]
        """
        return [self.tag, dict(self.attributes), self.text or [child.to_list() for child in self.children]]

    def to_svg(self) -> str:
        """The element as markup, a line for each child.

        >>> Element("text", (("x", "1"),), text="3 < 5").to_svg()
        '<text x="1">3 &lt; 5</text>'
        """
        attributes = "".join(f' {name}="{_quoted(value)}"' for name, value in self.attributes)
        inner = escape(self.text) + "".join(f"\n{child.to_svg()}" for child in self.children)
        return f"<{self.tag}{attributes}>{inner}</{self.tag}>" if inner else f"<{self.tag}{attributes}/>"


_ARROWHEAD = Element(
    "marker",
    (
        *(("id", "arrow"), ("viewBox", "0 0 8 8"), ("refX", "7.5"), ("refY", "4")),
        *(("markerWidth", "7"), ("markerHeight", "7"), ("orient", "auto")),
    ),
    (Element("path", (("d", "M0.5,1 L7.5,4 L0.5,7 Z"), ("fill", INK))),),
)


def draw_svg(network: Plan | Table | str) -> str:
    """A network, by its name, table or plan, as an SVG document. TableError if the table is impossible.

    A short chain, and one of towers, is drawn as blocks of maps from left to right, as LeCun et al. 1998 and
    Krizhevsky et al. 2012 draw theirs; any other network as boxes from the input downwards. Each row has an element
    with its path as `data-path` and its text and shapes as tooltip.

        >>> draw_svg("lenet5").split()[0]
        '<svg'
    """
    return draw_elements(network).to_svg() + "\n"


def draw_elements(network: Plan | Table | str, *, title: bool = True) -> Element:
    """The drawing of `draw_svg` as elements, for a page that builds them; without a title where the page has one.

    TableError as there.

    >>> draw_elements("lenet5").children[0]
    Element(tag='title', attributes=(), children=(), text='lenet5')
    """
    plan = as_plan(network)
    blocks = plan.table.towers > 1 or (_is_short_chain(plan.steps) and not plan.heads)
    figure = draw_blocks(plan) if blocks else draw_flow(plan)
    return _document(plan.table, figure, legend(plan, blocks=blocks), title=title)


def _is_short_chain(steps: tuple[Step, ...]) -> bool:
    main = [step for step in steps if makes_a_block(step)]
    return len(main) <= _MOST_BLOCKS and not any(isinstance(step.row, Concat | Add) for step in steps)


def _document(table: Table, figure: Figure, notes: str, *, title: bool) -> Element:
    """The title, the figure, the legend, on white."""
    room = max(figure.width, _NARROWEST)
    name = labels.wrap(labels.clean(table.name), _TITLE * 1.08, room)
    source = labels.wrap(labels.clean(table.source), _SOURCE, room)
    marks: list[Mark] = []
    y = _MARGIN - 4
    if title:
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
    spoken = labels.clean(table.name)
    return Element(
        "svg",
        (
            *(("xmlns", "http://www.w3.org/2000/svg"), ("width", width), ("height", height)),
            *(("viewBox", f"0 0 {width} {height}"), ("font-family", FONT), ("role", "img"), ("aria-label", spoken)),
        ),
        (
            Element("title", text=spoken),
            Element("defs", children=(_ARROWHEAD,)),
            Element("rect", (("width", width), ("height", height), ("fill", "#ffffff"))),
            *_elements(Group(tuple(marks)), 0, 0),
        ),
    )


def _elements(mark: Mark, x: float, y: float) -> Iterator[Element]:
    """The elements of a mark with its origin at (x, y)."""
    match mark:
        case Group():
            inner = chain.from_iterable(_elements(one, x + mark.x, y + mark.y) for one in mark.marks)
            if mark.attributes or mark.title:
                title = (Element("title", text=mark.title),) if mark.title else ()
                yield Element("g", mark.attributes, (*title, *inner))
            else:
                yield from inner
        case Rect():
            radius = (("rx", _number(mark.radius)),) if mark.radius else ()
            place = (("x", _number(x + mark.x)), ("y", _number(y + mark.y)))
            size = (("width", _number(mark.width)), ("height", _number(mark.height)))
            line = (("stroke", INK), ("stroke-width", f"{mark.line:g}"))
            yield Element("rect", (*place, *size, *radius, ("fill", mark.fill), *line))
        case Circle():
            circle = (("cx", _number(x + mark.x)), ("cy", _number(y + mark.y)), ("r", _number(mark.radius)))
            yield Element("circle", (*circle, ("fill", "#ffffff"), ("stroke", INK)))
        case Polygon():
            points = " ".join(f"{_number(x + px)},{_number(y + py)}" for px, py in mark.points)
            outline = (("stroke", INK), ("stroke-width", "0.8"), ("stroke-linejoin", "round"))
            yield Element("polygon", (("points", points), ("fill", mark.fill), *outline))
        case Line():
            path = _path([(x + px, y + py) for px, py in mark.points], mark.radius)
            dashes = (("stroke-dasharray", "1.5 3"),) if mark.dashed else ()
            head = (("marker-end", "url(#arrow)"),) if mark.arrow else ()
            line = (("stroke", INK), ("stroke-width", _number(mark.width)))
            yield Element("path", (("d", path), ("fill", "none"), *line, *dashes, *head))
        case Text():
            yield _text(mark, x, y)
        case _:
            assert_never(mark)


def _text(text: Text, x: float, y: float) -> Element:
    anchor = () if text.anchor == "start" else (("text-anchor", text.anchor),)
    bold = (("font-weight", "bold"),) if text.bold else ()
    halo = (("stroke", "#ffffff"), ("stroke-width", "3"), ("stroke-linejoin", "round"), ("paint-order", "stroke"))
    place = (("x", _number(x + text.x)), ("y", _number(y + text.y)), ("font-size", _number(text.size)))
    look = (*anchor, *bold, *(halo if text.halo else ()), ("fill", text.colour))
    return Element("text", (*place, *look), text=text.text)


def _quoted(value: str) -> str:
    """A value as it stands between double quotes."""
    return escape(value, quote=False).replace('"', "&quot;")


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
