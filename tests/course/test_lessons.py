"""The lessons: what they are made of is checked, their numbers are computed, their links and claims exist."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from striate.course import (
    BUILT_INSTRUMENTS,
    INSTRUMENTS,
    SECTIONS,
    VERDICTS,
    VIEWS,
    lesson_files,
    lessons,
    load_lesson,
    notes_claims,
    parse_lesson,
    parse_link,
)
from striate.errors import CourseError
from striate.models import load_samples, shipped_models
from striate.tables import load_plan
from striate.words import LANGUAGES

FOLDER = files("striate.course") / "lessons"
ALL = [lesson for language in LANGUAGES for lesson in lessons(language)]
IDS = [f"{lesson.number:02}.{lesson.language}" for lesson in ALL]

BUILT = {*VIEWS, *(f"instruments/{name}" for name in BUILT_INSTRUMENTS)}
PLANNED = {f"instruments/{name}" for name in INSTRUMENTS} - BUILT
"""What the page has not yet: a lesson names it, and opens it as soon as it is among BUILT_INSTRUMENTS."""


def source(lesson):
    return (FOLDER / f"{lesson.number:02}-{lesson.name}.{lesson.language}.md").read_text(encoding="utf-8")


def test_every_lesson_is_in_both_languages():
    numbers = list(range(1, 16))
    assert [lesson.number for lesson in lessons("en")] == [lesson.number for lesson in lessons("ko")] == numbers
    assert [lesson.name for lesson in lessons("en")] == [lesson.name for lesson in lessons("ko")]
    assert len(lesson_files()) == 2 * len(numbers)


@pytest.mark.parametrize("number", range(1, 16))
def test_both_languages_have_the_same_exercises_links_claims_and_figures(number):
    english, korean = (load_lesson(number, language) for language in LANGUAGES)
    assert english.exercises == korean.exercises
    assert english.links == korean.links
    assert english.claims == korean.claims
    figures = [sorted(re.findall(r"\{\{=?\s*(.*?)\s*\}\}", source(lesson))) for lesson in (english, korean)]
    assert figures[0] == figures[1]


@pytest.mark.parametrize("lesson", ALL, ids=IDS)
def test_a_lesson_has_two_or_three_exercises_something_to_do_and_a_claim(lesson):
    assert 2 <= len(lesson.exercises) <= 3
    assert lesson.links and lesson.claims
    assert [section.name for section in lesson.sections] == list(SECTIONS)


@pytest.mark.parametrize("lesson", ALL, ids=IDS)
def test_a_lesson_takes_eight_minutes_at_most(lesson):
    """At 120 words a minute to learn from, in Korean 300 syllables; the exercises come on top."""
    text = " ".join(section.markdown for section in lesson.sections)
    text = re.sub(r"\]\([^)]*\)", "", text)
    minutes = len(re.findall("[가-힣]", text)) / 300 if lesson.language == "ko" else len(re.findall(r"\w+", text)) / 120
    assert 1.5 <= minutes <= 8


@pytest.mark.parametrize("lesson", ALL, ids=IDS)
def test_large_numbers_come_from_the_library(lesson):
    """A number of four digits or more that is no year, outside quotations of the notes, is computed."""
    text = re.sub(r"\{\{.*?\}\}|\]\(lab:[^)]*\)|“[^”]*”", "", source(lesson))
    numbers = re.findall(r"(?<![\w.])\d{1,3}(?:,\d{3})+|\d{4,}", text)
    assert [n for n in numbers if not 1900 <= int(n.replace(",", "")) <= 2030 and n not in ("1000", "4096")] == []


@pytest.mark.parametrize("lesson", ALL, ids=IDS)
def test_korean_lessons_are_in_one_style(lesson):
    if lesson.language == "ko":
        text = " ".join(section.markdown for section in lesson.sections)
        assert not re.search(r"(?:한다|된다|이다|있다|없다)\.", text)


def test_every_link_leads_to_a_view_or_to_an_instrument_that_is_planned():
    targets = {link.target for lesson in ALL for link in lesson.links}
    assert targets <= BUILT | PLANNED
    assert targets >= BUILT | PLANNED, "each view and each instrument is used by a lesson"


def test_the_views_parameters_are_those_of_the_page():
    """`lib/link.js` has the fields of each view, by which the page reads its state from the address."""
    text = (files("striate.web") / "static" / "lib" / "link.js").read_text(encoding="utf-8")
    fields, view = {}, ""
    for line in text[text.index("const FIELDS") : text.index("\n};")].splitlines():
        if match := re.match(r"  (\w+): \{", line):
            view = match[1]
            fields[view] = set()
        elif match := re.match(r"    (\w+): ", line):
            fields[view].add(match[1])
    assert fields.keys() - {"instruments"} == VIEWS.keys()
    for view, parameters in VIEWS.items():
        assert set(parameters) <= fields[view], view


def test_the_instruments_and_their_parameters_are_those_of_the_page():
    """The fields of each stand beside it; a picture is a parameter of every view."""
    static = files("striate.web") / "static"
    listed = re.search(r"INSTRUMENTS = \[(.*)\]", (static / "lib" / "link.js").read_text(encoding="utf-8"))
    assert set(re.findall(r"[\w-]+", listed[1])) == BUILT_INSTRUMENTS
    for name in BUILT_INSTRUMENTS:
        text = (static / "views" / "instruments" / name / "state.js").read_text(encoding="utf-8")
        fields = set(re.findall(r"\n  (\w+): ", text[text.index("export const FIELDS") :]))
        assert set(INSTRUMENTS[name]) <= fields | {"picture"}, name


def samples(state):
    """The sample pictures that the page shows beside a model."""
    if "model" not in state:
        return []
    gray = load_plan(state["model"]).table.input[0] == 1
    return [f"sample:{sample.path.name}" for sample in load_samples("digits" if gray else "photos")]


@pytest.mark.parametrize(
    "lesson", [lesson for lesson in ALL if lesson.language == "en"], ids=lambda one: str(one.number)
)
def test_models_rows_units_and_tables_of_the_links_exist(lesson):
    for link in lesson.links:
        state = dict(link.parameters)
        assert state.get("model", "lenet5") in shipped_models()
        picture = state.get("picture", "digit:0")
        assert re.fullmatch(r"digit:\d", picture) or picture in samples(state), link
        for key in ("source", "with"):
            assert key not in state or load_plan(state[key].removeprefix("name:"))
        if "layer" in state:
            shape = load_plan(state["model"]).step(state["layer"]).output
            unit = [int(part) for part in state.get("unit", "0").split(",")]
            assert link.target == "cortex" or len(unit) == len(shape), link
            assert all(place < size for place, size in zip(unit, shape, strict=False)), link


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_claim_of_the_notes_has_its_lesson(language):
    assert {claim for lesson in lessons(language) for claim in lesson.claims} == notes_claims().keys()


def test_verdicts_are_those_of_the_ledger():
    assert {claim.verdict for claim in notes_claims().values()} == set(VERDICTS)
    assert [claim.number for claim in notes_claims().values()] == list(range(1, 114))


def flat(elements):
    """Every element and text of nested elements."""
    for element in elements:
        yield element
        yield from flat(element["children"] if isinstance(element, dict) else ())


def text_of(element):
    return "".join(one for one in flat([element]) if isinstance(one, str))


@pytest.mark.parametrize("lesson", ALL, ids=IDS)
def test_a_section_is_made_of_a_few_elements(lesson):
    allowed = {"p", "a", "strong", "em", "code", "pre", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}
    for name in SECTIONS:
        found = list(flat(lesson.elements(name, ledger="#")))
        elements = [one for one in found if isinstance(one, dict)]
        assert {one["tag"] for one in elements} <= allowed
        assert set().union(*elements) <= {"tag", "href", "class", "children"}
        assert not re.search(r"\{\{|\}\}|lab:|ledger:|\*\*", " ".join(one for one in found if isinstance(one, str)))


def test_elements_have_addresses_and_verdicts():
    link, _, verdict, *_ = load_lesson(4, "ko").elements("notes", ledger="#lessons?claim=")[0]["children"][1][
        "children"
    ]
    assert (link["href"], link["class"]) == ("#lessons?claim=nine-five-three-one", "ledger")
    assert verdict == {"tag": "strong", "class": "verdict disagrees", "children": ["맞지 않음"]}
    step = load_lesson(4, "ko").elements("do", lab="/", ledger="#")[0]["children"][0]
    (link,) = [one for one in flat([step]) if isinstance(one, dict) and one["tag"] == "a"]
    assert (link["href"], link["class"]) == ("/#table?lang=ko&source=name:notes:9-5-3-1", "lab")


def test_markdown_has_addresses_and_verdicts():
    text = load_lesson(4, "en").markdown("notes", lab="http://127.0.0.1:8000/", ledger="../ledger.md#")
    assert "](../ledger.md#nine-five-three-one) (**disagrees**)" in text
    text = load_lesson(4, "en").markdown("do", lab="http://127.0.0.1:8000/")
    assert "](http://127.0.0.1:8000/#table?lang=en&source=name:notes:9-5-3-1)" in text


def test_an_instrument_that_is_not_built_is_no_link(monkeypatch):
    lesson = load_lesson(9, "en")
    monkeypatch.setattr("striate.course.links.BUILT_INSTRUMENTS", frozenset())
    assert "Pool a picture (not in the lab yet)" in text_of(lesson.elements("do", ledger="#")[0])
    assert "Pool a picture (not in the lab yet)" in lesson.markdown("do", lab="http://127.0.0.1:8000/")
    monkeypatch.setattr("striate.course.links.BUILT_INSTRUMENTS", frozenset(INSTRUMENTS))
    links = [one["href"] for one in flat(lesson.elements("do", ledger="#")) if isinstance(one, dict) and "href" in one]
    assert links[0].startswith("#instruments/pooling?lang=en&")
    assert "[Pool a picture](http://127.0.0.1:8000/#instruments/pooling?" in lesson.markdown(
        "do", lab="http://127.0.0.1:8000/"
    )


def test_markup_in_a_lesson_is_text():
    text = LESSON.replace("A question.", "A question: 3 < 4 & 5 > 2.")
    assert parse_lesson(text, NAME).elements("predict", ledger="#")[0]["children"] == ["A question: 3 < 4 & 5 > 2."]


NAME = "99-example.en.md"
LESSON = """\
# Title

