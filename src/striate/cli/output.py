"""Output of the commands: JSON, columns of text, numbers in a readable form."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import zip_longest

GAP = "  "


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    import json

    sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")


def print_columns(
    header: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    right: Sequence[str] = (),
    hide_first: Sequence[str] = (),
) -> None:
    """Aligned columns; those named in `right` are flush right, an empty line is a rule.

    On a terminal too narrow for all, the titles break between words; if that is not enough, columns are hidden in the
    order of `hide_first`, and a line names them.
    """
    lines = [[printable(cell) for cell in line] for line in lines]
    header = [printable(name) for name in header]
    shown, hidden = list(range(len(header))), []
    room, titles = _room(), [list(header)]
    if _total(widths := _widths(titles, lines), shown) > room:
        titles = _one_word_a_line(header)
        widths = _widths(titles, lines)
    for name in hide_first:
        if _total(widths, shown) <= room:
            break
        shown.remove(header.index(name))
        hidden.append(name)
    titles = [line for line in titles if any(line[i] for i in shown)]
    total = _total(widths, shown)
    for line in (*titles, (), *lines):
        cells = [_flush(line[i], widths[i], right=header[i] in right) for i in shown if line]
        print(GAP.join(cells).rstrip() if cells else "─" * min(total, room))
    if hidden:
        names = dict.fromkeys(name.strip() for name in hidden)
        print_text(f"(left out on this narrow terminal: {', '.join(names)})")


def _one_word_a_line(header: Sequence[str]) -> list[list[str]]:
    """The titles of the columns, each broken between its words, down to the last line of the header.

    >>> _one_word_a_line(["Layer", "Kernel size"])
    [['', 'Kernel'], ['Layer', 'size']]
    """
    from_below = zip_longest(*(name.split()[::-1] for name in header), fillvalue="")
    return [list(line) for line in from_below][::-1]


def _widths(titles: Sequence[Sequence[str]], lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(_width, column)) for column in zip_longest(*titles, *lines, fillvalue="")]


def _total(widths: Sequence[int], shown: Sequence[int]) -> int:
    return sum(widths[i] + len(GAP) for i in shown) - len(GAP)


def print_text(text: str, indent: int = 0) -> None:
    """A line of text, wrapped between words on a narrow terminal; the continuation is indented."""
    text = printable(text)
    if len(text) > (room := _room()):
        import textwrap

        text = "\n".join(textwrap.wrap(text, room, subsequent_indent=" " * min(indent, room // 2)))
    print(text)


def _flush(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    """Columns that a text takes on a terminal; a Korean letter takes two.

    >>> _width("cat"), _width("고양이")
    (3, 6)
    """
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _room() -> int:
    """Columns available for a line: the terminal's, or no limit without a terminal."""
    if not sys.stdout.isatty():
        return sys.maxsize
    import shutil

    return shutil.get_terminal_size().columns


def printable(text: str) -> str:
    """The text with control characters replaced, as a file's or a class's name may hold any.

    >>> printable("a\\x1b[31mb")
    'a�[31mb'
    """
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def count(number: int) -> str:
    """A count with thousands separators; an empty string for zero.

    >>> count(60000), count(0)
    ('60,000', '')
    """
    return f"{number:,}" if number else ""


def size(number: float) -> str:
    """A number of bytes with a decimal unit.

    >>> size(266880), size(83_848_184)
    ('267 kB', '83.8 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if number < 999.5 or unit == "GB":
            break
        number /= 1000
    return f"{number:.3g} {unit}"
