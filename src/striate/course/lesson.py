"""A lesson: a Markdown file of a few constructs, checked strictly, with numbers that the library computes.

    # Title

    ## Predict                 a question to answer before anything is done; a list at its end is what to choose from
    ## Do                      what to do, with links into the lab: [text](lab:layers?model=lenet5&layer=C1)
    ## See                     what is to be seen
    ## The notes               what the notes claim: [text](ledger:NAME), to which the ledger's verdict is added
    ## Exercises               a list of kinds: - `output_size(stride=False)`
    ## One step further

`{{ output_size(32, kernel=5) }}` is replaced by the figure's value, `{{= output_size(32, kernel=5) }}` by the formula
and the value. Markdown is read by markdown-it-py, which rich depends on already: it knows where emphasis and links
begin and end, and escapes what it renders. What it accepts beyond the constructs in _ALLOWED is an error here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from striate.course.exercises import draw
from striate.course.figures import Figure, evaluate
from striate.course.languages import Words
from striate.course.links import NOT_YET, LabLink, parse_link
from striate.course.verdicts import VERDICTS, notes_claims
from striate.errors import CourseError
from striate.words import Language

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

SECTIONS: Mapping[str, Words] = {
    "predict": Words("Predict", "먼저 예상하기"),
    "do": Words("Do", "해 보기"),
    "see": Words("See", "살펴보기"),
    "notes": Words("The notes", "노트의 주장"),
    "exercises": Words("Exercises", "연습 문제"),
    "further": Words("One step further", "한 걸음 더"),
}
"""The sections of every lesson, in their order, and their headings."""
_FIGURE = re.compile(r"\{\{(=?)\s*([^{}]*?)\s*\}\}")
_LINK = re.compile(r"\[([^\[\]]*)\]\((lab|ledger):([^)\s]+)\)")
_FILE = re.compile(r"(\d\d)-([a-z0-9-]+)\.(en|ko)\.md")
_ATTRIBUTES = ("href", "class", "rel")
_ALLOWED = {
    "heading", "paragraph", "bullet_list", "ordered_list", "list_item", "fence", "table", "thead", "tbody", "tr",
    "th", "td", "inline", "text", "softbreak", "strong", "em", "code_inline", "link",
}  # fmt: skip


Element = str | dict[str, Any]
"""A text, or {"tag": "a", "href": ..., "class": ..., "children": [...]}."""


@dataclass(frozen=True)
class ExerciseReference:
    """A kind of exercise and its parameters, as a lesson names them."""

    kind: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A section of a lesson as Markdown, in which figures are numbers; links are still `lab:` and `ledger:`."""

    name: str
    markdown: str


@dataclass(frozen=True)
class Lesson:
    """A lesson in one language. `links` and `claims` are those of all sections, in their order."""

    number: int
    name: str
    language: Language
    title: str
    sections: tuple[Section, ...]
    exercises: tuple[ExerciseReference, ...]
    links: tuple[LabLink, ...]
    claims: tuple[str, ...]

    def section(self, name: str) -> Section:
        """The section of a name, a key of SECTIONS."""
        return next(section for section in self.sections if section.name == name)

    def elements(self, name: str, *, lab: str = "", ledger: str) -> list[Element]:
        """A section as nested elements; links open the lab's page at the address `lab`, and the ledger's claims at the
        address `ledger` with the claim's name behind it.

        >>> load_lesson(4, "en").elements("exercises", ledger="#")[0]["tag"]
        'ul'
        """
        return _to_elements(_with_links(self.section(name).markdown, self.language, lab, ledger))

    def markdown(self, name: str, *, lab: str, ledger: str = "ledger.md#") -> str:
        """A section as plain Markdown; links lead where those of `elements` do."""

        def resolve(link: re.Match[str]) -> str:
            text, scheme, rest = link.groups()
            href, verdict = _resolve(scheme, rest, self.language, lab, ledger)
            if not href:
                return f"{text} ({NOT_YET.of(self.language)})"
            return f"[{text}]({href})" + (f" (**{verdict}**)" if verdict else "")

        return _LINK.sub(resolve, self.section(name).markdown)


def lessons(language: Language) -> tuple[Lesson, ...]:
    """All lessons in a language, in their order.

    >>> [lesson.number for lesson in lessons("en")][:3]
    [1, 2, 3]
    """
    return tuple(_load(name) for name in lesson_files() if name.endswith(f".{language}.md"))


