"""Exercises that mark themselves: each kind against brute force, the mistakes told apart, answers in every spelling."""

from __future__ import annotations

import re
import string
import sys
import time
from itertools import product
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from exercises import BRUTE_FORCE, check, faults

from striate.course import KINDS, Words, draw, mark, plain_question, shown_answer
from striate.course.exercises.misconceptions import MISCONCEPTIONS
from striate.errors import CourseError
from striate.words import LANGUAGES

SEEDS = range(40)


def every_setting(kind):
    names = list(KINDS[kind].parameters)
    return [dict(zip(names, values, strict=True)) for values in product(*KINDS[kind].parameters.values())]


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_is_counted_by_brute_force_and_the_mistakes_can_be_told_apart(kind):
    """The short version of benchmarks/exercises.py."""
    found = check(kind, 100)
    assert found.failures == []
    assert sum(found.offered.values()) >= found.drawn, "at least one mistake for each exercise on average"


def test_a_wrong_key_is_found():
    exercise = draw("output_size", 3)
    broken = type(exercise)(**{**vars(exercise), "key": (exercise.key[0] + 5,)})
    assert any("the key is" in fault for fault in faults(broken))


def test_every_kind_has_its_brute_force():
    assert BRUTE_FORCE.keys() == KINDS.keys()


def test_every_misconception_is_offered_somewhere():
    offered = {
        one.name
        for kind in KINDS
        for setting in every_setting(kind)
        for seed in SEEDS
        for one in draw(kind, seed, setting).misconceptions
    }
    assert offered == MISCONCEPTIONS.keys()


def test_a_seed_gives_the_same_exercise():
    assert draw("convolution_sum", 11) == draw("convolution_sum", 11)
    assert draw("convolution_sum", 11).question != draw("convolution_sum", 12).question or (
        draw("convolution_sum", 11).grids != draw("convolution_sum", 12).grids
    )


def test_seeds_are_the_same_on_every_machine():
    """Numbers that were drawn when this was written: a sheet that was handed out can be printed again."""
    assert draw("output_size", 7).numbers == {"size": 24, "kernel": 11, "stride": 3, "padding": 2}
    assert draw("dense_parameters", 7).numbers == {"maps": 32, "size": 4, "units": 20}


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_say_the_same_numbers(kind):
    for setting in every_setting(kind):
        for seed in range(10):
            exercise = draw(kind, seed, setting)
            for words in (exercise.question, exercise.solution):
                english, korean = ({n for n in re.findall(r"\d+", text) if int(n) > 5} for text in words)
                assert korean == english, (words, seed)  # small ones may be words: two, second, 두 칸


@pytest.mark.parametrize("kind", KINDS)
def test_korean_is_korean_and_english_is_english(kind):
    exercise = draw(kind, 0)
    assert re.search("[가-힣]", exercise.question.ko)
    assert not re.search("[가-힣]", exercise.question.en + exercise.solution.en + exercise.title.en)


def test_misconceptions_are_in_both_languages_and_end_as_sentences():
    for name, words in MISCONCEPTIONS.items():
        assert words.en.endswith(".") and words.ko.endswith(("다.", "요.")), name
        assert not re.search("[가-힣]", words.en), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_as_plain_text_has_its_grids(language):
    text = plain_question(draw("convolution_sum", 2), language)
    assert len(text.splitlines()) > 8


WIDE = str.maketrans(string.digits, "０１２３４５６７８９")


@pytest.mark.parametrize(
    "spell",
    [
        "{}",
        " {} ",
        "{:,}",
        "= {:,}",
        "{:,}개",
        "{} parameters",
        "답: {:,}",
        "{}.",
        lambda value: str(value).translate(WIDE),
        lambda value: f"{value:,}".replace(",", " "),
        lambda value: f"{value:,}".replace(",", "\u202f"),
        lambda value: f"{value:,}".replace(",", "，"),
    ],
)
def test_a_whole_number_in_any_spelling(spell):
    for seed in SEEDS:
        exercise = draw("conv_parameters", seed)
        value = int(exercise.key[0])
        text = spell(value) if callable(spell) else spell.format(value)
        assert mark(exercise, text).right, text


