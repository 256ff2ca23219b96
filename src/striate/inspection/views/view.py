"""One view of a network: a picture, its numbers, and the words beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class View:
    """What `striate inspect` writes: `name` is the picture's file name without its ending.

    `words` are paragraphs that say what is seen, in this network's own numbers; `numbers` is what --json prints;
    `header` and `lines` are a table that stands below the picture.
    """

    name: str
    title: str
    words: tuple[str, ...]
    figure: Figure
    numbers: Mapping[str, Any] = field(default_factory=dict)
    header: Sequence[str] = ()
    lines: Sequence[Sequence[str]] = ()
