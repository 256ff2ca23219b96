"""Exercises on paper: a sheet for each student, the same for the same seed, and nothing that is not in the file."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from striate.cli import main
from striate.course import draw_sheets, load_lesson, sheets_html, shown_answer
from striate.words import LANGUAGES


class Elements(HTMLParser):
    """Whether the elements of a document close in their order, and what they refer to."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta",):
            self.open.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "style")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", range(1, 16))
def test_every_lesson_prints(number, language):
    sheets = draw_sheets(load_lesson(number, language), seed=3, count=2)
    for solutions in (False, True):
        page = sheets_html(sheets, solutions=solutions)
        elements = Elements()
        elements.feed(page)
        assert elements.open == [] and elements.addresses == []
        assert not re.search(r"https?:|url\(|@import|<script", page)
        assert f'<html lang="{language}">' in page
        for sheet in sheets:
            for exercise in sheet.exercises:
                key = shown_answer(exercise.key, exercise.form)
                assert not solutions or re.search(rf'class="key">[^<]*{re.escape(key)}</p>', page)
        assert solutions == ('class="solution"' in page) != ('class="answer"' in page)


def test_each_student_has_other_numbers_and_no_question_twice():
    for number in range(1, 16):
        sheets = draw_sheets(load_lesson(number, "en"), seed=0, count=20)
        for sheet in sheets:
            asked = [(one.question, one.grids) for one in sheet.exercises]
            assert len(set(asked)) == len(asked), (number, sheet.seed)
        whole = {tuple((one.question, one.grids) for one in sheet.exercises) for sheet in sheets}
        assert len(whole) == len(sheets), number


def test_a_sheet_is_the_same_in_whatever_class_and_language_it_is_printed():
    english, korean = (load_lesson(4, language) for language in LANGUAGES)
    third = draw_sheets(english, seed=7, count=3)[2]
    assert third.exercises == draw_sheets(english, seed=9)[0].exercises == draw_sheets(korean, seed=9)[0].exercises


def test_the_command_writes_both_files(tmp_path, capsys):
    out = tmp_path / "시험지"
    arguments = ["exercises", "--lesson", "4", "--seed", "7", "--sheets", "2", "--language", "ko", "--out", str(out)]
    assert main(arguments) == 0
    assert "exercises.html, solutions.html" in capsys.readouterr().out
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(first) == {"exercises.html", "solutions.html"}
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    assert (document["schema"], document["lesson"], document["language"]) == (1, 4, "ko")
    assert [sheet["seed"] for sheet in document["sheets"]] == [7, 8]
    exercise = document["sheets"][0]["exercises"][0]
    assert exercise["kind"] == "output_size" and exercise["parameters"] == {"stride": True, "padding": True}
    assert {"question", "key", "misconceptions", "solution", "form", "seed"} <= exercise.keys()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--lesson", "16", "--out", "x"], 1, "striate: no lesson 16; expected one of 1, 2"),
        (["--lesson", "4"], 2, "the following arguments are required: --out"),
        (["--lesson", "0", "--out", "x"], 2, "--lesson"),
        (["--lesson", "4", "--out", "x", "--sheets", "1001"], 2, "expected at most 1000 sheets, got '1001'"),
        (["--lesson", "4", "--out", "x", "--language", "fr"], 2, "--language"),
        (["--lesson", "4", "--out", "file"], 1, "striate: file: File exists"),
    ],
)
def test_what_goes_wrong_is_one_line(arguments, code, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    try:
        found = main(["exercises", *arguments])
    except SystemExit as stop:
        found = stop.code
    error = capsys.readouterr().err
    assert found == code and message in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
