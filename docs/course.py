"""The course as pages of these docs: the lessons of `striate.course`, and one exercise of each kind with its solution.

    python docs/course.py            # writes docs/course/

The lessons' numbers are computed, and links into the lab lead to a `striate serve` on this machine.
"""

from __future__ import annotations

from pathlib import Path

from striate.course import SECTIONS, Lesson, Words, draw, lessons, plain_question, shown_answer
from striate.text import escape_markdown
from striate.words import Language

FOLDER = Path(__file__).parent / "course"
_LAB = "http://127.0.0.1:8000/"
_LEDGER = Words("../ledger.md#", "../ledger.ko.md#")
_SEED = 1
_TITLE = Words("The course", "강의")
_ABOUT = Words(
    "Fifteen lessons on the lecture notes, five to eight minutes each. The links open prepared views of the lab:"
    " start it with"
    " `striate serve` first. The same lessons with exercises on paper: `striate exercises --lesson 4 --sheets 30"
    " --out sheets`.",
    "강의 노트를 따라가는 열다섯 과이고 한 과에 5분에서 8분이 걸립니다. 링크는 준비된 실험실 화면을 여므로 먼저"
    " `striate serve`를 실행하세요."
    " 종이에 인쇄할 연습 문제는 `striate exercises --lesson 4 --sheets 30 --language ko --out sheets`로 만듭니다.",
)
_OTHER = Words("[한국어]({file})", "[English]({file})")
_SOLUTION = Words("Solution", "풀이")
_ANSWER = Words("Answer", "답")
_MORE = Words(
    "Others of the same kinds: `striate exercises --lesson {number} --out sheets`.",
    "같은 종류의 다른 문제: `striate exercises --lesson {number} --language ko --out sheets`.",
)


def pages() -> dict[str, str]:
    """The text of each page, by the name of its file."""
    found: dict[str, str] = {}
    for language in ("en", "ko"):
        all_lessons = lessons(language)
        found[_index_name(language)] = _index(all_lessons, language)
        found |= {_name(lesson): _page(lesson) for lesson in all_lessons}
    return found


def _name(lesson: Lesson, language: Language | None = None) -> str:
    suffix = ".ko.md" if (language or lesson.language) == "ko" else ".md"
    return f"{lesson.number:02}-{lesson.name}{suffix}"


def _index_name(language: Language) -> str:
    return "README.ko.md" if language == "ko" else "README.md"


def _index(all_lessons: tuple[Lesson, ...], language: Language) -> str:
    other = _OTHER.of(language).format(file=_index_name("en" if language == "ko" else "ko"))
    lines = [f"{lesson.number}. [{lesson.title}]({_name(lesson)})" for lesson in all_lessons]
    return "\n\n".join([f"# {_TITLE.of(language)}", other, _ABOUT.of(language), "\n".join(lines)]) + "\n"


def _page(lesson: Lesson) -> str:
    language = lesson.language
    other = _OTHER.of(language).format(file=_name(lesson, "en" if language == "ko" else "ko"))
    parts = [f"# {lesson.number}. {lesson.title}", other]
    for name, heading in SECTIONS.items():
        text = (
            _exercises(lesson) if name == "exercises" else lesson.markdown(name, lab=_LAB, ledger=_LEDGER.of(language))
        )
        parts += [f"## {heading.of(language)}", text]
    return "\n\n".join(parts) + "\n"


def _exercises(lesson: Lesson) -> str:
    language = lesson.language
    parts = []
    for place, reference in enumerate(lesson.exercises, 1):
        exercise = draw(reference.kind, _SEED, reference.parameters)
        question, _, grids = plain_question(exercise, language).partition("\n")
        shown = f"\n\n```\n{grids.strip(chr(10))}\n```" if grids else ""
        key = shown_answer(exercise.key, exercise.form)
        mistakes = [
            f"- {shown_answer(one.answer, exercise.form)}: {escape_markdown(one.says.of(language))}"
            for one in exercise.misconceptions
        ]
        parts.append(
            f"**{place}.**"
            f" {escape_markdown(question)}{shown}\n\n<details><summary>{_SOLUTION.of(language)}</summary>\n\n"
            f"{_ANSWER.of(language)}: **{key}**. {escape_markdown(exercise.solution.of(language))}\n\n"
            + "\n".join(mistakes)
            + "\n\n</details>"
        )
    return "\n\n".join([*parts, _MORE.of(language).format(number=lesson.number)])


def main() -> None:
    """Write the pages, and remove those of lessons that are no more."""
    FOLDER.mkdir(exist_ok=True)
    found = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in found:
            path.unlink()
    for name, text in found.items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
