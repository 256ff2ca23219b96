"""GET /lab/lessons, /lab/lesson, /lab/exercise, /lab/solution, /lab/claims and POST /lab/exercise: the course.

An exercise is named by its lesson, its number there and a seed; it is drawn anew for each request, and no answer is
kept.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.course import (
    KINDS,
    SECTIONS,
    VERDICTS,
    Element,
    Exercise,
    Lesson,
    cell,
    draw,
    lessons,
    load_lesson,
    mark,
    notes_claims,
    shown_answer,
)
from striate.errors import RequestError
from striate.web.errors import page_language
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, parse_document, query_int
from striate.words import Language

_LEDGER = "#lessons?claim="
_MOST_SEED = 999_999


def routes(lab: Lab) -> list[Route]:
    """The routes of the lessons."""

    async def show_lessons(request: Request) -> Response:
        language = page_language(request)
        return await lab.tables.respond(lambda: {"lessons": [_entry(lesson) for lesson in lessons(language)]})

    async def show_lesson(request: Request) -> Response:
        language = page_language(request)
        return await lab.tables.respond(lambda: lesson_document(load_lesson(_number(request), language)))

    async def show_claims(request: Request) -> Response:
        language = page_language(request)
        return await lab.tables.respond(lambda: {"claims": claims(language)})

    async def show_exercise(request: Request) -> Response:
        language = page_language(request)
        return await lab.tables.respond(lambda: question(_draw(request), language))

    async def mark_answer(request: Request) -> Response:
        language, body = page_language(request), await lab.bodies.json(request)
        return await lab.tables.respond(lambda: verdict(_draw(request), parse_document(body), language))

    async def show_solution(request: Request) -> Response:
        language = page_language(request)
        return await lab.tables.respond(lambda: solution(_draw(request), language))

    return [
        lab_route("GET", "lessons", show_lessons),
        lab_route("GET", "lesson", show_lesson),
        lab_route("GET", "claims", show_claims),
        lab_route("GET", "exercise", show_exercise),
        lab_route("POST", "exercise", mark_answer),
        lab_route("GET", "solution", show_solution),
    ]


def lesson_document(lesson: Lesson) -> dict[str, Any]:
    """A lesson for the page: what to predict, the choices, each further section as elements, its exercises, and from
    how many seeds, from 0 on, they are drawn."""
    predict, *others = (lesson.elements(name, ledger=_LEDGER) for name in SECTIONS)
    choices: list[list[Element]] = []
    if isinstance(last := predict[-1], dict) and last["tag"] == "ul":
        choices = [choice["children"] for choice in last["children"]]
        predict.pop()
    named = dict(zip(list(SECTIONS)[1:], others, strict=True))
    del named["exercises"]
    return {
        **_entry(lesson),
        "predict": predict,
        "choices": choices,
        "sections": {name: {"title": SECTIONS[name].of(lesson.language), "elements": e} for name, e in named.items()},
        "exercises": [KINDS[one.kind].title.of(lesson.language) for one in lesson.exercises],
        "seeds": _MOST_SEED + 1,
    }


def claims(language: Language) -> list[dict[str, Any]]:
    """The notes' claims in their order, each with the ledger's verdict, what was found and why, and the number
    of the lesson that it is in."""
    number_of = {claim: lesson.number for lesson in lessons(language) for claim in lesson.claims}
    return [
        {
            "name": claim.name,
            "number": claim.number,
            "quote": claim.quote,
            "english": claim.english if language == "en" else "",
            "verdict": claim.verdict,
            "says": VERDICTS[claim.verdict].of(language),
            "condition": claim.condition.of(language) if claim.verdict == "agrees if" else "",
            "basis": claim.basis.of(language),
            "finding": claim.finding.of(language),
            "why": claim.why.of(language),
            "source": claim.source.of(language),
            "lesson": number_of[claim.name],
        }
        for claim in notes_claims().values()
    ]


def question(exercise: Exercise, language: Language) -> dict[str, Any]:
    """What a student gets of an exercise: no key, no solution."""
    return {
        "title": exercise.title.of(language),
        "question": exercise.question.of(language),
        "grids": [
            {"title": grid.title.of(language), "rows": [[cell(value) for value in row] for row in grid.rows]}
            for grid in exercise.grids
        ],
    }


def verdict(exercise: Exercise, document: Any, language: Language) -> dict[str, Any]:
    """The verdict on the answer in {"answer": ...}. RequestError if it has none."""
    answer = document.get("answer") if isinstance(document, dict) else None
    if not isinstance(answer, str):
        raise RequestError('expected {"answer": a text}')
    marked = mark(exercise, answer)
    return {
        "right": marked.right,
        "readable": marked.read is not None,
        "misconception": marked.misconception.name if marked.misconception else None,
        "says": marked.says.of(language),
    }


def solution(exercise: Exercise, language: Language) -> dict[str, Any]:
    """The key, how it is worked out, and what other answers come from."""
    return {
        "key": shown_answer(exercise.key, exercise.form),
        "solution": exercise.solution.of(language),
        "mistakes": [
            {"answer": shown_answer(one.answer, exercise.form), "says": one.says.of(language)}
            for one in exercise.misconceptions
        ],
    }


def _entry(lesson: Lesson) -> dict[str, Any]:
    return {"number": lesson.number, "title": lesson.title, "exercises": len(lesson.exercises)}


def _number(request: Request) -> int:
    """The number of a lesson in a query."""
    return query_int(request, "lesson", 1, max(lesson.number for lesson in lessons("en")))


def _draw(request: Request) -> Exercise:
    """The exercise that a query names."""
    exercises = load_lesson(_number(request), "en").exercises
    reference = exercises[query_int(request, "exercise", 1, len(exercises)) - 1]
    return draw(reference.kind, query_int(request, "seed", 0, _MOST_SEED), reference.parameters)
