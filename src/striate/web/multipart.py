"""multipart/form-data that is in memory: the images in it, or why there are none.

python-multipart parses. Starlette's form around it keeps files on the disk, and accepts a form that is cut short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from striate.errors import RequestError
from striate.web.errors import HTTPError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


def parse_images(content_type: str, body: bytes, limit: int) -> list[bytes]:
    """The parts of a form, `limit` at most, all called image; `content_type` is the whole header.

    Raises:
        HTTPError: 400, a form that is malformed.
        RequestError: no part, too many, or one of another name.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
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
        raise RequestError("multipart/form-data: no part, expected an image")
    return [bytes(part) for part in form.parts]


class _Form:
    """The parts of a form, collected by the parser's callbacks."""

    def __init__(self, limit: int) -> None:
        self.parts: list[bytearray] = []
        self.ended = False
        self._limit = limit
        self._header = self._value = b""
        self._name: bytes | None = None

    def callbacks(self) -> MultipartCallbacks:
        """The functions that the parser calls."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_to_header,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_to_part,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        if len(self.parts) == self._limit:
            raise RequestError(f"multipart/form-data: more than {self._limit} images")
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
            raise RequestError("multipart/form-data: a part of another name, expected parts called image")

    def _add_to_part(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1] += memoryview(data)[start:end]

    def _end(self) -> None:
        self.ended = True
