"""multipart/form-data that is in memory: its files, or why it is none.

python-multipart parses; Starlette's form around it keeps files on the disk and takes a form that ends in the middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from striate.web.errors import Refusal

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


def files(kind: str, body: bytes, limit: int) -> list[bytes]:
    """The files of a form, `limit` at most; `kind` is its whole content type. Refusal 400 or 422."""
    boundary = parse_options_header(kind)[1].get(b"boundary")
    if not boundary:
        raise Refusal(400, "multipart/form-data: no boundary in the content type")
    form = _Form(limit)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise Refusal(400, f"multipart/form-data: {' '.join(str(error).split())}") from None
    if not form.ended:
        raise Refusal(400, "multipart/form-data: it ends too early")
    if not form.files:
        raise Refusal(422, "multipart/form-data: no part, expected an image")
    return [bytes(file) for file in form.files]


class _Form:
    """What the parser tells, part by part."""

    def __init__(self, limit: int) -> None:
        self.files: list[bytearray] = []
        self.ended = False
        self._limit = limit
        self._name = self._value = b""
        self._disposition = b""

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_to_name,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.files) == self._limit:
            raise Refusal(422, f"multipart/form-data: more than {self._limit} images")
        self.files.append(bytearray())
        self._disposition = b""

    def _add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def _end_headers(self) -> None:
        if b"filename" not in parse_options_header(self._disposition)[1]:
            raise Refusal(422, "multipart/form-data: a part without a filename, expected images alone")

    def _add(self, data: bytes, start: int, end: int) -> None:
        self.files[-1] += memoryview(data)[start:end]

    def _end(self) -> None:
        self.ended = True
