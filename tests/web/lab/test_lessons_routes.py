"""The routes of the lessons: every lesson and exercise is what the library has, and answers are marked by it."""

import json

import pytest

from striate.course import draw, lessons, load_lesson, mark, notes_claims, shown_answer
from striate.words import LANGUAGES

JSON = "application/json"


def ask(lab, path, language="en", answer=None):
    body = None if answer is None else json.dumps({"answer": answer}).encode()
    return lab.server.ask(f"/lab/{path}", body, body and JSON, headers={"Accept-Language": language})


def texts(elements):
    return "".join(one if isinstance(one, str) else texts(one["children"]) for one in elements)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lessons_are_listed_in_their_order(lab, language):
    listed = ask(lab, "lessons", language).json["lessons"]
    assert [one["number"] for one in listed] == list(range(1, 16))
    assert [(one["title"], one["exercises"]) for one in listed] == [
        (lesson.title, len(lesson.exercises)) for lesson in lessons(language)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lesson_has_a_question_choices_and_sections(lab, language):
    for lesson in lessons(language):
        sent = ask(lab, f"lesson?lesson={lesson.number}", language).json
        assert (sent["number"], sent["title"]) == (lesson.number, lesson.title)
        assert list(sent["sections"]) == ["do", "see", "notes", "further"]
        assert "?" in texts(sent["predict"])
        assert len(sent["choices"]) in (3, 4)
        assert len({texts(choice) for choice in sent["choices"]}) == len(sent["choices"])
        assert [element["tag"] for element in sent["sections"]["do"]["elements"]] == ["ol"]  # the bar counts its steps
        assert len(sent["exercises"]) == len(lesson.exercises)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_exercise_is_drawn_without_its_key_and_marked(lab, language):
    for lesson in lessons(language):
        for place, reference in enumerate(lesson.exercises, 1):
            exercise = draw(reference.kind, 7, reference.parameters)
            query = f"lesson={lesson.number}&exercise={place}&seed=7"
            drawn = ask(lab, f"exercise?{query}", language).json
            assert set(drawn) == {"title", "question", "grids"}
            assert drawn["question"] == exercise.question.of(language)
            assert len(drawn["grids"]) == len(exercise.grids)
            right = ask(lab, f"exercise?{query}", language, shown_answer(exercise.key, exercise.form)).json
            assert right["right"] and right["readable"] and right["misconception"] is None
            for misconception in exercise.misconceptions:
                answer = shown_answer(misconception.answer, exercise.form)
                wrong = ask(lab, f"exercise?{query}", language, answer).json
                expected = mark(exercise, answer)
                assert wrong["right"] is False
                assert wrong["misconception"] == (expected.misconception and expected.misconception.name)
                assert wrong["says"] == expected.says.of(language)
            solved = ask(lab, f"solution?{query}", language).json
            assert solved["key"] == shown_answer(exercise.key, exercise.form)
            assert solved["solution"] == exercise.solution.of(language)
            assert len(solved["mistakes"]) == len(exercise.misconceptions)


@pytest.mark.parametrize("written", ["１２", "12×12", " 12 픽셀", "１２ × １２"])
def test_an_answer_may_be_written_as_people_write(lab, written):
    assert draw("output_size", 3).key == (12,)
    assert load_lesson(4, "en").exercises[0].kind == "output_size"
    assert ask(lab, "exercise?lesson=4&exercise=1&seed=3", "ko", written).json["right"]


def test_what_is_no_answer_is_said(lab):
    said = ask(lab, "exercise?lesson=4&exercise=1&seed=3", "ko", "열둘").json
    assert (said["right"], said["readable"]) == (False, False)
    assert "적으세요" in said["says"]
    assert (
        lab.server.ask("/lab/exercise?lesson=4&exercise=1&seed=3", b"[]", JSON).error == 'expected {"answer": a text}'
    )


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("lesson?lesson=0", "lesson: expected a whole number from 1 to 15"),
        ("lesson?lesson=four", "lesson: expected a whole number from 1 to 15"),
        ("exercise?lesson=1&exercise=3&seed=1", "exercise: expected a whole number from 1 to 2"),
        ("exercise?lesson=4&exercise=1&seed=-1", "seed: expected a whole number from 0 to 999999"),
        ("solution?lesson=4&exercise=1", "seed: is missing"),
    ],
)
def test_what_does_not_exist_is_an_error(lab, path, error):
    response = ask(lab, path)
    assert response.status == 422
    assert response.error == error


def test_every_claim_is_listed_with_its_lesson(lab):
    listed = ask(lab, "claims", "ko").json["claims"]
    assert [claim["name"] for claim in listed] == list(notes_claims())
    assert (
        listed[0]["finding"].startswith("맞는 말은 시각피질")
        and listed[0]["basis"] == "말"
        and not listed[0]["english"]
    )
    english = ask(lab, "claims", "en").json["claims"][0]
    assert english["finding"].startswith("The word is 시각피질") and english["english"].startswith("(heading)")
    for claim in listed:
        assert claim["name"] in load_lesson(claim["lesson"], "ko").claims
