"""Sample pictures that ship: a folder a set, with the set's classes and each picture's class, author and licence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SampleSet = Literal["digits", "photos"]
SAMPLE_SETS: tuple[SampleSet, ...] = ("digits", "photos")
"""The sets of sample pictures, by name."""

_FOLDER = Path(__file__).parent / "sample_pictures"


@dataclass(frozen=True)
class SamplePicture:
    """A picture that ships: its class (None where it shows none of its set's), and where it comes from."""

    path: Path
    label: str | None
    author: str
    licence: str
    source: str
    changes: str


def load_samples(name: SampleSet) -> tuple[SamplePicture, ...]:
    """The pictures of a set.

    >>> [sample.label for sample in load_samples("digits")][:3]
    ['0', '1', '2']
    """
    return tuple(
        SamplePicture(_FOLDER / name / one.pop("file"), one.pop("class"), **one) for one in _document(name)["samples"]
    )


def samples_of(classes: Sequence[str]) -> tuple[SamplePicture, ...]:
    """The pictures for a model of these classes, in this order; none if no set has them.

    >>> samples_of(["cat", "dog"])
    ()
    """
    name = sample_set_of(classes)
    return () if name is None else load_samples(name)


def sample_set_of(classes: Sequence[str]) -> SampleSet | None:
    """The set of these classes, in this order; None if no set has them.

    >>> sample_set_of([str(digit) for digit in range(10)])
    'digits'
    """
    return next((name for name in SAMPLE_SETS if _document(name)["classes"] == list(classes)), None)


def _document(name: SampleSet) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_FOLDER / name / "samples.json").read_text(encoding="utf-8"))
    return document
