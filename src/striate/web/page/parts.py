"""The parts of a page: bytes, deflated and written as base64, each with a digest by which a change is noticed."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

_LINE = 120  # letters
_RAW = -15  # of zlib: deflated bytes without a header


@dataclass(frozen=True)
class Part:
    """A part of a page. `name` is that of an element: letters, digits, hyphens."""

    name: str
    content: bytes

    @cached_property
    def text(self) -> str:
        """The content as it stands in the page.

        >>> Part("documents", b"{}").text
        'q64FAA=='
        """
        deflate = zlib.compressobj(9, zlib.DEFLATED, _RAW)
        letters = base64.b64encode(deflate.compress(self.content) + deflate.flush()).decode("ascii")
        return "\n".join(letters[at : at + _LINE] for at in range(0, len(letters), _LINE))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return digest_of(self.text)


def json_part(name: str, document: object) -> Part:
    """A document as a part; ValueError for numbers that are not finite."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Part(name, text.encode(errors="replace"))


def digest_of(text: str) -> str:
    """SHA-256 of a text, in hexadecimal digits.

    >>> digest_of("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def page_digest(parts: Iterable[Part]) -> str:
    """A digest over those of all parts."""
    return digest_of("\n".join(part.digest for part in parts))
