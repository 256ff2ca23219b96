"""The ledger: every figure and claim of the lecture notes beside what Striate finds, as Markdown.

    python docs/ledger.py > docs/ledger.md

The claims stand in `ledger_entries/`, in the order of the notes. Nothing here or there states a result: each is
computed anew, and the verdict is the comparison.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from ledger_entries.entry import Basis, Entry, Section, Verdict

_INTRODUCTION = """\
# The ledger of the notes

Striate implements a set of lecture notes on convolutional networks, written in Korean. This page sets each figure and
each claim of the notes, in their order, beside what Striate finds. It is made by `python docs/ledger.py`; a test makes
it again and compares.

A verdict is not written by hand: the notes' figure is compared with the finding. *Computed* findings come from the
equations, the tables and the reference loops. *Measured* ones come from small networks before training, with a fixed
seed, in double precision. *Cited* ones, such as error rates on ImageNet, are the papers', since Striate has not trained
on it. A matter of words is judged *in words*. **Agrees if** names the reading on which a claim holds. **Answered**
marks a question of the notes. Names of people, addresses, references and plans to study are left out, and so are
pictures."""

_COLUMNS = ("#", "The notes", "Striate", "Verdict", "Why")
_NOT_PROSE = set("\\$_*{")  # what Markdown would take for markup


def render(sections: tuple[Section, ...]) -> str:
    """The whole page."""
    entries = [entry for section in sections for entry in section.entries]
    numbers = {entry.name: number for number, entry in enumerate(entries, 1)}
    parts = [_INTRODUCTION, _summary(entries, numbers), *(_section(section, numbers) for section in sections)]
    return "\n\n".join(parts) + "\n"


def _summary(entries: list[Entry], numbers: dict[str, int]) -> str:
    verdicts = Counter(entry.verdict for entry in entries)
    bases = Counter(entry.finding.basis for entry in entries)
    counts = ", ".join(f"{verdicts[verdict]} {_WORDS[verdict]}" for verdict in Verdict)
    on_what = ", ".join(f"{bases[basis]} {basis.lower()}" for basis in Basis)
    return "\n\n".join(
        (
            "## In short",
            f"{len(entries)} claims: {counts}. By what the finding rests on: {on_what}.",
            "The notes **disagree** with what Striate finds here:",
            _links(numbers, (entry for entry in entries if entry.verdict is Verdict.DISAGREES)),
            "They agree **on one reading only** here:",
            _links(numbers, (entry for entry in entries if entry.verdict is Verdict.AGREES_IF)),
        )
    )


_WORDS = {
    Verdict.AGREES: "agree",
    Verdict.AGREES_IF: "agree on one reading",
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
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the command line does: threads that wait do not spin
    from ledger_entries.sections import SECTIONS

    print(render(SECTIONS), end="")


if __name__ == "__main__":
    main()
