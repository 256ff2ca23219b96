"""Studies: several networks trained on the same pictures, and what their differences are worth."""

from striate.studies.story import (
    CHAPTERS,
    RESULTS_NAME,
    Chapter,
    ChapterResults,
    Result,
    Story,
    Training,
    story_of,
    tell_story,
    trainings,
)
from striate.studies.story_page import PAPER_RESULTS, PaperResult, story_page, story_picture, write_page
from striate.studies.trainings import trained

__all__ = [
    "CHAPTERS",
    "PAPER_RESULTS",
    "RESULTS_NAME",
    "Chapter",
    "ChapterResults",
    "PaperResult",
    "Result",
    "Story",
    "Training",
    "story_of",
    "story_page",
    "story_picture",
    "tell_story",
    "trained",
    "trainings",
    "write_page",
]
