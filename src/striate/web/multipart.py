"""multipart/form-data that is in memory: its images, or why it has none.

python-multipart parses; Starlette's form around it keeps files on the disk, and takes a form that ends in the middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from striate.web.errors import HTTPError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


def parts(kind: str, body: bytes, limit: int) -> list[bytes]:
    """The parts of a form, `limit` at most, all called image; `kind` is its whole content type. Refusal 400 or 422."""
    boundary = parse_options_header(kind)[1].get(b"boundary")
    if not boundary:
        raise HTTPError(400, "multipart/form-data: no boundary in the content type")
    form = _Form(limit)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise HTTPError(400, f"multipart/form-data: {' '.join(str(error).split())}") from None
    if not form.ended:
        raise HTTPError(400, "multipart/form-data: it ends too early")
    if not form.parts:
        raise HTTPError(422, "multipart/form-data: no part, expected an image")
    return [bytes(part) for part in form.parts]


class _Form:
    """What the parser tells, part by part."""

    def __init__(self, limit: int) -> None:
        self.parts: list[bytearray] = []
        self.ended = False
        self._limit = limit
        self._header = self._value = b""
        self._name: bytes | None = None

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_to_header,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) == self._limit:
            raise HTTPError(422, f"multipart/form-data: more than {self._limit} images")
        self.parts.append(bytearray())
        self._name = None

    def _add_to_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._name = parse_options_header(self._value)[1].get(b"name")
        self._header = self._value = b""

    def _end_headers(self) -> None:
        if self._name != b"image":
            raise HTTPError(422, "multipart/form-data: a part of another name, expected parts called image")

    def _add(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1] += memoryview(data)[start:end]

    def _end(self) -> None:
        self.ended = True