def load_lesson(number: int, language: Language) -> Lesson:
    """The lesson of a number.

    Raises:
        CourseError: there is no lesson of this number.

    >>> load_lesson(4, "en").name
    'output-size'
    """
    names = {lesson_name[:2]: lesson_name for lesson_name in lesson_files() if lesson_name.endswith(f".{language}.md")}
    name = names.get(f"{number:02}")
    if name is None:
        raise CourseError(f"no lesson {number}; expected one of {', '.join(str(int(key)) for key in names)}")
    return _load(name)


def lesson_files() -> tuple[str, ...]:
    """The names of the lessons' files, sorted."""
    folder = files("striate.course") / "lessons"
    return tuple(sorted(file.name for file in folder.iterdir() if file.name.endswith(".md")))


@cache
def _load(name: str) -> Lesson:
    text = (files("striate.course") / "lessons" / name).read_text(encoding="utf-8")
    return parse_lesson(text, name)


def parse_lesson(text: str, file: str) -> Lesson:
    """The lesson of a file's text; its name holds number, name and language: `04-output-size.en.md`.

    Raises:
        CourseError: a construct that lessons do not have, a number that cannot be computed, a link that leads nowhere,
            a claim that the ledger does not have: with file and line.
    """
    named = _FILE.fullmatch(file)
    if named is None:
        raise CourseError(f"{file}: expected a name such as 04-output-size.en.md")
    language: Language = "ko" if named[3] == "ko" else "en"
    lines = [_with_figures(line, f"{file}: line {number}") for number, line in enumerate(text.splitlines(), 1)]
    tokens = _markdown().parse("\n".join(lines))
    links: list[LabLink] = []
    claims: list[str] = []
    for token, line in _walk(tokens):
        where = f"{file}: line {line}"
        _check(token, where)
        if token.type == "link_open":
            scheme, _, rest = str(token.attrGet("href")).partition(":")
            if scheme == "lab":
                links.append(_at(where, parse_link, rest))
            elif scheme == "ledger":
                if rest not in notes_claims():
                    raise CourseError(f"{where}: ledger:{rest}: the ledger has no such claim")
                claims.append(rest)
            elif scheme != "https":
                raise CourseError(f"{where}: expected a link to lab:, ledger: or https:, got {token.attrGet('href')}")
    title, starts = _headings(tokens, language, file)
    names, ends = list(SECTIONS), [*starts[1:], len(lines) + 1]
    sections = tuple(
        Section(name, "\n".join(lines[start : end - 1]).strip())
        for name, start, end in zip(names, starts, ends, strict=True)
    )
    for section, start in zip(sections, starts, strict=True):
        if not section.markdown:
            raise CourseError(f"{file}: line {start}: the section is empty")
    written = len(_LINK.findall("\n".join(lines)))
    if written != len(links) + len(claims):
        raise CourseError(f"{file}: links are written [text](lab:...): {written} of {len(links) + len(claims)} are")
    return Lesson(
        number=int(named[1]),
        name=named[2],
        language=language,
        title=title,
        sections=sections,
        exercises=tuple(_exercises(lines, starts[names.index("exercises")], ends[names.index("exercises")], file)),
        links=tuple(links),
        claims=tuple(claims),
    )


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable("table")  # HTML is read, so that it can be refused


def _walk(tokens: Sequence[Token], line: int = 1) -> Iterator[tuple[Token, int]]:
    """Every token, those inside lines too, with the line on which its block begins."""
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        yield token, line
        yield from _walk(token.children or (), line)


def _check(token: Token, where: str) -> None:
    kind = token.type.removesuffix("_open").removesuffix("_close")
    if kind not in _ALLOWED or (kind == "heading" and token.tag not in ("h1", "h2")):
        raise CourseError(
            f"{where}: a lesson has no {kind.replace('_', ' ')}{f' {token.tag}' if kind == 'heading' else ''}"
        )
    if token.type == "text" and (mark := re.search(r"\*+|__|`|\]\(|\{\{|\}\}", token.content)):
        raise CourseError(f"{where}: {mark[0]} marks nothing here; a word or a space may be missing beside it")


def _headings(tokens: Sequence[Token], language: Language, file: str) -> tuple[str, list[int]]:
    """The title, and the line of each section's heading; CourseError if they are not those of a lesson."""
    found = [
        (token.tag, tokens[index + 1].content, (token.map or [0])[0] + 1)
        for index, token in enumerate(tokens)
        if token.type == "heading_open"
    ]
    expected = [words.of(language) for words in SECTIONS.values()]
    if not found or found[0][0] != "h1" or found[0][2] != 1:
        raise CourseError(f"{file}: line 1: expected a title: # Title")
    for place, wanted in enumerate(expected, 1):
        tag, text, line = found[place] if place < len(found) else ("", "the end of the file", found[-1][2])
        if (tag, text) != ("h2", wanted):
            raise CourseError(f"{file}: line {line}: expected the heading ## {wanted}, got {text}")
    if len(found) > len(expected) + 1:
        raise CourseError(f"{file}: line {found[len(expected) + 1][2]}: one heading too many")
    return found[0][1], [line for _, _, line in found[1:]]


