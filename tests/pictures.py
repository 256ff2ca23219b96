"""Pictures read back: the tables that are drawn, what stands where in an SVG, and what holds for any picture."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from xml.etree import ElementTree

from striate.drawing import draw_svg, labels
from striate.tables import ARCHITECTURES, EXAMPLES, Add, BatchNorm, Concat, Conv, Dense, Head, MaxPool, Table

EVERY = {**ARCHITECTURES, **EXAMPLES}
SVG = "{http://www.w3.org/2000/svg}"
SIZE = re.compile(r"\d+(×\d+×\d+)?")


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float
    text: str = ""

    def meets(self, other, slack=0.0):
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.top < other.bottom - slack
            and other.top < self.bottom - slack
        )

    def holds(self, other, slack=0.5):
        return (
            self.left - slack <= other.left
            and other.right <= self.right + slack
            and self.top - slack <= other.top
            and other.bottom <= self.bottom + slack
        )


def conv(name, maps, kernel=3, **fields):
    return Conv(name, maps=maps, kernel=kernel, padding="same", **fields)


def inception(name):
    pool = MaxPool("pool", kernel=3, stride=1, padding="same")
    return Concat(name, branches=((conv("one", 8, 1),), (conv("a", 4), conv("b", 4, 5)), (pool, conv("project", 4, 1))))


def classifier(name="out", units=4):
    return Dense(name, units=units, activation="softmax")


NESTED = Table(
    "nested",
    (3, 32, 32),
    (
        conv("conv1", 16, activation="relu"),
        BatchNorm("bn1", activation="tanh"),
        Add("inception_inside", body=(inception("mix"),), activation="relu"),
        Concat(
            "adds",
            branches=(
                (Add("u1", body=(conv("a", 16), BatchNorm("n"))),),
                (Add("u2", body=(conv("a", 32),), shortcut=(conv("p", 32, 1), conv("q", 32, 1), conv("r", 32, 1))),),
                (Concat("inner", branches=((inception("deep"),), (conv("c", 1000, 1),))),),
            ),
        ),
        Add("outer", body=(Add("within", body=(conv("a", 1064),)), conv("b", 1064))),
        MaxPool("a_name_longer_than_any_box_of_a_picture", kernel=2, stride=(2, 1)),
        classifier(),
    ),
    heads=(
        Head("first", "conv1", (conv("c", 2), conv("d", 2), conv("e", 2), classifier("f"))),
        Head("second", "bn1", (conv("c", 2), conv("d", 2), classifier("f")), weight=0.25),
        Head("twin", "bn1", (classifier("f"),)),
        Head("last", "out", (classifier("f"),)),
    ),
)
SHORT_WITH_HEAD = Table("short", (1, 8, 8), (conv("c1", 6), classifier()), heads=(Head("h", "c1", (classifier("f"),)),))
THREE_TOWERS = Table(
    "three",
    (3, 60, 50),
    (conv("C1", 12, 7, stride=2), conv("C2", 24, groups=3), conv("C3", 30), Dense("F", units=90), classifier()),
    towers=3,
)
LONG_NAMES = Table(
    "long names",
    (1, 1, 8),
    tuple(Dense(f"{'층'[: i % 2]}WMWMWMWMWMWMWM_{i}", units=10**i, activation="relu") for i in range(1, 7)),
)
WIDE_NAMES = Table("wide names", (1, 4, 4), tuple(Dense(f"합성곱신경망합성곱신경망{i}", units=3) for i in range(5)))
OTHERS = {table.name: table for table in (NESTED, SHORT_WITH_HEAD, THREE_TOWERS, LONG_NAMES, WIDE_NAMES)}
PICTURES = {**EVERY, **OTHERS}


@cache
def picture(name):
    return ElementTree.fromstring(draw_svg(PICTURES[name]))


def texts(root):
    """Each text's box, by the estimate of its width that the drawing goes by."""
    boxes = []
    for element in root.iter(f"{SVG}text"):
        x, y, size = (float(element.get(name)) for name in ("x", "y", "font-size"))
        width = labels.width(element.text, size, bold=element.get("font-weight") == "bold")
        left = x - width * {None: 0, "middle": 0.5, "end": 1}[element.get("text-anchor")]
        boxes.append(Box(left, y - 0.72 * size, left + width, y + 0.1 * size, element.text))
    return boxes


def rectangles(root):
    """All but the background."""
    return [
        Box(x, y, x + width, y + height)
        for element in list(root.iter(f"{SVG}rect"))[1:]
        for x, y, width, height in [[float(element.get(name)) for name in ("x", "y", "width", "height")]]
    ]


def lines(root):
    """The points of each line, those that its corners are rounded by among them."""
    found = []
    for element in root.iter(f"{SVG}path"):
        if element.get("stroke"):
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", element.get("d"))]
            found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


def every_path(table):
    return [step.path for step in table.plan().flat_with_heads]


def is_flow(root):
    return all(element.text != "Input" for element in root.iter(f"{SVG}text"))


def check(table, root):
    """What holds for any picture."""
    tagged = [element for element in root.iter() if element.get("data-path")]
    assert {element.get("data-path") for element in tagged} == set(every_path(table))
    assert all(element[0].tag == f"{SVG}title" and "→" in element[0].text for element in tagged)
    page = Box(0, 0, float(root.get("width")), float(root.get("height")))
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    written, drawn = texts(root), rectangles(root)
    assert all(page.holds(box, slack=-4) for box in [*written, *drawn])
    assert all(-1 < x < page.right and -1 < y < page.bottom for points in lines(root) for x, y in points)
    written.sort(key=lambda box: box.top)
    for index, box in enumerate(written):
        for other in written[index + 1 :]:
            if other.top > box.bottom:
                break
            assert not box.meets(other), (box, other)
    for box in written:
        assert all(rect.holds(box) or not rect.meets(box, slack=0.5) for rect in drawn), box
    if is_flow(root):
        check_lines(root)


def check_lines(root):
    """No line of a flow runs through a text, or on through a box that it leads to."""
    segments = [
        Box(min(x, u), min(y, v), max(x, u), max(y, v)) for line in lines(root) for (x, y), (u, v) in pairwise(line)
    ]
    segments.sort(key=lambda box: box.top)
    for kept, slack in ((texts(root), 0.0), (rectangles(root), 0.6)):
        for box in kept:
            for segment in segments:
                if segment.top > box.bottom:
                    break
                assert not segment.meets(box, slack=slack), (segment, box)
