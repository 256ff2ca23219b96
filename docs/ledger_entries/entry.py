"""One line of the ledger: the notes' claim, Striate's finding, and the verdict that follows from both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from striate.words import Language


class Verdict(StrEnum):
    """Whether the notes agree with the finding."""

    AGREES = "agrees"
    AGREES_IF = "agrees if"
    DISAGREES = "disagrees"
    ANSWERED = "answered"


class Basis(StrEnum):
    """The basis of a finding."""

    COMPUTED = "Computed"
    MEASURED = "Measured"
    CITED = "Cited"
    WORDS = "In words"


@dataclass(frozen=True)
class Finding:
    """A result: `value` is compared with the notes' figure, `text` is for the reader."""

    value: object
    text: str
    basis: Basis = Basis.COMPUTED


def cited(value: object, text: str) -> Callable[[], Finding]:
    """A figure that Striate cannot compute (an error rate on ImageNet, a date), from its source."""
    return lambda: Finding(value, text, Basis.CITED)


def in_words(holds: bool, text: str) -> Callable[[], Finding]:
    """A finding about wording, which is judged and not computed."""
    return lambda: Finding(holds, text, Basis.WORDS)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One claim. The verdict is not stored: it is the comparison of `claim` with the result of `find`.

    `claim` is the notes' figure as data, True for a statement that either holds or does not, None where the notes
    only ask. `condition` is the interpretation under which a claim agrees.
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
        """The result of `find`, computed once."""
        return self.find()

    @property
    def verdict(self) -> Verdict:
        """The claim compared with the finding."""
        if self.claim is None:
            return Verdict.ANSWERED
        if self.claim != self.finding.value:
            return Verdict.DISAGREES
        return Verdict.AGREES_IF if self.condition else Verdict.AGREES


@dataclass(frozen=True)
class Section:
    """A heading of the notes and the claims under it, in their order; `after` writes the text below them, in a
    language."""

    title: str
    english: str
    entries: tuple[Entry, ...]
    after: Callable[[Language], str] | None = None
