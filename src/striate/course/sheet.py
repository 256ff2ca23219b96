"""Exercises on paper: a sheet for each student, with and without solutions, as HTML that prints on A4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from striate.course.exercises import Exercise, Grid, cell, draw, shown_answer
from striate.course.languages import Words
from striate.course.lesson import Lesson
from striate.words import Language

_EACH = 2
"""Exercises of each kind that a lesson names, with other numbers."""
_STEP = 1000
"""Seeds between one sheet and the next: more than a sheet has exercises."""
_FONTS = (
    '"Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", "NanumGothic", "Segoe UI",'
    ' "Helvetica Neue", Arial, sans-serif'
)
_STYLE = f"""
@page {{ size: A4; margin: 16mm 17mm; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; color: #111; background: #fff; font: 11pt/1.5 {_FONTS}; word-break: keep-all;
  overflow-wrap: break-word; }}
.sheet {{ max-width: 176mm; margin: 0 auto; break-after: page; }}
.sheet:last-child {{ break-after: auto; }}
header {{ border-bottom: 0.6mm solid #111; padding-bottom: 2.5mm; margin-bottom: 6mm; }}
.course {{ display: flex; justify-content: space-between; font-size: 9pt; color: #444; }}
h1 {{ font-size: 16pt; line-height: 1.25; margin: 1.5mm 0 3mm; }}
.fields {{ display: flex; gap: 8mm; font-size: 10pt; }}
.fields span {{ display: flex; align-items: end; gap: 2mm; flex: 1; white-space: nowrap; }}
.fields span::after {{ content: ""; flex: 1; border-bottom: 0.25mm solid #555; height: 5mm; }}
.fields .short {{ flex: 0.5; }}
ol {{ list-style: none; margin: 0; padding: 0; }}
li {{ display: grid; grid-template-columns: 9mm 1fr; break-inside: avoid; margin-bottom: 6.5mm; }}
.number {{ font-weight: 700; }}
p {{ margin: 0; }}
.grids {{ display: flex; flex-wrap: wrap; gap: 4mm 10mm; margin: 3mm 0 1mm; }}
figure {{ margin: 0; }}
figcaption {{ font-size: 9pt; color: #444; margin-bottom: 1mm; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
td {{ border: 0.2mm solid #888; min-width: 7.5mm; height: 7mm; text-align: center; padding: 0 1.2mm; }}
.work {{ height: 14mm; }}
.grids + .work {{ height: 3mm; }}
.answer {{ display: flex; justify-content: end; align-items: end; gap: 2mm; font-size: 10pt; }}
.answer::after {{ content: ""; width: 52mm; border-bottom: 0.3mm solid #111; height: 6mm; }}
.solution {{ margin-top: 2mm; padding: 2mm 3.5mm; border-left: 1mm solid #111; background: #f3f3f3;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
.key {{ font-weight: 700; }}
.mistakes {{ margin-top: 1.5mm; font-size: 9pt; color: #333; }}
.mistakes td {{ border: 0; height: auto; text-align: left; padding: 0.3mm 3mm 0.3mm 0; vertical-align: top; }}
.mistakes td:first-child {{ white-space: nowrap; text-align: right; min-width: 14mm; }}
.solved li {{ break-inside: auto; }}
.solved .grids, .solution {{ break-inside: avoid; }}
.solved .grids td {{ height: 5.4mm; min-width: 6.5mm; font-size: 9.5pt; }}
@media screen {{ body {{ padding: 10mm 5mm; }} .sheet {{ margin-bottom: 16mm; }} }}
"""
_TEXTS = {
    "lesson": Words("Lesson {number}", "{number}과"),
    "sheet": Words("Sheet {place} · seed {seed}", "{place}번 · 시드 {seed}"),
    "name": Words("Name", "이름"),
    "date": Words("Date", "날짜"),
    "score": Words("Of {count}", "맞은 수 / {count}"),
    "answer": Words("Answer", "답"),
    "solutions": Words("Solutions · {title}", "풀이 · {title}"),
    "key": Words("Answer: {key}", "답: {key}"),
    "mistakes": Words("If the answer is", "다음과 같이 답했다면"),
}


@dataclass(frozen=True)
class Sheet:
    """One student's exercises; `place` counts the sheets from 1."""

    lesson: Lesson
    place: int
    seed: int
    exercises: tuple[Exercise, ...]


def draw_sheets(lesson: Lesson, seed: int, count: int = 1) -> tuple[Sheet, ...]:
    """Sheets of the exercises that a lesson names, two of each; the sheets have the seeds from `seed` on.

    >>> from striate.course import load_lesson
    >>> [len(sheet.exercises) for sheet in draw_sheets(load_lesson(4, "en"), seed=7, count=2)]
    [4, 4]
    """
    return tuple(
        Sheet(lesson, place, seed + place - 1, _exercises(lesson, seed + place - 1)) for place in range(1, count + 1)
    )


def _exercises(lesson: Lesson, seed: int) -> tuple[Exercise, ...]:
    """Each exercise with a seed of its own; two of a kind differ in what they ask."""
    exercises: list[Exercise] = []
    asked: set[tuple[str, tuple[Grid, ...]]] = set()
    next_seed = seed * _STEP
    for reference in lesson.exercises:
        for _ in range(_EACH):
            exercise = draw(reference.kind, next_seed, reference.parameters)
            while (exercise.question.en, exercise.grids) in asked and next_seed < (seed + 1) * _STEP - 1:
                next_seed += 1
                exercise = draw(reference.kind, next_seed, reference.parameters)
            asked.add((exercise.question.en, exercise.grids))
            exercises.append(exercise)
            next_seed += 1
    return tuple(exercises)


def sheets_html(sheets: Sequence[Sheet], *, solutions: bool) -> str:
    """The sheets as one HTML document that needs nothing else, a page or more for each sheet."""
    lesson = sheets[0].lesson
    title = _text("solutions", lesson.language, title=lesson.title) if solutions else lesson.title
    body = "\n".join(_sheet(sheet, title, solutions=solutions) for sheet in sheets)
    kind = "solved" if solutions else "asked"
    return (
        f'<!doctype html>\n<html lang="{lesson.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f'<body class="{kind}">\n{body}\n</body>\n</html>\n'
    )


def _text(name: str, language: Language, **values: object) -> str:
    return _TEXTS[name].of(language).format(**values)


def _sheet(sheet: Sheet, title: str, *, solutions: bool) -> str:
    language = sheet.lesson.language
    fields = (
        f'<div class="fields"><span>{_text("name", language)}</span>'
        f'<span class="short">{_text("date", language)}</span>'
        f'<span class="short">{_text("score", language, count=len(sheet.exercises))}</span></div>'
    )
    items = "\n".join(
        _item(place, exercise, language, solutions=solutions) for place, exercise in enumerate(sheet.exercises, 1)
    )
    return (
        '<section class="sheet">\n<header><div class="course">'
        f"<span>Striate · {_text('lesson', language, number=sheet.lesson.number)}</span>"
        f"<span>{_text('sheet', language, place=sheet.place, seed=sheet.seed)}</span></div>"
        f"<h1>{escape(title)}</h1>{'' if solutions else fields}</header>\n<ol>\n{items}\n</ol>\n</section>"
    )


def _item(place: int, exercise: Exercise, language: Language, *, solutions: bool) -> str:
    grids = "".join(_grid(grid, language) for grid in exercise.grids)
    below = (
        _solution(exercise, language)
        if solutions
        else (f'<div class="work"></div><div class="answer">{_text("answer", language)}</div>')
    )
    return (
        f'<li><span class="number">{place}.</span><div><p>{escape(exercise.question.of(language))}</p>'
        f'{f"""<div class="grids">{grids}</div>""" if grids else ""}{below}</div></li>'
    )


def _grid(grid: Grid, language: Language) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell(value))}</td>' for value in row)}</tr>" for row in grid.rows)
    return f"<figure><figcaption>{escape(grid.title.of(language))}</figcaption><table>{rows}</table></figure>"


def _solution(exercise: Exercise, language: Language) -> str:
    shown = ((shown_answer(one.answer, exercise.form), one.says.of(language)) for one in exercise.misconceptions)
    mistakes = "".join(f"<tr><td>{escape(answer)}</td><td>{escape(says)}</td></tr>" for answer, says in shown)
    listed = (
        f'<div class="mistakes"><p>{_text("mistakes", language)}</p><table>{mistakes}</table></div>' if mistakes else ""
    )
    return (
        f'<div class="solution"><p class="key">'
        f"{escape(_text('key', language, key=shown_answer(exercise.key, exercise.form)))}</p>"
        f"<p>{escape(exercise.solution.of(language))}</p>{listed}</div>"
    )
