"""Output of the commands: JSON, columns of text, numbers in a readable form; on any screen, in any encoding."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest
from typing import TextIO

from striate.text import escape, printable, shorten, width

GAP = "  "
_STAND_INS = {
    "─": "-", "│": "|", "×": "x", "−": "-", "–": "-", "—": "-", "…": "...", "·": ".", "•": "*", "⇄": "<->", "→": "->",
    "≥": ">=", "≤": "<=", "≈": "~", "±": "+-", "°": " deg", "²": "^2", "³": "^3", "½": "1/2", "µ": "u", "√": "sqrt ",
    "“": '"', "”": '"', "‘": "'", "’": "'", "″": '"', "β": "beta", "γ": "gamma", "η": "eta", "σ": "sigma", "⊕": "+",
}  # fmt: skip
"""What is written for a sign that the encoding of a screen or a file does not have."""
_BY_STAND_INS = "striate.stand-ins"


def prepare_streams() -> None:
    """Make standard output and error take any text: what their encoding lacks is replaced by ASCII.

    A stream that is closed (`>&-`) is replaced. Lines that go to a file or a pipe end as on Linux on every system.
    """
    for name in ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
            setattr(sys, name, stream)
        with contextlib.suppress(AttributeError):  # a stream of a notebook
            stream.reconfigure(  # type: ignore[attr-defined]
                errors=_BY_STAND_INS, newline=None if stream.isatty() else "\n"
            )


def _replace(error: UnicodeError) -> tuple[str, int]:
    """The handler of what an encoding cannot encode: ASCII that stands for it, else its escape as in Python."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_stand_in, error.object[error.start : error.end])), error.end


def _stand_in(letter: str) -> str:
    """
    >>> [_stand_in(letter) for letter in "×\u3000가"]
    ['x', ' ', '\\\\uac00']
    """
    return _STAND_INS.get(letter) or (" " if unicodedata.category(letter) == "Zs" else escape(letter))


codecs.register_error(_BY_STAND_INS, _replace)


def print_json(document: object) -> None:
    """One JSON document on standard output: in UTF-8, or in ASCII where standard output has another encoding."""
    import json

    text = json.dumps(document, ensure_ascii=_encoding() != "utf-8", allow_nan=False) + "\n"
    sys.stdout.write(text.encode(errors="backslashreplace").decode())  # half a character: JSON escapes it so too


def print_message(text: str) -> None:
    """A line on standard error that begins with `striate:`, of less than 400 letters."""
    print(f"striate: {shorten(printable(text))}", file=sys.stderr)


def print_columns(
    header: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    right: Sequence[str] = (),
    hide_first: Sequence[str] = (),
) -> None:
    """Aligned columns; those named in `right` are flush right, an empty line is a rule.

    On a terminal too narrow for all, the titles break between words; if that is not enough, columns are hidden in the
    order of `hide_first`, and a line names them; if they are still too wide, each line breaks between columns.
    """
    lines = [[_as_shown(cell) for cell in line] for line in lines]
    header, right = [_as_shown(name) for name in header], [_as_shown(name) for name in right]
    shown, hidden = list(range(len(header))), []
    room, titles = _room(), [list(header)]
    if _total(widths := _widths(titles, lines), shown) > room:
        titles = _one_word_a_line(header)
        widths = _widths(titles, lines)
    for name in map(_as_shown, hide_first):
        if _total(widths, shown) <= room:
            break
        shown.remove(header.index(name))
        hidden.append(name)
    titles = [line for line in titles if any(line[i] for i in shown)]
    groups = _groups(widths, shown, room)
    rule = _as_shown("─") * min(max(_total(widths, group) for group in groups), room)
    for line in (*titles, (), *lines):
        for group in groups if line else ():
            cells = GAP.join(_flush(line[i], widths[i], right=header[i] in right) for i in group).rstrip()
            if group is groups[0]:
                print(cells)
            elif cells:
                print(GAP + cells)
        if not line:
            print(rule)
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
    return [max(map(width, column)) for column in zip_longest(*titles, *lines, fillvalue="")]


def _total(widths: Sequence[int], shown: Sequence[int]) -> int:
    return sum(widths[i] + len(GAP) for i in shown) - len(GAP)


def _groups(widths: Sequence[int], shown: Sequence[int], room: int) -> list[list[int]]:
    """The columns in groups that fit into a line each; all but the first group are indented.

    >>> _groups([9, 3, 3, 3], [0, 1, 2, 3], 12)
    [[0], [1, 2], [3]]
    """
    groups = [[shown[0]]]
    for i in shown[1:]:
        if _total(widths, [*groups[-1], i]) + (len(GAP) if len(groups) > 1 else 0) > room:
            groups.append([])
        groups[-1].append(i)
    return groups


def print_text(text: str, indent: int = 0) -> None:
    """A line of text, wrapped between words on a narrow terminal; the continuation is indented."""
    text, room = _as_shown(text), _room()
    if width(text) <= room:
        print(text)
        return
    line, *words = text.split(" ")
    for word in words:
        if width(line) + 1 + width(word) <= room:
            line += f" {word}"
        elif word:
            print(line)
            line = " " * min(indent, room // 2) + word
    print(line)


def _flush(text: str, columns: int, *, right: bool) -> str:
    space = " " * (columns - width(text))
    return space + text if right else text + space


def _room() -> int:
    """Columns available for a line: the terminal's, or no limit without a terminal."""
    if not sys.stdout.isatty():
        return sys.maxsize
    import shutil

    return shutil.get_terminal_size().columns


def _as_shown(text: str) -> str:
    """The text as standard output shows it, so that columns are measured as they appear."""
    text, encoding = printable(text), _encoding()
    return text if text.isascii() or encoding == "utf-8" else text.encode(encoding, _BY_STAND_INS).decode(encoding)


def _encoding() -> str:
    """Standard output's encoding, by Python's name for it."""
    return codecs.lookup(sys.stdout.encoding or "utf-8").name


def size(number: float) -> str:
    """A number of bytes with a decimal unit.

    >>> size(266880), size(83_848_184), size(4e12)
    ('267 kB', '83.8 MB', '4,000 GB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if number < 999.5 or unit == "GB":
            break
        number /= 1000
    return f"{number:,.0f} {unit}" if number >= 999.5 else f"{number:.3g} {unit}"
