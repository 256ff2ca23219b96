"""Figures as pictures, with all text as it is written, in fonts that have its letters."""

from __future__ import annotations

import functools
import io
from itertools import islice
from typing import TYPE_CHECKING

from striate.text import escape, printable, shorten
from striate.words import Language, reading_language, translate

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_DEFAULT = "DejaVu Sans"  # comes with matplotlib
_OTHERS = (
    "Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic", "Noto Sans CJK KR", "Noto Sans KR", "Pretendard",
    "NanumGothic", "NanumBarunGothic", "NanumSquare", "NanumSquareRound", "NanumMyeongjo", "Baekmuk Gulim",
    "Baekmuk Dotum", "UnDotum", "UnBatang", "Gulim", "Dotum", "Batang", "Microsoft YaHei", "Yu Gothic",
    "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Droid Sans Fallback", "WenQuanYi Zen Hei",
    "Arial Unicode MS", "Segoe UI Symbol", "Segoe UI Emoji",
)  # fmt: skip
"""Those of Windows, macOS and Linux, for Korean first."""
_LONGEST = 120
"""Letters of a line in a figure: longer ones leave no room for its axes."""


def figure_png(figure: Figure, dots_per_inch: int) -> bytes:
    """A complete figure as a PNG, its labels in the language of `words.reading`, if a font has its letters.

    Each letter is drawn by the first installed font that has it, `$` as a letter; one that no font has is written as
    its escape. Very long lines are shortened.

    >>> from matplotlib.figure import Figure
    >>> figure_png(Figure(figsize=(1, 1)), 72)[1:4]
    b'PNG'
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    _set_text(figure)
    figure.set_dpi(dots_per_inch)
    content = io.BytesIO()
    # Not by savefig, which draws the figure twice.
    FigureCanvasAgg(figure).print_png(content)  # type: ignore[no-untyped-call]
    return content.getvalue()


def name_in_figure(name: str, most: int = 40) -> str:
    """A name of a class, a table or a data set as figures have it: on one line, of at most so many letters.

    >>> print(name_in_figure("a\\nb"), name_in_figure("cat" * 100))
    a\\nb catcatcatcatcatcat ... atcatcatcatcatcat
    """
    return shorten(_drawable(printable(name)), most)


def _set_text(figure: Figure) -> None:
    from matplotlib.text import Text as TextArtist

    numbers: set[Text] = set()
    for axes in figure.axes:
        if axes.axison:  # else its ticks, which take long to ask for, are not drawn
            for axis in (axes.xaxis, axes.yaxis):
                numbers |= _set_tick_names(axis)
    for text in figure.findobj(TextArtist):
        assert isinstance(text, TextArtist)
        if text not in numbers:
            text.set_parse_math(False)
            if (drawable := _drawable(_translated(text.get_text()))) != text.get_text():
                text.set_text(drawable)
            if not _letters(_DEFAULT).issuperset(drawable):
                text.set_fontfamily([_DEFAULT, *_installed()])


def _set_tick_names(axis: Axis) -> set[Text]:
    """Write the names at an axis; returns its labels if they are numbers, which matplotlib writes."""
    from matplotlib.ticker import FixedLocator

    labels = axis.get_ticklabels()
    if not isinstance(axis.get_major_locator(), FixedLocator):
        return {*labels, *axis.get_ticklabels(minor=True)}
    names = [label.get_text() for label in labels]
    if (drawable := [_drawable(_translated(name)) for name in names]) != names:
        axis.set_ticklabels(drawable)
    return set()


def has_letters(language: Language) -> bool:
    """Whether an installed font has the letters of a language: without one figures keep their English labels.

    >>> has_letters("en")
    True
    """
    return language == "en" or any("가" in _letters(font) for font in _installed())


def _translated(text: str) -> str:
    """A label in the language of the reader."""
    language = reading_language()
    return translate(text, language) if has_letters(language) else text


def _drawable(text: str) -> str:
    """The text with what no font has escaped, and very long lines shortened."""
    text = "\n".join(map(printable, text.split("\n")))
    fonts = [_letters(_DEFAULT)]
    if not fonts[0].issuperset(text):
        fonts += map(_letters, _installed())
        text = "".join(letter if any(letter in font for font in fonts) else escape(letter) for letter in text)
    return "\n".join(shorten(line, _LONGEST) for line in text.split("\n"))


@functools.cache
def _installed() -> tuple[str, ...]:
    """The other fonts that are installed; if none of them has Hangul, any other that has it too."""
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    names = set(fontManager.get_font_names())
    known = tuple(name for name in _OTHERS if name in names)
    if any("가" in _letters(name) for name in known):
        return known
    others = (font for font in fontManager.ttflist if not font.name.replace(" ", "").startswith("LastResort"))
    return (*known, *islice((font.name for font in others if FT2Font(font.fname).get_char_index(ord("가"))), 1))


@functools.cache
def _letters(font: str) -> frozenset[str]:
    """The letters that a font has, and the line break."""
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(findfont(font)).get_charmap())) | {"\n"}
