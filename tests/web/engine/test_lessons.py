"""Lessons of a page without a server: each exercise that it carries is the server's, and so is the mark of every answer."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import serving

from striate.course import draw, lessons, load_lesson, mark, shown_answer
from striate.web import LabSettings
from striate.web.lab.lessons import lesson_document, question, solution, verdict
from striate.web.lab.packed_exercises import SEEDS, exercises_document
from striate.words import LANGUAGES

PLACES = [(lesson.number, place) for lesson in lessons("en") for place in range(1, 1 + len(lesson.exercises))]
UNREADABLE = "", " ", "열둘", "about ten", "12 and", "3/0", "28x27", "1,2,3,4", "--3", "x" * 201, "1e3", "½ x"
DIGITS = "0123456789１２３٣०₄²½Ⅳ"
WRITTEN = st.text(st.sampled_from([*DIGITS, *"  .,,+-−–/x×*=:%→>_'’abzn개답약픽셀()\t\u00a0\u3000\ufeff"]), max_size=14)


class Page:
    """The page's backend, which carries the lessons as the server's code wrote them, and the exercises."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        documents: dict[str, Any] = {"exercises": exercises_document()}
        for language in LANGUAGES:
            listed = lessons(language)
            documents[f"{language} lessons"] = {"lessons": [{"number": lesson.number} for lesson in listed]}
            documents |= {f"{language} lesson?lesson={lesson.number}": lesson_document(lesson) for lesson in listed}
        engine.ask({"kind": "open", "models": [], "documents": documents})

    def ask(self, route: str, language: str, document: Any = None, **query: object) -> tuple[int, Any]:
        method, path = route.split()
        asked = {"method": method, "path": path, "query": urlencode(query), "language": language, "document": document}
        answer = self.engine.ask({"kind": "request", **asked})
        return answer["status"], answer["body"]


@pytest.fixture(scope="module")
def page(engine):
    return Page(engine)


def exercise_of(lesson: int, place: int, seed: int) -> Any:
    reference = load_lesson(lesson, "en").exercises[place - 1]
    return draw(reference.kind, seed, reference.parameters)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("lesson", "place"), PLACES)
def test_every_exercise_that_the_page_carries(page, lesson, place, language):
    """Its question, its solution, the key and every mistake's answer, for every seed."""
    for seed in range(SEEDS):
        exercise = exercise_of(lesson, place, seed)
        query = {"lesson": lesson, "exercise": place, "seed": seed}
        assert page.ask("GET exercise", language, **query) == (200, question(exercise, language))
        assert page.ask("GET solution", language, **query) == (200, solution(exercise, language))
        answers = [exercise.key, *(one.answer for one in exercise.misconceptions)]
        for answer in {
            *(shown_answer(answer, exercise.form) for answer in answers),
            UNREADABLE[seed % len(UNREADABLE)],
            "9999",
        }:
            found = page.ask("POST exercise", language, {"answer": answer}, **query)
            assert found == (200, verdict(exercise, {"answer": answer}, language)), answer


FORMS = {exercise_of(lesson, place, 0).form: (lesson, place) for lesson, place in PLACES}


@pytest.mark.parametrize("form", FORMS)
@given(written=st.one_of(WRITTEN, st.sampled_from(UNREADABLE)), seed=st.integers(0, SEEDS - 1), data=st.data())
@settings(max_examples=120, deadline=None)
def test_answers_as_people_write_them(page, form, written, seed, data):
    """Texts of digits of any script, signs and words, with a right number in every second one."""
    lesson, place = FORMS[form]
    exercise = exercise_of(lesson, place, seed)
    if data.draw(st.booleans()):
        cut = data.draw(st.integers(0, len(written)))
        written = written[:cut] + shown_answer(exercise.key, exercise.form) + written[cut:]
    found = page.ask("POST exercise", "en", {"answer": written}, lesson=lesson, exercise=place, seed=seed)
    assert found == (200, verdict(exercise, {"answer": written}, "en"))
    assert mark(exercise, written).right == found[1]["right"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving({}, lab=LabSettings(tmp_path_factory.mktemp("runs"))) as server:
        yield server


@pytest.mark.parametrize(
    ("route", "query", "document"),
    [
        ("GET lesson", {"lesson": 0}, None), ("GET lesson", {"lesson": "four"}, None), ("GET lesson", {}, None),
        ("GET exercise", {"lesson": 1, "exercise": 9, "seed": 1}, None), ("GET exercise", {"lesson": 4, "exercise": 1}, None),
        ("GET solution", {"lesson": 16, "exercise": 1, "seed": 1}, None), ("POST exercise", {"lesson": 4, "exercise": 1, "seed": 1}, []),
        ("POST exercise", {"lesson": 4, "exercise": 1, "seed": 1}, {"answer": 3}), ("POST exercise", {"lesson": 4}, {"answer": "3"}),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_an_error_in_the_servers_words(page, served, route, query, document):
    method, path = route.split()
    body = None if document is None else json.dumps(document).encode()
    wanted = served.ask(f"/lab/{path}?{urlencode(query)}", body, body and "application/json", method=method)
    assert page.ask(route, "en", document, **query) == (wanted.status, wanted.json)


def test_a_seed_that_the_page_does_not_carry(page):
    status, body = page.ask("GET exercise", "en", lesson=4, exercise=1, seed=SEEDS)
    assert (status, body["error"]) == (422, f"seed: expected a whole number from 0 to {SEEDS - 1}")


def test_a_lesson_says_how_many_seeds_there_are(page, served):
    found, wanted = page.ask("GET lesson", "en", lesson=4)[1], served.ask("/lab/lesson?lesson=4").json
    assert {**found, "seeds": 1_000_000} == wanted and found["seeds"] == SEEDS
