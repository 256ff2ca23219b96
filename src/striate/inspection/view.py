"""A view of a network: a figure, its numbers, and the text beside it; and sections, which make views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

from striate.inspection.plotting import DOTS_PER_INCH
from striate.markup import escape_html, html_picture, html_table
from striate.training import figure_png
from striate.words import translate


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

    def to_html(self, png: bytes) -> str:
        """The paragraphs, the picture, which is this PNG, and the table, in the language of `words.reading`."""
        paragraphs = "".join(f"<p>{escape_html(translate(paragraph))}</p>\n" for paragraph in self.paragraphs)
        picture = f"<figure>{html_picture(png, translate(self.title))}</figure>\n"
        if not self.rows:
            return paragraphs + picture
        rows = ([translate(cell) for cell in row] for row in self.rows)
        table = html_table(rows, [translate(name) for name in self.header])
        return f'{paragraphs}{picture}<div class="table">{table}</div>\n'

    def _repr_html_(self) -> str:
        title = f"<h4>{escape_html(translate(self.title))}</h4>\n"
        return title + self.to_html(figure_png(self.figure, DOTS_PER_INCH))


@dataclass(frozen=True)
class Section:
    """A section of a report: its title, and a function that makes its views one after the other."""

    title: str
    views: Callable[[], Iterator[View]]
