"""The exercises of a page without a server: drawn beforehand for some seeds, with their keys, mistakes and solutions.

Texts that differ in their numbers only are stored once: `backend/exercises.js` puts the numbers in, and marks answers.
"""

from __future__ import annotations

import re
from typing import Any

from striate.course import MARKING_WORDS, MISCONCEPTIONS, Exercise, Words, cell, draw, lessons

SEEDS = 20
"""How many seeds there are, from 0: so often a student gets the same exercise with other numbers."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_PLACE = "#"


def exercises_document(seeds: int = SEEDS) -> dict[str, Any]:
    """What the page's own backend reads as the document "exercises".

    `texts` are those of all exercises with a "#" in the place of each number. By lesson and number there `exercises`
    have for each seed: the question and the solution in both languages, each as the index of its text and its numbers,
    which the second language lacks where they are the same; the key; for each mistake its place in `mistakes` and the
    answer that it gives; and the rows of each grid.
    """
    texts: dict[str, int] = {}
    names = list(MISCONCEPTIONS)
    exercises = {}
    for lesson in lessons("en"):
        for place, reference in enumerate(lesson.exercises, 1):
            drawn = [draw(reference.kind, seed, reference.parameters) for seed in range(seeds)]
            exercises[f"{lesson.number} {place}"] = {
                "title": drawn[0].title._asdict(),
                "form": drawn[0].form,
                "grids": [grid.title._asdict() for grid in drawn[0].grids],
                "drawn": [_packed(exercise, texts, names) for exercise in drawn],
            }
    return {
        "seeds": seeds,
        "marking": {name: words._asdict() for name, words in MARKING_WORDS.items()},
        "mistakes": [{"name": name, **MISCONCEPTIONS[name]._asdict()} for name in names],
        "texts": list(texts),
        "exercises": exercises,
    }


def _packed(exercise: Exercise, texts: dict[str, int], names: list[str]) -> list[Any]:
    return [
        "|".join(_without_numbers(words, texts) for words in (exercise.question, exercise.solution)),
        list(exercise.key),
        [[names.index(one.name), *one.answer] for one in exercise.misconceptions],
        *("/".join(" ".join(map(cell, row)) for row in grid.rows) for grid in exercise.grids),
    ]


def _without_numbers(words: Words, texts: dict[str, int]) -> str:
    """The index of each language's text without its numbers, which is added to `texts` if it is new, and the numbers.

    >>> _without_numbers(Words("3 of 4.", "4\ubc88 \uc911 3\ubc88"), texts := {}), texts
    ('0 3 4|1 4 3', {'# of #.': 0, '#\ubc88 \uc911 #\ubc88': 1})
    """
    parts = []
    for text in words:
        if _PLACE in text:
            raise ValueError(f"a text with {_PLACE}: {text}")
        index = texts.setdefault(_NUMBER.sub(_PLACE, text), len(texts))
        parts.append([str(index), *_NUMBER.findall(text)])
    first, second = parts
    return " ".join(first) + "|" + " ".join(second[: None if second[1:] != first[1:] else 1])