## Predict

A question.

## Do

[Open](lab:layers?model=lenet5&layer=C1) the page.

## See

It is {{ output_size(32, 5) }}, since {{= output_size(32, 5) }}.

## The notes

- [Said so](ledger:padding).

## Exercises

- `output_size(stride=False)`
- `pooling_parameters`

## One step further

Go on.
"""


def test_a_lesson_is_read():
    lesson = parse_lesson(LESSON, NAME)
    assert (lesson.number, lesson.name, lesson.language, lesson.title) == (99, "example", "en", "Title")
    assert lesson.section("see").markdown == "It is 28, since floor((32 − 5)/1) + 1 = 28."
    assert [(one.kind, dict(one.parameters)) for one in lesson.exercises] == [
        ("output_size", {"stride": False}),
        ("pooling_parameters", {}),
    ]
    assert lesson.links == (parse_link("layers?model=lenet5&layer=C1"),)
    assert lesson.claims == ("padding",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# Title", "Title", "line 1: expected a title: # Title"),
        ("## Do", "## Doing", "line 7: expected the heading ## Do, got Doing"),
        ("## Do", "## See", "line 7: expected the heading ## Do, got See"),
        ("## One step further\n\nGo on.\n", "", "line 19: expected the heading ## One step further, got the end of the file"),
        ("Go on.", "Go on.\n\n## More\n\nText.", "line 28: one heading too many"),
        ("A question.", "", "line 3: the section is empty"),
        ("A question.", "<b>A</b> question.", "line 5: a lesson has no html inline"),
        ("A question.", "<div>A</div>", "line 5: a lesson has no html block"),
        ("A question.", "![x](lab:draw)", "line 5: a lesson has no image"),
        ("A question.", "### A question", "line 5: a lesson has no heading h3"),
        ("A question.", "**질문(물음)**입니다.", "line 5: ** marks nothing here; a word or a space may be missing beside it"),
        ("A question.", "[A](http://example.com)", "line 5: expected a link to lab:, ledger: or https:, got http://example.com"),
        ("A question.", "[A](javascript:x)", "line 5: ]( marks nothing here; a word or a space may be missing beside it"),
        ("lab:layers?model", "lab:layer?model", "line 9: lab:layer?model=lenet5&layer=C1: no view or instrument 'layer'; did you mean 'layers'?"),
        ("&layer=C1", "&layr=C1", "line 9: lab:layers?model=lenet5&layr=C1: no parameter 'layr'; did you mean 'layer'?"),
        ("&layer=C1", "&layer", "line 9: lab:layers?model=lenet5&layer: expected layer=VALUE of letters, digits and .,:;/+-, got 'layer'"),
        ("ledger:padding", "ledger:paddin", "line 17: ledger:paddin: the ledger has no such claim"),
        ("{{ output_size(32, 5) }}", "{{ output_size(3, 5) }}", "line 13: output_size(3, 5): a kernel of 5 does not fit into 3 + 0"),
        ("{{ output_size(32, 5) }}", "{{ 28 }}", "line 13: 28: not a call such as output_size(32, kernel=5)"),
        ("{{ output_size(32, 5) }}", "{{ output_size(32, 5)", "line 13: {{ marks nothing here; a word or a space may be missing beside it"),
        ("- `pooling_parameters`", "- pooling_parameters", "line 22: expected an exercise such as - `output_size(stride=False)`, got - pooling_parameters"),
        ("- `pooling_parameters`", "- `pooling_parameter`", "line 22: no kind of exercise 'pooling_parameter'; did you mean 'pooling_parameters'?"),
        ("(stride=False)", "(stride)", "line 21: expected parameters such as stride=False, got stride"),
        ("(stride=False)", "(stride=3)", "line 21: output_size: stride=3: expected one of True, False"),
    ],
)  # fmt: skip
def test_what_is_no_lesson_is_said_with_its_line(old, new, message):
    assert old in LESSON
    with pytest.raises(CourseError) as error:
        parse_lesson(LESSON.replace(old, new, 1), NAME)
    assert str(error.value) == f"{NAME}: {message}"


def test_a_files_name_holds_number_name_and_language():
    with pytest.raises(CourseError, match=r"lesson\.md: expected a name such as 04-output-size\.en\.md"):
        parse_lesson(LESSON, "lesson.md")


def test_a_lesson_that_does_not_exist():
    with pytest.raises(CourseError, match=r"no lesson 16; expected one of 1, 2, .*, 15"):
        load_lesson(16, "en")