@pytest.mark.parametrize(
    "spell", ["{0}", "{0}x{0}", "{0}×{0}", "{0} X {0}", "{0}*{0}", "{0} by {0}", "{0}ｘ{0}", "{0}×{0} 픽셀"]
)
def test_a_size_in_any_spelling(spell):
    for seed in SEEDS:
        exercise = draw("output_size", seed)
        assert mark(exercise, spell.format(int(exercise.key[0]))).right


@pytest.mark.parametrize("between", [", ", ",", " ", " → ", "->", " / ", "; ", " and ", "과 ", "，"])
def test_a_list_in_any_spelling(between):
    for seed in SEEDS:
        exercise = draw("chain", seed)
        assert mark(exercise, between.join(str(int(value)) for value in exercise.key)).right
        assert mark(exercise, between.join(f"{int(value)}x{int(value)}" for value in exercise.key)).right


def test_decimals_and_negative_numbers():
    exercise = draw("lrn", 0)
    (key,) = exercise.key
    assert mark(exercise, f"{key:.2f}").right and mark(exercise, f"{key:.5f}").right
    assert mark(exercise, f"{key:.2f}".replace(".", ",")).right
    assert mark(exercise, f"약 {key:.2f}").right
    negative = next(one for seed in range(99) if (one := draw("convolution_sum", seed)).key[0] < 0)
    for minus in "-−–":
        assert mark(negative, f"{minus}{-negative.key[0]:g}").right


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "I do not know",
        "모름",
        "28x27",
        "28 29",
        "1,52",
        "12,34,567",
        "½½",
        "-",
        "9" * 500 + "x",
        "NaN",
        "inf",
        "1e5",
    ],
)
def test_what_is_no_number_is_not_read_and_the_form_is_said(text):
    verdict = mark(draw("output_size", 1), text)
    assert not verdict.right and verdict.read is None and verdict.misconception is None
    assert verdict.says == Words("Write one number, such as 28 or 28×28.", "28 또는 28×28처럼 수 하나를 적으세요.")


@pytest.mark.parametrize("letter", ["a", " ", "1", "1,", "x", "-", "가", "1x", ". ", "칸", "%"])
@pytest.mark.parametrize("kind", ["output_size", "chain", "conv_parameters", "lrn"])
def test_a_hostile_answer_is_read_at_once(kind, letter):
    exercise = draw(kind, 0)
    started = time.process_time()
    for text in (letter * 100_000, f"1{letter * 100_000}!", f"{letter * 100_000}1"):
        assert not mark(exercise, text).right
    assert time.process_time() - started < 2, "seconds, where an exponential search takes years"


def test_a_known_mistake_is_named_and_an_unknown_one_is_not():
    exercise = draw("conv_parameters", 3)
    (mistake,) = [one for one in exercise.misconceptions if one.name == "forgot-the-bias"]
    verdict = mark(exercise, shown_answer(mistake.answer, exercise.form))
    assert verdict.misconception == mistake and "편향" in verdict.says.ko
    verdict = mark(exercise, "7")
    assert not verdict.right and verdict.misconception is None and verdict.read == (7,)


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("output_siz", {}, "no kind of exercise 'output_siz'; did you mean 'output_size'?"),
        ("output_size", {"strid": 2}, "output_size: strid=2: expected one of the parameters ['stride', 'padding']"),
        ("output_size", {"stride": 7}, "output_size: stride=7: expected one of True, False"),
    ],
)
def test_what_cannot_be_drawn_is_said(kind, parameters, message):
    with pytest.raises(CourseError) as error:
        draw(kind, 0, parameters)
    assert str(error.value) == message
