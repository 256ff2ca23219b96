"""Marking: what a student wrote, as numbers, against the key and the answers of the known mistakes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from striate.course.exercises.exercise import Answer, Exercise, Form, Misconception, cell, same_answer
from striate.course.languages import Words

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_LONGEST = 200  # letters of an answer
_BETWEEN = frozenset({"x", "and", "then", "before", "after", "to", "앞", "앞에", "뒤", "뒤에", "과", "와", "칸", "개"})
"""Words that may stand between the numbers of a list."""
MARKING_WORDS = {
    "right": Words("Right.", "맞았습니다."),
    "wrong": Words("Not right. Try again, or look at the solution.", "틀렸습니다. 다시 풀어 보거나 풀이를 보세요."),
    "whole": Words("Write one whole number, such as 1,520.", "1,520처럼 정수 하나를 적으세요."),
    "size": Words("Write one number, such as 28 or 28×28.", "28 또는 28×28처럼 수 하나를 적으세요."),
    "list": Words("Write {count} numbers, such as {example}.", "{example}처럼 수 {count}개를 적으세요."),
    "decimal": Words("Write one number, such as 0.25.", "0.25처럼 수 하나를 적으세요."),
}
"""What is said of an answer; of one that cannot be read, by the exercise's form."""


@dataclass(frozen=True)
class Verdict:
    """What an answer is: right, wrong (`misconception` if the mistake is a known one), or not readable."""

    right: bool
    read: Answer | None
    misconception: Misconception | None
    says: Words


def mark(exercise: Exercise, text: str) -> Verdict:
    """The verdict on what a student wrote: any width of digits, thousands separators, spaces, units, `28×28`.

    >>> from striate.course import draw
    >>> exercise = draw("output_size", seed=7)
    >>> exercise.key
    (6,)
    >>> mark(exercise, " ６ × ６ 픽셀 ").right
    True
    >>> mark(exercise, "about ten").read is None
    True
    """
    answer = read_answer(text, exercise.form, len(exercise.key))
    if answer is None:
        example = ", ".join(map(str, range(2, 2 + len(exercise.key))))
        says = Words(
            *(words.format(count=len(exercise.key), example=example) for words in MARKING_WORDS[exercise.form])
        )
        return Verdict(False, None, None, says)
    if same_answer(answer, exercise.key):
        return Verdict(True, answer, None, MARKING_WORDS["right"])
    for misconception in exercise.misconceptions:
        if same_answer(answer, misconception.answer):
            return Verdict(False, answer, misconception, misconception.says)
    return Verdict(False, answer, None, MARKING_WORDS["wrong"])


def read_answer(text: str, form: Form, count: int = 1) -> Answer | None:
    """The numbers of an answer; None if the text is no answer of this form.

    >>> read_answer("１，５２０개", "whole"), read_answer("1 520", "whole"), read_answer("28x28", "size")
    ((1520.0,), (1520.0,), (28.0,))
    >>> read_answer("5→3→3", "list", 3), read_answer("3/4", "decimal"), read_answer("28x27", "size")
    ((5.0, 3.0, 3.0), (0.75,), None)
    """
    if len(text) > _LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    plain = re.sub(r"[−–‒‐﹣]", "-", plain.replace("×", "x").replace("✕", "x").replace("ｘ", "x"))
    plain = re.sub(r"^(?:answer|답|정답|z|약|=|:|\s)+", "", plain)
    if form == "list":
        return _read_list(plain, count)
    plain = re.sub(r"(?<=\d)[,'’_ \u00a0](?=\d{3}(?:\D|$))", "", plain)
    unit = r"(?:\s|[^\W\d_]|[%.])*"  # pixels, 개, %: whatever letters stand behind
    if form == "size" and (square := re.fullmatch(rf"(\d+)\s*(?:x|\*|by)\s*(\d+){unit}", plain)):
        return (float(square[1]),) if square[1] == square[2] else None
    if form == "decimal" and (fraction := re.fullmatch(rf"({_NUMBER})\s*/\s*(\d+){unit}", plain)):
        return (float(fraction[1]) / float(fraction[2]),) if float(fraction[2]) else None
    if form == "decimal":
        plain = re.sub(r"^([+-]?\d+),(\d{1,2})(?=\D|$)", r"\1.\2", plain)
    single = re.fullmatch(rf"({_NUMBER}){unit}", plain)
    return (float(single[1]),) if single else None


def _read_list(plain: str, count: int) -> Answer | None:
    """Numbers with anything but digits between them: commas, spaces, arrows, `x`, words."""
    if not _BETWEEN.issuperset(re.findall(r"[^\W\d_]+", plain)):
        return None
    squares = re.findall(r"(\d+)\s*x\s*(\d+)", plain)  # 5x5, 3x3: kernels
    if len(squares) == count and all(a == b for a, b in squares) and len(re.findall(_NUMBER, plain)) == 2 * count:
        return tuple(float(a) for a, _ in squares)
    numbers = re.findall(_NUMBER, re.sub(r"(?<=\d)-(?!>)(?=\d)|->", " ", plain))
    return tuple(map(float, numbers)) if len(numbers) == count else None


def shown_answer(answer: Answer, form: Form) -> str:
    """An answer as a solution states it.

    >>> shown_answer((28,), "size"), shown_answer((1520,), "whole"), shown_answer((3, 4), "list")
    ('28×28', '1,520', '3, 4')
    >>> shown_answer((0.7436,), "decimal")
    '0.74'
    """
    if form == "size":
        return "×".join([cell(answer[0])] * 2)
    if form == "list":
        return ", ".join(map(cell, answer))
    if form == "decimal":
        return f"{answer[0]:.2f}".rstrip("0").rstrip(".").replace("-", "−")
    return f"{int(answer[0]):,}".replace("-", "−")
