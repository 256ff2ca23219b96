"""A ledger of one's own notes: figures of slides or a book, in a TOML file, against what Striate computes.

    title = "Lecture 5"

    [[claims]]
    claim = 28                              # the figure, as it stands there; "60M" is in whole millions
    of = "output_size(32, kernel=5)"        # what it is of: a call of `striate.course.FUNCTIONS`
    where = "slide 12"
    quote = "C1: 28×28"                     # optional

A claim agrees if it is the computed figure, rounded to the digits that the claim has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from striate.course.figures import Figure, evaluate
from striate.course.languages import Words, number
from striate.course.verdicts import VERDICTS
from striate.errors import CourseError, TableError
from striate.tables import parse_toml, read_toml, suggest_name
from striate.text import escape_markdown
from striate.words import Language

_FIELDS = ("claim", "of", "where", "quote")
_SCALES = {
    "": 1, "%": 1, "k": 10**3, "m": 10**6, "million": 10**6, "g": 10**9, "b": 10**9, "billion": 10**9,
    "천": 10**3, "만": 10**4, "백만": 10**6, "억": 10**8,
}  # fmt: skip
"""What may stand behind a number, and what it multiplies it by."""


@dataclass(frozen=True)
class Stated:
    """A figure as it is stated: its value, and the least step in which it is stated (1,000,000 for 60M)."""

    value: Decimal
    step: Decimal

    def agrees(self, computed: float) -> bool:
        """Whether it is the computed figure, rounded to the digits that it has; halves may be rounded either way.

        >>> stated("60M").agrees(60_965_224), stated("61M").agrees(60_965_224), stated(0.36).agrees(0.355)
        (False, True, True)
        """
        exact = Decimal(str(computed))
        return any(
            (exact / self.step).quantize(Decimal(1), rounding) * self.step == self.value
            for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN)
        )


def stated(value: float | str) -> Stated:
    """A figure as a file states it: a number, or a text such as "1,520", "60M", "6.67 %", "2.5만".

    Raises:
        CourseError: it is no such figure.

    >>> stated("1,520"), stated("60M")
    (Stated(value=Decimal('1520'), step=Decimal('1')), Stated(value=Decimal('60000000'), step=Decimal('1000000')))
    """
    text = str(value).strip().replace("−", "-").replace("×10^", "e")
    match = re.fullmatch(r"(-?[\d,]*\.?\d+(?:e-?\d{1,2})?)\s*([^\d\s.,]*)", text)
    scale = _SCALES.get(match[2].lower()) if match else None
    if match is None or scale is None or len(text) > 40:
        raise CourseError(f'expected a number, or a text such as "1,520" or "60M", got {value!r}')
    try:
        written = Decimal(match[1].replace(",", ""))
    except InvalidOperation:
        raise CourseError(f'expected a number, or a text such as "1,520" or "60M", got {value!r}') from None
    exponent = written.as_tuple().exponent
    step = Decimal(1).scaleb(min(0, int(exponent))) * scale
    return Stated(written * scale, step)


@dataclass(frozen=True)
class Claim:
    """A figure of somebody's notes: as stated, what it is of, and where it stands."""

    text: str
    stated: tuple[Stated, ...]
    of: str
    where: str
    quote: str
    line: int | None


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim and the computed figure; `verdict` is "agrees" or "disagrees"."""

    claim: Claim
    figure: Figure

    @property
    def verdict(self) -> str:
        """Whether the claim agrees with the figure; several numbers must all agree, in their order."""
        values = self.figure.value if isinstance(self.figure.value, tuple) else (self.figure.value,)
        agree = len(values) == len(self.claim.stated) and all(
            one.agrees(value) for one, value in zip(self.claim.stated, values, strict=True)
        )
        return "agrees" if agree else "disagrees"


@dataclass(frozen=True)
class ClaimLedger:
    """The verdicts on the claims of a file, in its order."""

    title: str
    verdicts: tuple[ClaimVerdict, ...]

    @property
    def disagreements(self) -> int:
        """How many claims disagree."""
        return sum(one.verdict == "disagrees" for one in self.verdicts)


def check_claims(file: Path) -> ClaimLedger:
    """The ledger of a TOML file of claims.

    Raises:
        CourseError: the file cannot be read, or a claim is not one: names file, line and what was expected.
    """
    try:
        text = read_toml(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CourseError(f"{file}: cannot read the claims: {reason}") from None
    return check_claims_text(text, str(file))


def check_claims_text(text: str, file: str) -> ClaimLedger:
    """The ledger of a TOML text; `file` is its name in errors.

    >>> text = '[[claims]]\\nclaim = 27\\nof = "output_size(32, kernel=5)"\\n'
    >>> [one.verdict for one in check_claims_text(text, "notes.toml").verdicts]
    ['disagrees']
    """
    try:
        data = parse_toml(text, file)
    except TableError as error:
        raise CourseError(str(error)) from None
    unknown = [key for key in data if key not in ("title", "claims")]
    if unknown:
        raise CourseError(f"{file}: unknown key {unknown[0]!r}; {suggest_name(unknown[0], ('title', 'claims'))}")
    title, claims = data.get("title", ""), data.get("claims", [])
    if not isinstance(title, str):
        raise CourseError(f"{file}: title: expected a text, got {title!r}")
    if not isinstance(claims, list) or not all(isinstance(claim, dict) for claim in claims):
        raise CourseError(f"{file}: claims: expected tables that begin with [[claims]]")
    if not claims:
        raise CourseError(f"{file}: no claims; expected at least one table that begins with [[claims]]")
    lines = _lines(text, len(claims))
    return ClaimLedger(
        title,
        tuple(
            _verdict(claim, place, line, file) for place, (claim, line) in enumerate(zip(claims, lines, strict=True), 1)
        ),
    )


def _lines(text: str, count: int) -> Sequence[int | None]:
    """The line of each [[claims]]; None for all if the text has them in another form."""
    found = [n for n, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*[\"']?claims[\"']?\s*\]\]", line)]
    return found if len(found) == count else [None] * count


def _verdict(data: Mapping[str, Any], place: int, line: int | None, file: str) -> ClaimVerdict:
    at = f"{file}: " + (f"line {line}: " if line is not None else "") + f"claim {place}"
    for key in data:
        if key not in _FIELDS:
            raise CourseError(f"{at}: unknown key {key!r}; {suggest_name(key, _FIELDS)}")
    for key in ("claim", "of"):
        if key not in data:
            raise CourseError(f"{at}: the key {key} is missing")
    texts = {key: data.get(key, "") for key in ("of", "where", "quote")}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise CourseError(f"{at}: {key}: expected a text in quotes, got {value!r}")
    parts = data["claim"] if isinstance(data["claim"], list) else [data["claim"]]
    if not parts or not all(isinstance(part, int | float | str) and not isinstance(part, bool) for part in parts):
        raise CourseError(f"{at}: claim: expected a number, a text or a list of them, got {data['claim']!r}")
    try:
        figures = tuple(map(stated, parts))
    except CourseError as error:
        raise CourseError(f"{at}: claim: {error}") from None
    try:
        figure = evaluate(texts["of"])
    except CourseError as error:
        raise CourseError(f"{at}: of: {error}") from None
    shown = ", ".join(part if isinstance(part, str) else number(part) for part in parts)
    return ClaimVerdict(Claim(shown, figures, texts["of"], texts["where"], texts["quote"], line), figure)


_TITLE = Words("The ledger of one's own notes", "내 노트의 원장")
_COLUMNS = (
    Words("#", "#"),
    Words("Where", "위치"),
    Words("Claim", "주장"),
    Words("Of", "무엇의 값"),
    Words("Striate", "Striate의 계산"),
    Words("Verdict", "판정"),
)
_SUMMARY = Words(
    "Claims: {count}; agree: {agree}; disagree: {disagree}.", "주장 {count}개: 맞음 {agree}개, 맞지 않음 {disagree}개."
)


def ledger_rows(ledger: ClaimLedger, language: Language) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The ledger as the titles of its columns and a row of cells for each claim."""
    rows: list[tuple[str, ...]] = [
        (
            str(place),
            one.claim.where,
            f"{one.claim.quote}: {one.claim.text}" if one.claim.quote else one.claim.text,
            one.claim.of,
            one.figure.worked,
            VERDICTS[one.verdict].of(language),
        )
        for place, one in enumerate(ledger.verdicts, 1)
    ]
    return tuple(words.of(language) for words in _COLUMNS), rows


def ledger_summary(ledger: ClaimLedger, language: Language) -> str:
    """How many claims agree, as a sentence."""
    count, disagree = len(ledger.verdicts), ledger.disagreements
    return _SUMMARY.of(language).format(count=count, agree=count - disagree, disagree=disagree)


def ledger_markdown(ledger: ClaimLedger, language: Language) -> str:
    """The ledger as a page of Markdown."""
    header, rows = ledger_rows(ledger, language)
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    for row, one in zip(rows, ledger.verdicts, strict=True):
        *cells, verdict = map(escape_markdown, row)
        lines.append(f"| {' | '.join(cells)} | {f'**{verdict}**' if one.verdict == 'disagrees' else verdict} |")
    title = escape_markdown(ledger.title or _TITLE.of(language))
    return "\n".join([f"# {title}", "", ledger_summary(ledger, language), "", *lines]) + "\n"
