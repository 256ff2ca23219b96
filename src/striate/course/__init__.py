"""The course: lessons whose numbers are computed, exercises that mark themselves, and a ledger of one's own notes.

    >>> from striate.course import draw, mark
    >>> mark(draw("pooling_parameters", seed=1), "0개").right
    True

Nothing here needs torch.
"""

from striate.course.claims import (
    Claim,
    ClaimLedger,
    ClaimVerdict,
    check_claims,
    check_claims_text,
    ledger_markdown,
    ledger_rows,
    ledger_summary,
)
from striate.course.exercises import (
    KINDS,
    MARKING_WORDS,
    MISCONCEPTIONS,
    Exercise,
    Grid,
    Kind,
    Misconception,
    Verdict,
    cell,
    draw,
    mark,
    plain_question,
    shown_answer,
)
from striate.course.figures import FUNCTIONS, Figure, evaluate
from striate.course.languages import Words
from striate.course.lesson import (
    SECTIONS,
    Element,
    ExerciseReference,
    Lesson,
    Section,
    lesson_files,
    lessons,
    load_lesson,
    parse_lesson,
)
from striate.course.links import BUILT_INSTRUMENTS, INSTRUMENTS, VIEWS, LabLink, parse_link
from striate.course.sheet import Sheet, draw_sheets, sheets_html
from striate.course.verdicts import VERDICTS, NotesClaim, notes_claims

__all__ = [
    "BUILT_INSTRUMENTS",
    "FUNCTIONS",
    "INSTRUMENTS",
    "KINDS",
    "MARKING_WORDS",
    "MISCONCEPTIONS",
    "SECTIONS",
    "VERDICTS",
    "VIEWS",
    "Claim",
    "ClaimLedger",
    "ClaimVerdict",
    "Element",
    "Exercise",
    "ExerciseReference",
    "Figure",
    "Grid",
    "Kind",
    "LabLink",
    "Lesson",
    "Misconception",
    "NotesClaim",
    "Section",
    "Sheet",
    "Verdict",
    "Words",
    "cell",
    "check_claims",
    "check_claims_text",
    "draw",
    "draw_sheets",
    "evaluate",
    "ledger_markdown",
    "ledger_rows",
    "ledger_summary",
    "lesson_files",
    "lessons",
    "load_lesson",
    "mark",
    "notes_claims",
    "parse_lesson",
    "parse_link",
    "plain_question",
    "sheets_html",
    "shown_answer",
]
