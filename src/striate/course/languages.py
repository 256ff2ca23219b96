"""Texts that exist in both languages, and the numbers and particles in them."""

from __future__ import annotations

from typing import NamedTuple

from striate.words import Language


class Words(NamedTuple):
    """A text in both languages.

    >>> Words("kernel", "커널").of("ko")
    '커널'
    """

    en: str
    ko: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.ko if language == "ko" else self.en


def number(value: float) -> str:
    """A number as the course writes it: whole ones with thousands separators, others with up to six digits.

    >>> number(60000), number(0.25), number(4.0), number(-0.0), number(-3)
    ('60,000', '0.25', '4', '0', '−3')
    """
    whole = int(value) if value == int(value) else None
    text = f"{whole:,}" if whole is not None else f"{value:.6g}"
    return text.replace("-", "−")


def with_particle(text: str, particle: str) -> str:
    """A Korean particle after a number, in the form that its last digit asks for when it is read aloud.

    `particle` holds both forms, the one after a final consonant first: "은/는", "이/가", "을/를", "과/와", "으로/로".

    >>> with_particle("28", "은/는"), with_particle("55", "이/가"), with_particle("1,520", "으로/로")
    ('28은', '55가', '1,520으로')
    """
    after_consonant, after_vowel = particle.split("/")
    digit = next((letter for letter in reversed(text) if letter.isdigit()), "")
    closed = digit in set("013678")
    if particle == "으로/로" and digit in set("178"):  # 일, 칠, 팔 end in ㄹ
        closed = False
    return text + (after_consonant if closed else after_vowel)
