"""Names in pictures: in fonts that have their letters, as they are written."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from striate.text import escape, printable

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_DEFAULT = "DejaVu Sans"  # comes with matplotlib
_OTHERS = (
    "Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic", "Noto Sans CJK KR", "Noto Sans KR", "NanumGothic",
    "NanumBarunGothic", "NanumSquareRound", "Microsoft YaHei", "Yu Gothic", "Hiragino Sans", "Noto Sans CJK JP",
    "Noto Sans CJK SC", "Arial Unicode MS", "Segoe UI Symbol", "Segoe UI Emoji",
)  # fmt: skip
"""Those of Windows, macOS and Linux, for Korean first."""


def set_text_fonts(figure: Figure) -> None:
    """Let each letter of a figure be drawn by the first font that has it, and `$` as a letter.

    A letter that no installed font has is written as its escape. Call it when the figure is complete.
    """
    from matplotlib.text import Text as TextArtist

    numbers: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            numbers |= _set_tick_names(axis)
    for text in figure.findobj(TextArtist):
        assert isinstance(text, TextArtist)
        if text not in numbers:
            text.set_parse_math(False)
            if not _letters(_DEFAULT).issuperset(text.get_text()):
                text.set_text(_drawable(text.get_text()))
                text.set_fontfamily([_DEFAULT, *_installed()])


def _set_tick_names(axis: Axis) -> set[Text]:
    """Write the names at an axis; returns its labels if they are numbers, which matplotlib writes."""
    from matplotlib.ticker import FixedLocator

    labels = axis.get_ticklabels()
    if not isinstance(axis.get_major_locator(), FixedLocator):
        return {*labels, *axis.get_ticklabels(minor=True)}
    names = [label.get_text() for label in labels]
    if (drawable := [_drawable(name) for name in names]) != names:
        axis.set_ticklabels(drawable)
    return set()


def _drawable(text: str) -> str:
    """The text with what no font has escaped."""
    fonts = [_letters(_DEFAULT)]
    if fonts[0].issuperset(text):
        return text
    fonts += map(_letters, _installed())
    lines = map(printable, text.split("\n"))
    return "\n".join("".join(c if any(c in font for font in fonts) else escape(c) for c in line) for line in lines)


@functools.cache
def _installed() -> tuple[str, ...]:
    """The other fonts that are installed."""
    from matplotlib.font_manager import fontManager

    names = set(fontManager.get_font_names())
    return tuple(name for name in _OTHERS if name in names)


@functools.cache
def _letters(font: str) -> frozenset[str]:
    """The letters that a font has, and the line break."""
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(findfont(font)).get_charmap())) | {"\n"}
