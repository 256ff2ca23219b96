"""The ledger's verdicts on the notes' claims, with findings and reasons, as `docs/ledger.py --claims` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from striate.course.languages import Words

VERDICTS: Mapping[str, Words] = {
    "agrees": Words("agrees", "맞음"),
    "agrees if": Words("agrees under one interpretation", "한 가지 해석에서 맞음"),
    "disagrees": Words("disagrees", "맞지 않음"),
    "answered": Words("a question, answered", "물음에 대한 답"),
}


@dataclass(frozen=True)
class NotesClaim:
    """A claim of the notes: its number in the ledger, the notes' own words and their English, the verdict, a key of
    VERDICTS, and under which `condition` it is that; what was found, on which basis, and why."""

    name: str
    number: int
    quote: str
    english: str
    verdict: str
    basis: Words
    finding: Words
    condition: Words
    why: Words
    source: Words


@cache
def notes_claims() -> Mapping[str, NotesClaim]:
    """Every claim of the notes by its name, in their order.

    >>> notes_claims()["nine-five-three-one"].verdict
    'disagrees'
    """
    text = (files("striate.course") / "claims.json").read_text(encoding="utf-8")
    return {claim["name"]: _claim(claim) for claim in json.loads(text)}


def _claim(fields: Mapping[str, Any]) -> NotesClaim:
    """A claim of the file, which has a text in both languages as a list."""
    read: dict[str, Any] = {name: Words(*value) if isinstance(value, list) else value for name, value in fields.items()}
    return NotesClaim(**read)
