"""Links of the lessons into the lab: `lab:VIEW?KEY=VALUE&...` opens a view of the page in a prepared state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from striate.course.languages import Words
from striate.errors import CourseError
from striate.tables import suggest_name
from striate.words import Language

COMMON = ("model", "picture", "strokes", "pen")
"""Parameters of every view."""
VIEWS: Mapping[str, tuple[str, ...]] = {
    "draw": ("layer", "unit", "input", "open"),
    "layers": ("layer", "unit", "input"),
    "stress": ("sweep", "shift", "scale", "rotation", "thickness", "noise"),
    "table": ("source", "with"),
    "train": ("run", "compare", "watched", "snapshot"),
    "filters": ("kernel", "stride", "padding", "channel", "side", "at"),
    "cortex": ("layer", "unit", "width", "contrast", "position", "orientation"),
    "why": ("class", "opacity", "depth"),
    "lessons": ("lesson", "exercise", "seed", "claim"),
}
"""The views of the page and the parameters of each that a lesson may set, as `static/lib/link.js` has them."""
INSTRUMENTS: Mapping[str, tuple[str, ...]] = {
    "overlap": ("x", "g", "flipped", "at"),
    "learned-filter": ("target", "seed", "step"),
    "pooling": ("kernel", "stride", "kind", "picture"),
    "lrn": ("values", "size", "k", "alpha", "beta"),
    "dropout": ("rate", "draws"),
    "augmentation": ("draws", "seed"),
    "residual": ("weight", "plain"),
    "gradient-flow": ("depth", "shortcut", "initialization", "batch_norm"),
}
"""The small instruments of the course and their parameters: `lab:instruments/NAME?...`."""
BUILT_INSTRUMENTS: frozenset[str] = frozenset(
    {"overlap", "learned-filter", "pooling", "lrn", "dropout", "augmentation", "residual", "gradient-flow"}
)
"""Those that the page has: a link to another is shown as text, which says that the lab has it not yet."""
NOT_YET = Words("not in the lab yet", "실험실에 준비 중")
_VALUE = r"[\w.,:;/+-]+"


@dataclass(frozen=True)
class LabLink:
    """A place in the lab: a view, or `instruments/NAME`, and the parameters of its state."""

    target: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def is_built(self) -> bool:
        """Whether the page has the view or the instrument.

        >>> parse_link("layers").is_built
        True
        """
        return self.target in VIEWS or self.target.removeprefix("instruments/") in BUILT_INSTRUMENTS

    @property
    def query(self) -> str:
        """The parameters as they stand in an address."""
        return "&".join(f"{name}={value}" for name, value in self.parameters)

    def fragment(self, language: Language) -> str:
        """The fragment of the page's address.

        >>> parse_link("layers?model=lenet5&layer=C1").fragment("ko")
        '#layers?lang=ko&model=lenet5&layer=C1'
        """
        return f"#{self.target}?" + "&".join(filter(None, (f"lang={language}", self.query)))


def parse_link(text: str) -> LabLink:
    """The link that stands behind `lab:`.

    Raises:
        CourseError: there is no such view or instrument, or it has no such parameter.

    >>> parse_link("instruments/pooling?kind=max")
    LabLink(target='instruments/pooling', parameters=(('kind', 'max'),))
    >>> parse_link("layers?unti=0")
    Traceback (most recent call last):
    striate.errors.CourseError: lab:layers?unti=0: no parameter 'unti'; did you mean 'unit'?
    """
    target, _, query = text.partition("?")
    group, name = (INSTRUMENTS, target.removeprefix("instruments/")) if "/" in target else (VIEWS, target)
    if name not in group or target not in (name, f"instruments/{name}"):
        raise CourseError(f"lab:{text}: no view or instrument {name!r}; {suggest_name(name, group)}")
    allowed = (*group[name], *COMMON)
    parameters = []
    for part in filter(None, query.split("&")):
        key, equals, value = part.partition("=")
        if key not in allowed:
            raise CourseError(f"lab:{text}: no parameter {key!r}; {suggest_name(key, allowed)}")
        if not equals or not re.fullmatch(_VALUE, value):
            raise CourseError(f"lab:{text}: expected {key}=VALUE of letters, digits and .,:;/+-, got {part!r}")
        parameters.append((key, value))
    return LabLink(target, tuple(parameters))
