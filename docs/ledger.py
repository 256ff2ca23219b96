"""The ledger: every figure and claim of the lecture notes compared with Striate's findings, as Markdown.

    python docs/ledger.py > docs/ledger.md

The claims are in `ledger_entries/`, in the order of the notes. No result is written by hand: each finding is computed,
and the verdict is its comparison with the claim.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from ledger_entries.entry import Basis, Entry, Section, Verdict

_INTRODUCTION = """\
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
addresses, references, plans to study and pictures are left out."""

_COLUMNS = ("#", "The notes", "Striate", "Verdict", "Why")
_NOT_PROSE = set("\\$_*{")  # Markdown would interpret these as markup


def render(sections: tuple[Section, ...]) -> str:
    """The whole page."""
    entries = [entry for section in sections for entry in section.entries]
    numbers = {entry.name: number for number, entry in enumerate(entries, 1)}
    parts = [_INTRODUCTION, _summary(entries, numbers), *(_section(section, numbers) for section in sections)]
    return "\n\n".join(parts) + "\n"


def _summary(entries: list[Entry], numbers: dict[str, int]) -> str:
    verdicts = Counter(entry.verdict for entry in entries)
    bases = Counter(entry.finding.basis for entry in entries)
    by_verdict = ", ".join(f"{verdicts[verdict]} {_WORDS[verdict]}" for verdict in Verdict)
    by_basis = ", ".join(f"{bases[basis]} {basis.lower()}" for basis in Basis)
    return "\n\n".join(
        (
            "## In short",
            f"{len(entries)} claims: {by_verdict}. Basis of the findings: {by_basis}.",
            "The notes **disagree** with Striate's finding here:",
            _links(numbers, (entry for entry in entries if entry.verdict is Verdict.DISAGREES)),
            "They agree **under one interpretation only** here:",
            _links(numbers, (entry for entry in entries if entry.verdict is Verdict.AGREES_IF)),
        )
    )


_WORDS = {
    Verdict.AGREES: "agree",
    Verdict.AGREES_IF: "agree under one interpretation",
    Verdict.DISAGREES: "disagree",
    Verdict.ANSWERED: "are questions, answered",
}


def _links(numbers: dict[str, int], entries: Iterable[Entry]) -> str:
    return "\n".join(f"- [{numbers[entry.name]}](#{entry.name}): {entry.english}" for entry in entries)


def _section(section: Section, numbers: dict[str, int]) -> str:
    heading = section.title if section.title == section.english else f"{section.title} — {section.english}"
    lines = [f"## {heading}", "", _line(_COLUMNS), "|" + "---|" * len(_COLUMNS)]
    lines += [_line(_cells(entry, numbers[entry.name])) for entry in section.entries]
    if section.after is not None:
        lines += ["", section.after()]
    return "\n".join(lines)


def _cells(entry: Entry, number: int) -> tuple[str, ...]:
    finding = entry.finding
    condition = f" {entry.condition}" if entry.verdict is Verdict.AGREES_IF else ""
    return (
        f'<a id="{entry.name}"></a>{number}',
        f"{_quoted(entry.quote)} {entry.english}",
        f"*{finding.basis}:* {finding.text}",
        f"**{entry.verdict}**{condition}",
        " ".join(filter(None, (entry.why, f"({entry.source})" if entry.source else ""))),
    )


def _quoted(quote: str) -> str:
    return f"`{quote}`" if _NOT_PROSE & set(quote) else f"“{quote}”"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def main() -> None:
    """Print the page."""
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the command line does: waiting threads spin only briefly
    from ledger_entries.sections import SECTIONS

    print(render(SECTIONS), end="")


if __name__ == "__main__":
    main()
