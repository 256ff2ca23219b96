"""What the commands print with: JSON, columns of text, numbers as people read them."""

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

    On a terminal too narrow for all, columns are left out in the order of `hide_first`, and a line says so.
    """
    lines = [[printable(cell) for cell in line] for line in lines]
    header = [printable(name) for name in header]
    widths = [max(map(_width, column)) for column in zip_longest(header, *lines, fillvalue="")]
    shown, hidden = list(range(len(header))), []
    room = _room()
    for name in hide_first:
        if sum(widths[i] + len(GAP) for i in shown) - len(GAP) <= room:
            break
        shown.remove(header.index(name))
        hidden.append(name)
    total = sum(widths[i] + len(GAP) for i in shown) - len(GAP)
    for line in (header, (), *lines):
        cells = [_flush(line[i], widths[i], right=header[i] in right) for i in shown if line]
        print(GAP.join(cells).rstrip() if cells else "─" * min(total, room))
    if hidden:
        names = dict.fromkeys(name.strip() for name in hidden)
        print_text(f"(left out on this narrow terminal: {', '.join(names)})")


def print_text(text: str, indent: int = 0) -> None:
    """A line of text, broken between words where a terminal is too narrow for it; the rest is indented."""
    text = printable(text)
    if len(text) > (room := _room()):
        import textwrap

        text = "\n".join(textwrap.wrap(text, room, subsequent_indent=" " * min(indent, room // 2)))
    print(text)


def _flush(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    """Columns that a text takes on a terminal: Korean letters take two.

    >>> _width("cat"), _width("고양이")
    (3, 6)
    """
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _room() -> int:
    """Columns that a line may have: the terminal's, or any number where there is none."""
    if not sys.stdout.isatty():
        return sys.maxsize
    import shutil

    return shutil.get_terminal_size().columns


def printable(text: str) -> str:
    """A text that moves no cursor and breaks no line, whatever a file or a class is called.

    >>> printable("a\\x1b[31mb")
    'a�[31mb'
    """
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def count(number: int) -> str:
    """A count, with separators; nothing for zero.

    >>> count(60000), count(0)
    ('60,000', '')
    """
    return f"{number:,}" if number else ""


def size(number: float) -> str:
    """Bytes as people read them.

    >>> size(266880), size(83_848_184)
    ('267 kB', '83.8 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if number < 999.5 or unit == "GB":
            break
        number /= 1000
    return f"{number:.3g} {unit}"
