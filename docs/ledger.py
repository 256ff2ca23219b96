"""The ledger: every figure and claim of the lecture notes compared with Striate's findings, as Markdown.

    python docs/ledger.py > docs/ledger.md
    python docs/ledger.py --language ko > docs/ledger.ko.md
    python docs/ledger.py --claims > src/striate/course/claims.json    # what the lessons and the page state

The claims are in `ledger_entries/`, in the order of the notes. No result is written by hand: each finding is computed,
and the verdict is its comparison with the claim. The Korean findings are in `ledger_entries/korean.toml`; their numbers
are compared with those that are computed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable

from ledger_entries.entry import Basis, Entry, Section, Verdict
from ledger_entries.korean import korean_finding, korean_text
from ledger_entries.mathematics import plain_mathematics, plain_text

from striate.course import VERDICTS, Words
from striate.words import LANGUAGES, Language

_INTRODUCTION = Words(
    """\
# The ledger of the notes

Striate implements a set of lecture notes on convolutional networks, written in Korean. This page compares each figure
and each claim of the notes, in their order, with Striate's finding. `python docs/ledger.py` makes it; a test makes it
again and compares.

A verdict is not written by hand: the notes' figure is compared with the finding. *Computed* findings come from the
equations, the tables and the reference loops. *Measured* findings come from small networks at initialization, in double
precision, over several seeds where they depend on them: then the geometric mean is given, and the range in brackets if
it prints differently. *Cited* findings, such as error rates on ImageNet, are the papers', since Striate has not trained
on it. Findings about wording are *in words*. **Agrees if** names the interpretation under which a claim holds: the one
that the notes themselves suggest, where there is one. **Answered** marks a question of the notes. Names of people,
addresses, references, plans to study and pictures are left out.

[한국어](ledger.ko.md)""",
    """\
# 노트의 원장

Striate는 한국어로 쓴 합성곱 신경망 강의 노트를 구현합니다. 이 문서는 노트의 숫자와 주장을 순서대로 Striate가 찾은
것과 비교합니다. `python docs/ledger.py --language ko`가 만들고, 테스트가 다시 만들어 비교합니다.

판정은 손으로 쓰지 않습니다. 노트의 숫자를 찾은 값과 비교합니다. *계산*한 값은 식, 표, 참조 구현의 반복문에서
나옵니다. *측정*한 값은 학습 전의 작은 신경망에서 배정밀도로 잰 것이고, 시드에 따라 다르면 여러 시드의 기하평균이며
인쇄되는 값이 다르면 범위를 함께 적었습니다. ImageNet의 오류율처럼 *인용*한 값은 논문의 것입니다. Striate는
ImageNet으로 학습하지 않았습니다. 낱말에 대한 것은 *말*로 답했습니다. **한 가지 해석에서 맞음**에는 주장이 맞는 해석을
적었습니다. **물음에 대한 답**은 노트의 물음에 답한 것입니다. 이름, 주소, 참고 문헌, 공부 계획, 그림은 뺐습니다.