def _with_figures(line: str, where: str) -> str:
    """The line with its figures computed."""

    def value(match: re.Match[str]) -> str:
        figure: Figure = _at(where, evaluate, match[2])
        return figure.worked if match[1] else figure.text

    return _FIGURE.sub(value, line)


def _at(where: str, function: Any, text: str) -> Any:
    try:
        return function(text)
    except CourseError as error:
        raise CourseError(f"{where}: {error}") from None


def _exercises(lines: Sequence[str], start: int, end: int, file: str) -> Iterator[ExerciseReference]:
    for number in range(start + 1, end):
        line = lines[number - 1].strip()
        if not line:
            continue
        where = f"{file}: line {number}"
        match = re.fullmatch(r"- `([a-z_0-9]+)(?:\((.*)\))?`", line)
        if match is None:
            raise CourseError(f"{where}: expected an exercise such as - `output_size(stride=False)`, got {line}")
        parameters = _keywords(match[2] or "", where)
        try:
            draw(match[1], 0, parameters)
        except CourseError as error:
            raise CourseError(f"{where}: {error}") from None
        yield ExerciseReference(match[1], parameters)


def _keywords(text: str, where: str) -> dict[str, Any]:
    """`stride=False, padding=True` as a dict."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise ValueError
        return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError):
        raise CourseError(f"{where}: expected parameters such as stride=False, got {text}") from None


def _resolve(scheme: str, rest: str, language: Language, lab: str, ledger: str) -> tuple[str, str]:
    """The address of a link, and the verdict that is added to it; no address for what the lab has not yet."""
    if scheme == "lab":
        link = parse_link(rest)
        return lab + link.fragment(language) if link.is_built else "", ""
    return ledger + rest, VERDICTS[notes_claims()[rest].verdict].of(language)


def _with_links(markdown: str, language: Language, lab: str, ledger: str) -> list[Token]:
    """The tokens of a section, with addresses in its links."""
    tokens = _markdown().parse(markdown)
    for token in tokens:
        if token.children:
            token.children = list(_with_addresses(token.children, language, lab, ledger))
    return tokens


def _to_elements(tokens: Sequence[Token]) -> list[Element]:
    """The elements that the tokens open and close."""
    open_elements: list[list[Element]] = [[]]
    for token, _ in _walk(tokens):
        children = open_elements[-1]
        if token.type == "inline" or token.hidden:  # the paragraph of a tight list is none
            continue
        if token.nesting == 1:
            element = _element(token, [])
            children.append(element)
            open_elements.append(element["children"])
        elif token.nesting == -1:
            open_elements.pop()
        elif token.type == "fence":
            children.append({"tag": "pre", "children": [_element(token, [token.content])]})
        elif token.type == "code_inline":
            children.append(_element(token, [token.content]))
        else:
            children.append(" " if token.type == "softbreak" else token.content)
    return open_elements[0]


def _element(token: Token, children: list[Element]) -> dict[str, Any]:
    attributes = {name: str(value) for name in _ATTRIBUTES if (value := token.attrGet(name))}
    return {"tag": token.tag, **attributes, "children": children}


def _with_addresses(tokens: Sequence[Token], language: Language, lab: str, ledger: str) -> Iterator[Token]:
    """The tokens of a line with addresses in its links, and the verdict behind each link to the ledger."""
    from markdown_it.token import Token

    href = verdict = claim = ""
    for token in tokens:
        if token.type == "link_open":
            scheme, _, claim = str(token.attrGet("href")).partition(":")
            if scheme == "https":
                href, verdict = scheme, ""
                token.attrSet("rel", "noreferrer")
            else:
                href, verdict = _resolve(scheme, claim, language, lab, ledger)
                token.attrSet("href", href)
                token.attrSet("class", scheme)
        if token.type in ("link_open", "link_close") and not href:
            if token.type == "link_close":
                yield Token("text", "", 0, content=f" ({NOT_YET.of(language)})")
            continue
        yield token
        if token.type == "link_close" and verdict:
            kind = notes_claims()[claim].verdict.replace(" ", "-")
            yield Token("text", "", 0, content=" ")
            yield Token("strong_open", "strong", 1, attrs={"class": f"verdict {kind}"})
            yield Token("text", "", 0, content=verdict)
            yield Token("strong_close", "strong", -1)
