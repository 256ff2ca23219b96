"""A view of a network: a figure, its numbers, and the text beside it; and sections, which make views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure


@dataclass(frozen=True)
class View:
    """One part of a report: `name` is the picture's file name without its suffix.

    `paragraphs` explain the figure with this network's numbers; `numbers` is what --json prints; `header` and `rows`
    are a table below the figure.
    """

    name: str
    title: str
    paragraphs: tuple[str, ...]
    figure: Figure
    numbers: Mapping[str, Any] = field(default_factory=dict)
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Section:
    """A section of a report: its title, and a function that makes its views one after the other."""

    title: str
    views: Callable[[], Iterator[View]]
