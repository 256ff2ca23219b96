"""Words in the reader's language: the one place where the texts of Python's code become Korean.

Texts are written in English where they are made, and English is the key of a catalogue. Whoever shows a text to a
reader translates it last: the server an error, a figure its labels, a report its sentences.
"""

from striate.words.translation import (
    LANGUAGES,
    Language,
    catalogue,
    reading,
    reading_language,
    translate,
    translate_markdown,
    untranslated,
)

__all__ = [
    "LANGUAGES",
    "Language",
    "catalogue",
    "reading",
    "reading_language",
    "translate",
    "translate_markdown",
    "untranslated",
]
