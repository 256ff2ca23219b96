"""One line of the ledger: what the notes say, what Striate finds, and the verdict that follows from the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Verdict(StrEnum):
    """How the notes and the finding stand to each other."""

    AGREES = "agrees"
    AGREES_IF = "agrees if"
    DISAGREES = "disagrees"
    ANSWERED = "answered"


class Basis(StrEnum):
    """What a finding rests on."""

    COMPUTED = "Computed"
    MEASURED = "Measured"
    CITED = "Cited"
    WORDS = "In words"


@dataclass(frozen=True)
class Finding:
    """What came out: `value` is compared with the notes' figure, `text` says it to a reader."""

    value: object
    text: str
    basis: Basis = Basis.COMPUTED


def cited(value: object, text: str) -> Callable[[], Finding]:
    """A figure that Striate cannot compute (an error rate on ImageNet, a date), as its source has it."""
    return lambda: Finding(value, text, Basis.CITED)


def in_words(holds: bool, text: str) -> Callable[[], Finding]:
    """A matter of words, judged and not computed."""
    return lambda: Finding(holds, text, Basis.WORDS)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One claim. The verdict is never written down: it is `claim` compared with what `find` brings.

    `claim` is the notes' figure as data, True for a statement that either holds or does not, None where the notes
    ask and state nothing. `condition` says on what reading a claim that agrees does so.
    """

    name: str
    quote: str
    english: str
    claim: object
    find: Callable[[], Finding]
    why: str
    source: str = ""
    condition: str = ""

    @cached_property
    def finding(self) -> Finding:
        """What `find` brings; asked for once."""
        return self.find()

    @property
    def verdict(self) -> Verdict:
        """The claim against the finding."""
        if self.claim is None:
            return Verdict.ANSWERED
        if self.claim != self.finding.value:
            return Verdict.DISAGREES
        return Verdict.AGREES_IF if self.condition else Verdict.AGREES


@dataclass(frozen=True)
class Section:
    """A heading of the notes and the claims under it, in their order; `after` writes what stands below them."""

    title: str
    english: str
    entries: tuple[Entry, ...]
    after: Callable[[], str] | None = None
