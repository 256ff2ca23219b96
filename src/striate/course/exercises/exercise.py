"""An exercise: a question in numbers drawn from a seed, its key, and the answers that known mistakes give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from striate.course.exercises.misconceptions import MISCONCEPTIONS
from striate.course.languages import Words
from striate.errors import CourseError
from striate.text import width
from striate.words import Language

Answer = tuple[float, ...]
"""The numbers of an answer, in their order."""
Form = Literal["whole", "size", "list", "decimal"]
"""What an answer is: a whole number, the side of a square (`28` or `28×28`), several numbers, a number with two
digits after its point."""


TOLERANCE = 0.01
"""Between an answer and the key: a decimal is asked for with two digits. All other answers are whole, or quarters."""
_TRIES = 6
"""Draws for one exercise, of which the clearest is taken, the first of equals."""


@dataclass(frozen=True)
class Grid:
    """Numbers in rows that a question shows: a picture, a kernel, a table of results."""

    title: Words
    rows: tuple[tuple[float | str, ...], ...]


@dataclass(frozen=True)
class Drawn:
    """What a kind draws: `wrong` has for each misconception the answer that it gives, None where it gives none.

    The misconception that the kind is most about comes first.
    """

    numbers: dict[str, Any]
    question: Words
    key: Answer
    wrong: Mapping[str, Sequence[float] | None]
    solution: Words
    form: Form = "whole"
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of exercise. `draw` gets the random numbers and the parameters, whose names and defaults are here."""

    title: Words
    draw: Callable[..., Drawn]
    parameters: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """The values that each parameter may have, its default first."""


@dataclass(frozen=True)
class Misconception:
    """A known mistake, the answer that it gives here, and what helps the one who made it."""

    name: str
    answer: Answer
    says: Words


@dataclass(frozen=True)
class Exercise:
    """An exercise as a student gets it, with its key. `numbers` are those drawn, for whoever checks the key."""

    kind: str
    parameters: Mapping[str, Any]
    seed: int
    title: Words
    question: Words
    grids: tuple[Grid, ...]
    form: Form
    key: Answer
    misconceptions: tuple[Misconception, ...]
    solution: Words
    numbers: Mapping[str, Any]


def make(name: str, kind: Kind, seed: int, parameters: Mapping[str, Any]) -> Exercise:
    """The exercise of a kind, a seed and parameters: the same ones on every machine.

    Raises:
        CourseError: the kind has no such parameter, or not with this value.
    """
    chosen = {key: values[0] for key, values in kind.parameters.items()}
    for key, value in parameters.items():
        allowed = kind.parameters.get(key, ())
        if value not in allowed:
            raise CourseError(
                f"{name}: {key}={value!r}: expected "
                + (f"one of {', '.join(map(repr, allowed))}" if allowed else f"one of the parameters {list(chosen)}")
            )
        chosen[key] = value
    settings = " ".join(f"{key}={value}" for key, value in sorted(chosen.items()))
    random = Random(f"{name} {settings} {seed}")
    drawn = max((kind.draw(random, **chosen) for _ in range(_TRIES)), key=_clearness)
    return Exercise(
        kind=name,
        parameters=chosen,
        seed=seed,
        title=kind.title,
        question=drawn.question,
        grids=drawn.grids,
        form=drawn.form,
        key=drawn.key,
        misconceptions=_offered(drawn),
        solution=drawn.solution,
        numbers=drawn.numbers,
    )


def _clearness(drawn: Drawn) -> tuple[bool, int]:
    """Whether the first misconception can be told apart, and how many can."""
    offered = [misconception.name for misconception in _offered(drawn)]
    return next(iter(drawn.wrong)) in offered, len(offered)


def _offered(drawn: Drawn) -> tuple[Misconception, ...]:
    """The misconceptions whose answer is neither the key nor another's: of two alike neither can be told apart."""
    answers = {name: tuple(answer) for name, answer in drawn.wrong.items() if answer is not None}
    apart = 3 * TOLERANCE if drawn.form == "decimal" else TOLERANCE  # rounded, they are still apart
    answers = {name: answer for name, answer in answers.items() if not same_answer(answer, drawn.key, apart)}
    return tuple(
        Misconception(name, answer, MISCONCEPTIONS[name])
        for name, answer in answers.items()
        if not any(same_answer(answer, other, apart) for rival, other in answers.items() if rival != name)
    )


def same_answer(one: Sequence[float], other: Sequence[float], tolerance: float = TOLERANCE) -> bool:
    """Whether two answers are the same to whoever marks them: within a hundredth.

    >>> same_answer((0.333,), (0.34,)), same_answer((3, 4), (4, 3))
    (True, False)
    """
    return len(one) == len(other) and all(abs(a - b) <= tolerance + 1e-9 for a, b in zip(one, other, strict=True))


def plain_question(exercise: Exercise, language: Language) -> str:
    """The question with its grids as plain text."""
    lines = [exercise.question.of(language)]
    for grid in exercise.grids:
        columns = max(width(cell(value)) for row in grid.rows for value in row)
        rows = (" ".join(" " * (columns - width(cell(value))) + cell(value) for value in row) for row in grid.rows)
        lines += ["", f"{grid.title.of(language)}:", *rows]
    return "\n".join(lines)


def cell(value: float | str) -> str:
    """A cell of a grid as text.

    >>> cell(-2), cell("dog"), cell(0.5)
    ('−2', 'dog', '0.5')
    """
    return value if isinstance(value, str) else f"{value:g}".replace("-", "−")
