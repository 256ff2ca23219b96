"""The name that somebody gives a device: text that can be shown beside other text, whatever was typed."""

from __future__ import annotations

import unicodedata

from striate.text import compose

LONGEST = 20
"""Letters of a name."""
_MOST_MARKS = 2  # on one letter
_SPACES = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that are seen as nothing
_LONGEST_TYPED = 1000


def clean_name(text: str) -> str:
    """A name without characters that cannot be seen, that reverse the direction of writing, or pile up; "" if none are
    left.

    >>> clean_name("  미나\\u202e  <b>\\n"), clean_name("\\u3164\\u200b"), clean_name("a" * 99) == "a" * LONGEST
    ('미나 <b>', '', True)
    """
    letters: list[str] = []
    marks = 0
    for letter in compose(text[:_LONGEST_TYPED]):
        category = unicodedata.category(letter)
        marks = marks + 1 if category[0] == "M" else 0
        if category[0] in "ZC" or letter in _SPACES:  # spaces; controls, formats, what is no character
            letters.append(" " if category != "Cf" else "")
        elif marks <= _MOST_MARKS and (marks == 0 or "".join(letters).strip()):
            letters.append(letter)
    return " ".join("".join(letters).split())[:LONGEST].rstrip()
