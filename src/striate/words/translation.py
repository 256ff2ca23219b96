"""A text's translation, found by the text itself or by the template that it was made from."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_reading: ContextVar[Language] = ContextVar("reading", default="en")
_PLACE = re.compile(r"\{(\w+)\}")
_SENTENCES = re.compile(r"(?<=[.!?])(?<!al\.) (?=[A-Z0-9“]|t-SNE)")
_LETTER = re.compile(r"[^\W\d_]")
_FILES = ("korean_errors.toml", "korean_pictures.toml")
_SHORT = 10  # letters of a key
_LISTS = {"varied", "parts", "ranges", "steps", "reason", "error", "order"}
"""Places that hold any text."""
_MOST_LETTERS = 4000  # of a text: longer ones are no words of ours


def reading_language() -> Language:
    """The language in which figures and reports are written now."""
    return _reading.get()


@contextmanager
def reading(language: Language) -> Iterator[None]:
    """Write figures and reports in a language while the context lasts.

    >>> with reading("ko"):
    ...     translate("epoch")
    '에포크'
    """
    token = _reading.set(language)
    try:
        yield
    finally:
        _reading.reset(token)


def translate(text: str, language: Language | None = None) -> str:
    """A text in a language, by default in that of `reading`. What the catalogue does not know stays as it is: names,
    numbers, words of other libraries.

    A text is a key of the catalogue, or was made from a template that is one; or it consists of lines, sentences, or
    parts after a colon or a semicolon that are.

    >>> print(translate("stride: expected a whole number from 1 to 4", "ko"))
    stride: 1에서 4까지의 정수여야 합니다
    >>> print(translate("cat.png: empty", "ko"), "/", translate("a name of a file", "ko"))
    cat.png: 비어 있습니다 / a name of a file
    """
    language = language or reading_language()
    if language == "en" or not text or len(text) > _MOST_LETTERS:
        return text
    return _find(text) or text


def translate_markdown(text: str) -> str:
    """A page in Markdown in the language of `reading`: its headings, paragraphs, items and cells; code stays.

    >>> with reading("ko"):
    ...     print(translate_markdown("| epoch | loss |\\n|---|---|\\n| 1 | 0.5 |"))
    | 에포크 | 손실 |
    |---|---|
    | 1 | 0.5 |
    """
    if reading_language() == "en":
        return text
    blocks = re.split(r"(\n\n+|```.*?```)", text, flags=re.DOTALL)
    return "".join(block if block.startswith(("\n", "```")) else _translate_block(block) for block in blocks)


def _translate_block(block: str) -> str:
    """A block of Markdown: a table, a list, a heading, or a paragraph, whose lines are one text."""
    lines = block.split("\n")
    if block.startswith("|"):
        return "\n".join("|".join(_translate_padded(cell) for cell in line.split("|")) for line in lines)
    if block.startswith(("- ", "#", "!")):
        return "\n".join(_translate_padded(line) for line in lines)
    return _translate_padded(" ".join(lines))


def _translate_padded(text: str) -> str:
    """A text without the marks and spaces around it, in the language of `reading`."""
    match = re.fullmatch(r"([\s#-]*|!\[)(.*?)(\]\([^()]*\)|\s*)", text, flags=re.DOTALL)
    return text if match is None else f"{match[1]}{translate(match[2])}{match[3]}"


def untranslated(text: str) -> bool:
    """Whether the catalogue has no Korean for a text."""
    return _find(text) is None


@dataclass(frozen=True)
class _Template:
    pattern: re.Pattern[str]
    korean: str


@functools.lru_cache(maxsize=4096)
def _find(text: str) -> str | None:
    """The Korean of a text; None if the catalogue has none."""
    if "\n" in text:
        return _find_lines(text)
    if len(sentences := _SENTENCES.split(text)) > 1:
        return _join(sentences, " ")
    if (whole := _find_whole(text)) is not None:
        return whole
    if len(parts := text.split("; ")) > 1 and (joined := _join(parts, "; ")) is not None:
        return joined
    if len(parts := text.split(", ")) > 1 and all(_find(part) or not _LETTER.search(part) for part in parts):
        return _join(parts, ", ")
    place, colon, reason = text.partition(": ")
    return _join([place, reason], ": ") if colon else None


def _find_lines(text: str) -> str | None:
    """The Korean of a text of several lines, of which all but the first may be one text that was wrapped."""
    if (exact := catalogue().get(text)) is not None:
        return exact
    first, *others = text.split("\n")
    if (wrapped := catalogue().get(" ".join(others))) is not None:
        return f"{_find(first) or first}\n{wrapped}"
    return _join([first, *others], "\n")


def _find_whole(text: str) -> str | None:
    """The Korean of a text that is a key, was made from a template, or follows a place and a colon."""
    if (exact := catalogue().get(text)) is not None:
        return exact
    for template in _templates():
        if (match := template.pattern.fullmatch(text)) is not None:
            return template.korean.format_map(
                {name: _find(value) or value for name, value in match.groupdict().items()}
            )
    place, colon, reason = text.partition(": ")
    if not colon or (found := _find_whole(reason)) is None:
        return None
    return f"{_find(place) or place}: {found}"


def _join(parts: list[str], glue: str) -> str | None:
    """The parts of a text, those translated that the catalogue has; None if it has none."""
    found = [_find(part) if part else None for part in parts]
    if not any(found):
        return None
    return glue.join(korean or part for korean, part in zip(found, parts, strict=True))


@functools.cache
def catalogue() -> Mapping[str, str]:
    """The Korean of every key."""
    folder = files("striate.words")
    texts = (folder.joinpath(name).read_text(encoding="utf-8") for name in _FILES)
    return {key: korean for text in texts for key, korean in tomllib.loads(text).items()}


@functools.cache
def _templates() -> tuple[_Template, ...]:
    """The templates of the catalogue, the surest match first: that with most letters of its own."""
    keys = [key for key in catalogue() if _PLACE.search(key)]
    keys.sort(key=lambda key: len(_PLACE.sub("", key)), reverse=True)
    return tuple(_Template(_pattern(key), catalogue()[key]) for key in keys)


def _pattern(key: str) -> re.Pattern[str]:
    """A key as a pattern. A place holds no semicolon, and before the first colon of the key none of these either: it
    would be another part of the text. A key of few letters fits many texts, so its places hold a word each."""
    is_short = sum(letter.isalpha() for letter in _PLACE.sub("", key)) < _SHORT
    pieces, letter = [], r"\S" if is_short else "(?:(?!: |; ).)"
    for index, part in enumerate(_PLACE.split(key)):  # letters, name, letters, name, ...
        if index % 2:
            pieces.append(f"(?P<{part}>{'.' if part in _LISTS else letter}+?)")
        else:
            pieces.append(re.escape(part))
            if ": " in part and not is_short:
                letter = "(?:(?!; ).)"
    return re.compile("".join(pieces))