[English](ledger.md)""",
)

_COLUMNS = Words("# | The notes | Striate | Verdict | Why", "# | 노트 | Striate | 판정 | 이유")
_BASES = {
    Basis.COMPUTED: Words("Computed", "계산"),
    Basis.MEASURED: Words("Measured", "측정"),
    Basis.CITED: Words("Cited", "인용"),
    Basis.WORDS: Words("In words", "말"),
}
_NOT_PROSE = set("\\$_*{")  # Markdown would interpret these as markup


def render(sections: tuple[Section, ...], language: Language = "en") -> str:
    """The whole page."""
    entries = [entry for section in sections for entry in section.entries]
    numbers = {entry.name: number for number, entry in enumerate(entries, 1)}
    body = [_section(section, numbers, language) for section in sections]
    return "\n\n".join([_INTRODUCTION.of(language), _summary(entries, numbers, language), *body]) + "\n"


_SHORT = Words("In short", "요약")
_COUNTS = Words(
    "{count} claims: {verdicts}. Basis of the findings: {bases}.", "주장 {count}개: {verdicts}. 찾은 방법: {bases}."
)
_DISAGREE = Words("The notes **disagree** with Striate's finding here:", "노트가 Striate가 찾은 것과 **맞지 않는** 곳:")
_AGREE_IF = Words("They agree **under one interpretation only** here:", "**한 가지 해석에서만** 맞는 곳:")
_COUNTED = {
    Verdict.AGREES: Words("{count} agree", "맞음 {count}개"),
    Verdict.AGREES_IF: Words("{count} agree under one interpretation", "한 가지 해석에서 맞음 {count}개"),
    Verdict.DISAGREES: Words("{count} disagree", "맞지 않음 {count}개"),
    Verdict.ANSWERED: Words("{count} are questions, answered", "물음에 대한 답 {count}개"),
}


def _summary(entries: list[Entry], numbers: dict[str, int], language: Language) -> str:
    verdicts = Counter(entry.verdict for entry in entries)
    bases = Counter(entry.finding.basis for entry in entries)
    by_verdict = ", ".join(_COUNTED[verdict].of(language).format(count=verdicts[verdict]) for verdict in Verdict)
    by_basis = ", ".join(
        f"{bases[basis]} {basis.lower()}" if language == "en" else f"{_BASES[basis].ko} {bases[basis]}개"
        for basis in Basis
    )
    counts = _COUNTS.of(language).format(count=len(entries), verdicts=by_verdict, bases=by_basis)
    return "\n\n".join(
        (
            f"## {_SHORT.of(language)}",
            counts,
            _DISAGREE.of(language),
            _links(numbers, (entry for entry in entries if entry.verdict is Verdict.DISAGREES), language),
            _AGREE_IF.of(language),
            _links(numbers, (entry for entry in entries if entry.verdict is Verdict.AGREES_IF), language),
        )
    )


def _links(numbers: dict[str, int], entries: Iterable[Entry], language: Language) -> str:
    return "\n".join(
        f"- [{numbers[entry.name]}](#{entry.name}): {entry.english if language == 'en' else _quoted(entry.quote)}"
        for entry in entries
    )


def _section(section: Section, numbers: dict[str, int], language: Language) -> str:
    both = language == "en" and section.title != section.english
    lines = [f"## {section.title} — {section.english}" if both else f"## {section.title}", ""]
    lines += [f"| {_COLUMNS.of(language)} |", "|---|---|---|---|---|"]
    lines += [_line(_cells(entry, numbers[entry.name], language)) for entry in section.entries]
    if section.after is not None:
        lines += ["", section.after(language)]
    return "\n".join(lines)


def _cells(entry: Entry, number: int, language: Language) -> tuple[str, ...]:
    condition, why, source = (_text(entry, field, language) for field in ("condition", "why", "source"))
    return (
        f'<a id="{entry.name}"></a>{number}',
        f"{_quoted(entry.quote)} {entry.english}" if language == "en" else _quoted(entry.quote),
        f"*{_BASES[entry.finding.basis].of(language)}:* {_finding(entry, language)}",
        _verdict(entry, condition, language),
        " ".join(filter(None, (why, f"({source})" if source else ""))),
    )


def _verdict(entry: Entry, condition: str, language: Language) -> str:
    if language == "en":
        return f"**{entry.verdict}**" + (f" {condition}" if entry.verdict is Verdict.AGREES_IF else "")
    words = VERDICTS[entry.verdict].ko
    return f"**{words}**: {condition}" if entry.verdict is Verdict.AGREES_IF else f"**{words}**"


def _finding(entry: Entry, language: Language) -> str:
    return entry.finding.text if language == "en" else korean_finding(entry)


def _text(entry: Entry, field: str, language: Language) -> str:
    return str(getattr(entry, field)) if language == "en" else korean_text(entry, field)


def _quoted(quote: str) -> str:
    plain = plain_mathematics(quote)
    return f"`{plain}`" if _NOT_PROSE & set(plain) else f"“{plain}”"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def claims(sections: tuple[Section, ...]) -> str:
    """Every claim with its verdict, its finding and the reason, in both languages and without marks, as JSON, a line
    each."""
    entries = (entry for section in sections for entry in section.entries)
    lines = [json.dumps(_claim(entry, number), ensure_ascii=False) for number, entry in enumerate(entries, 1)]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _claim(entry: Entry, number: int) -> dict[str, object]:
    fields = ("condition", "why", "source")
    texts = {field: [plain_text(_text(entry, field, language)) for language in LANGUAGES] for field in fields}
    return {
        "name": entry.name,
        "number": number,
        "quote": plain_mathematics(entry.quote),
        "english": plain_text(entry.english),
        "verdict": entry.verdict,
        "basis": list(_BASES[entry.finding.basis]),
        "finding": [plain_text(_finding(entry, language)) for language in LANGUAGES],
        **texts,
    }


def main() -> None:
    """Print the page, or the claims."""
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the command line does: waiting threads spin only briefly
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", action="store_true", help="the claims as JSON, for the lessons")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the page (en)")
    options = parser.parse_args()
    from ledger_entries.sections import SECTIONS

    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    print(claims(SECTIONS) if options.claims else render(SECTIONS, options.language), end="")


if __name__ == "__main__":
    main()
