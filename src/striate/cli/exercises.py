"""Write a lesson's exercises for printing: a sheet of other numbers for each student, and the same with solutions.

The same seed gives the same sheets on every machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import add_language_argument, path_argument, positive
from striate.cli.output import print_json, print_text

if TYPE_CHECKING:
    from striate.course import Exercise
    from striate.words import Language

NAME = "exercises"
HELP = "a lesson's exercises for printing, a sheet a student, with solutions"
EXAMPLE = "striate exercises --lesson 4 --seed 7 --sheets 30 --language ko --out sheets"

_SHEETS, _SOLUTIONS = "exercises.html", "solutions.html"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate exercises`."""
    parser.add_argument("--lesson", required=True, type=positive, metavar="N", help="the lesson's number, 1 to 15")
    parser.add_argument(
        "--out", required=True, metavar="DIR", type=path_argument, help=f"folder for {_SHEETS} and {_SOLUTIONS}"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the first sheet; the next ones follow (0)")
    parser.add_argument("--sheets", type=_sheets, default=1, metavar="N", help="so many sheets, at most 1000 (1)")
    add_language_argument(parser, "the sheets")


def run(options: argparse.Namespace) -> None:
    """Write both files."""
    from striate.course import draw_sheets, load_lesson, sheets_html
    from striate.runtime import write_atomically

    lesson = load_lesson(options.lesson, options.language)
    sheets = draw_sheets(lesson, options.seed, options.sheets)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, solutions in ((_SHEETS, False), (_SOLUTIONS, True)):
        write_atomically(folder / name, sheets_html(sheets, solutions=solutions).encode())
    if options.json:
        print_json(
            {
                "schema": 1,
                "lesson": lesson.number,
                "title": lesson.title,
                "language": lesson.language,
                "files": {"exercises": str(folder / _SHEETS), "solutions": str(folder / _SOLUTIONS)},
                "sheets": [
                    {"seed": sheet.seed, "exercises": [_json(one, lesson.language) for one in sheet.exercises]}
                    for sheet in sheets
                ],
            }
        )
        return
    print_text(f"{lesson.number}. {lesson.title}: {len(sheets)} × {len(sheets[0].exercises)} exercises")
    print_text(f"{folder}: {_SHEETS}, {_SOLUTIONS}")


def _sheets(text: str) -> int:
    if (number := positive(text)) > 1000:
        raise argparse.ArgumentTypeError(f"expected at most 1000 sheets, got {text!r}")
    return number


def _json(exercise: Exercise, language: Language) -> dict[str, Any]:
    from striate.course import plain_question

    return {
        "kind": exercise.kind,
        "parameters": dict(exercise.parameters),
        "seed": exercise.seed,
        "question": plain_question(exercise, language),
        "form": exercise.form,
        "key": list(exercise.key),
        "misconceptions": [
            {"name": one.name, "answer": list(one.answer), "says": one.says.of(language)}
            for one in exercise.misconceptions
        ],
        "solution": exercise.solution.of(language),
    }
