"""Text from elsewhere (names of files, classes and tables): how it is shown, compared, and made into a file's name."""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from collections.abc import Iterable

_CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of characters that move a cursor, reverse the direction of writing, break a line, or are half of one."""
_JOINERS = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}
"""Of category Cf, but parts of words and of emoji."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³")}
"""What Windows takes for devices, whatever suffix follows."""
LINE = 380
"""Letters of an error's line at most, so that with the program's name it stays below 400."""
_GAP = " ... "


def printable(text: str) -> str:
    """The text as it can be shown anywhere: composed, and characters that are no text escaped as in Python.

    Spaces and letters of every script stay, so that a path can be copied. A byte that is not UTF-8, which a name on
    Linux may hold, is shown as a byte.

    >>> print(printable("고양이 ✓.png"), printable("a\\x1b[31m\\n"), printable("\\udcff.png"))
    고양이 ✓.png a\\x1b[31m\\n \\xff.png
    >>> printable("\\u202f\\u3000") == "\\u202f\\u3000"
    True
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(escape(letter) if _is_control(letter) else letter for letter in compose(text))


def escape(letter: str) -> str:
    """A character escaped as in Python; a byte of a name that is not UTF-8, as that byte.

    >>> print(escape("\\n"), escape("가"), escape("\\udcff"))
    \\n \\uac00 \\xff
    """
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()


def is_printable(text: str) -> bool:
    """Whether `printable` shows every character as it is.

    >>> is_printable("고양이 ✓"), is_printable("a\\nb")
    (True, False)
    """
    return (text.isascii() and text.isprintable()) or not any(map(_is_control, text))


def shorten(text: str, most: int = LINE) -> str:
    """The text with at most so many letters: of a longer one its beginning and its end, where errors say what and why.

    >>> shorten("folder/" * 9 + "cat.png: damaged", 40)
    'folder/folder/fold ... /cat.png: damaged'
    """
    if len(text) <= most:
        return text
    end = (most - len(_GAP)) // 2
    return f"{text[: most - len(_GAP) - end]}{_GAP}{text[-end:]}"


def first_line(error: Exception) -> str:
    """The first line of what an error of a library says, or else its kind.

    >>> first_line(OSError("refused\\nby the server")), first_line(TimeoutError())
    ('refused', 'TimeoutError')
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def escape_markdown(text: str) -> str:
    """The Markdown of a text as it is, whatever it holds: names come from folders, and a $ would begin a formula.

    >>> print(escape_markdown("a_b|$c"))
    a\\_b\\|\\$c
    """
    return re.sub(r"[\\`*_^~#$&<>|\[\]]", r"\\\g<0>", printable(text))


def quantity(number: int, noun: str) -> str:
    """So many of what a regular noun means.

    >>> quantity(1, "image"), quantity(60000, "image"), quantity(2, "class")
    ('1 image', '60,000 images', '2 classes')
    """
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"


def count(number: int) -> str:
    """A count with thousands separators; an empty string for zero.

    >>> count(60000), count(0)
    ('60,000', '')
    """
    return f"{number:,}" if number else ""


def compose(text: str) -> str:
    """The text in Unicode's composed form (NFC): a name that macOS decomposes equals the same name from elsewhere.

    >>> compose("\\u1100\\u1161") == "가"
    True
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def decompose(text: str) -> str:
    """The text in Unicode's decomposed form (NFD), in which macOS writes the names of files.

    >>> len(decompose("가"))
    2
    """
    return text if text.isascii() else unicodedata.normalize("NFD", text)


def decode_name(name: str) -> str:
    """A file's name as text, composed, whatever the locale. ValueError if it is not UTF-8.

    What a locale cannot decode Python gives as single bytes.

    >>> decode_name("cat"), decode_name("\\udcea\\udcb0\\udc80")
    ('cat', '가')
    """
    try:
        name.encode()
    except UnicodeEncodeError:  # single bytes
        name = os.fsencode(name).decode()
    return compose(name)


def quote(argument: str) -> str:
    """An argument of a command as the user's shell takes it.

    >>> quote("runs/demo")
    'runs/demo'
    """
    if os.name == "posix":
        if is_printable(argument):
            return shlex.quote(argument)
        text = "".join(f"\\{c}" if c in "\\'" else _escape_bytes(c) if _is_control(c) else c for c in argument)
        return f"$'{text}'"  # of bash and zsh
    return argument if re.fullmatch(r"[\w.:/\\~-]+", argument) else f'"{argument}"'


def _escape_bytes(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in letter.encode(errors="surrogateescape"))


def safe_name(text: str, otherwise: str = "unnamed", *, most: int = 100) -> str:
    """A file's name made of any text, which Linux, macOS and Windows accept: letters, digits, and `._-` between.

    `otherwise` is the name of a text without letters. It is no hidden file, no device of Windows, and has at most
    `most` bytes in UTF-8, or one more.

    >>> safe_name("T-shirt/top"), safe_name("고양이 ✓"), safe_name("con"), safe_name("?"), safe_name("../a:b. ")
    ('T-shirt-top', '고양이', 'con_', 'unnamed', 'a-b')
    """
    letters = (letter if letter in "._-" or _is_letter(letter) else " " for letter in compose(text))
    name = "-".join("".join(letters).split()).strip("._-")
    name = name.encode()[:most].decode(errors="ignore").rstrip("._-")
    stem, dot, rest = name.partition(".")
    if stem.lower() in _RESERVED:
        name = f"{stem}_{dot}{rest}"
    return name or otherwise


def safe_names(texts: Iterable[str]) -> list[str]:
    """A name as of `safe_name` for each text, all different, also where the case of letters does not count.

    >>> safe_names(["cat", "Cat", "?", "!"])
    ['cat', 'Cat-2', 'unnamed', 'unnamed-2']
    """
    names: list[str] = []
    taken: set[str] = set()
    for text in texts:
        name = base = safe_name(text)
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def width(text: str) -> int:
    """Columns that a text takes on a terminal: a Korean letter takes two, a mark on another letter none.

    >>> width("cat"), width("고양이"), width("e\\u0301")
    (3, 6, 1)
    """
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(letter: str) -> int:
    if letter in _JOINERS or unicodedata.category(letter) in ("Mn", "Me") or "\u1160" <= letter <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _is_control(letter: str) -> bool:
    if unicodedata.category(letter) in _CONTROLS:
        return letter not in _JOINERS
    return ord(letter) & 0xFFFE == 0xFFFE or "\ufdd0" <= letter <= "\ufdef"  # Unicode's noncharacters


def _is_letter(letter: str) -> bool:
    """Whether it is a letter, a digit, or a mark that belongs to one, in any script."""
    return unicodedata.category(letter)[0] in "LNM"
