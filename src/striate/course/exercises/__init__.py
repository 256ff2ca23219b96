"""Exercises that mark themselves: drawn from a seed, with a computed key, named mistakes and a worked solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from striate.course.exercises import arithmetic, cost, parameters, results, sizes
from striate.course.exercises.exercise import (
    Answer,
    Drawn,
    Exercise,
    Form,
    Grid,
    Kind,
    Misconception,
    cell,
    make,
    plain_question,
    same_answer,
)
from striate.course.exercises.marking import MARKING_WORDS, Verdict, mark, read_answer, shown_answer
from striate.course.exercises.misconceptions import MISCONCEPTIONS
from striate.errors import CourseError
from striate.tables import suggest_name

KINDS: Mapping[str, Kind] = {
    **sizes.KINDS, **parameters.KINDS, **cost.KINDS, **arithmetic.KINDS, **results.KINDS
}  # fmt: skip
"""The kinds of exercises, by name."""


def draw(kind: str, seed: int, parameters: Mapping[str, Any] | None = None) -> Exercise:
    """The exercise of a kind and a seed, the same on every machine.

    Args:
        kind: a name of KINDS.
        seed: any whole number.
        parameters: of the kind, those at their default left out.

    Raises:
        CourseError: there is no such kind, or it has no such parameter.

    >>> exercise = draw("output_size", seed=7, parameters={"padding": False})
    >>> exercise.question.en
    'A picture of 36×36 pixels, a kernel of 3×3, stride 4 and no padding. How many pixels has a side of the output?'
    >>> exercise.key, [m.name for m in exercise.misconceptions]
    ((9,), ['forgot-the-one', 'rounded-up', 'forgot-the-stride', 'swapped-kernel-and-stride'])
    """
    if kind not in KINDS:
        raise CourseError(f"no kind of exercise {kind!r}; {suggest_name(kind, KINDS)}")
    return make(kind, KINDS[kind], seed, parameters or {})


__all__ = [
    "KINDS",
    "MARKING_WORDS",
    "MISCONCEPTIONS",
    "Answer",
    "Drawn",
    "Exercise",
    "Form",
    "Grid",
    "Kind",
    "Misconception",
    "Verdict",
    "cell",
    "draw",
    "make",
    "mark",
    "plain_question",
    "read_answer",
    "same_answer",
    "shown_answer",
]
