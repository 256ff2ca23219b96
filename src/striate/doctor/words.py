"""The findings in words, which the command line and the page share."""

from __future__ import annotations

from striate.doctor.diagnosis import Diagnosis
from striate.doctor.label_suspects import LabelSuspect
from striate.doctor.near_doubles import NearDouble
from striate.doctor.shortcuts import Shortcut


def double_in_words(diagnosis: Diagnosis, pair: NearDouble) -> str:
    """What a pair is."""
    leaks = diagnosis.leaks(pair.first, pair.second)
    reasons = {"part": "in two parts", "class": "in two classes"}
    where = f", {' and '.join(reasons[leak] for leak in leaks)}: a leak" if leaks else ""
    return f"one picture, correlation {pair.correlation:.3f}{where}"


def suspect_in_words(diagnosis: Diagnosis, suspect: LabelSuspect) -> str:
    """What a picture is taken for."""
    collection = diagnosis.collection
    own, other = collection.class_of(suspect.index), collection.classes[suspect.label]
    return f"labelled {own} (probability {suspect.own:.1%}), probably {other} ({suspect.other:.1%})"


def shortcut_in_words(diagnosis: Diagnosis, shortcut: Shortcut) -> str:
    """What gives a class away, and how surely."""
    values = shortcut.low if isinstance(shortcut.low, str) else f"from {shortcut.low:.4g} to {shortcut.high:.4g}"
    return (
        f"{diagnosis.collection.classes[shortcut.label]}: {shortcut.statistic} {values}:"
        f" {shortcut.precision:.1%} of the pictures with it are of this class, {shortcut.recall:.1%} of the class have"
        f" it; F1 {shortcut.f1:.3f}, by chance {shortcut.chance:.3f}"
    )


def size_in_words(diagnosis: Diagnosis, index: int) -> str:
    """How small a picture is."""
    width, height = diagnosis.collection.sizes[index].tolist()
    return f"{width}x{height} pixels, scaled up to the input of {diagnosis.side}"
