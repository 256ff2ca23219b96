"""multipart/form-data that is in memory: the images in it and `top`, or why there are none.

python-multipart parses. Starlette's form around it keeps files on the disk, and accepts a form that is cut short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from striate.errors import RequestError
from striate.web.errors import HTTPError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


_MOST_TOP = 100  # bytes of the field `top`


@dataclass(frozen=True)
class Form:
    """What a body holds: images, and `top` if it is a form with that field."""

    images: list[bytes]
    top: str | None = None


def parse_form(content_type: str, body: bytes, limit: int) -> Form:
    """The parts of a form: `limit` at most that are called image, and one called top; `content_type` is the whole
    header.

    Raises:
        HTTPError: 400, a form that is malformed.
        RequestError: no image, too many, or a part of another name.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise HTTPError(400, "multipart/form-data: no boundary in the content type")
    form = _Parts(limit)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise HTTPError(400, f"multipart/form-data: {' '.join(str(error).split())}") from None
    if not form.ended:
        raise HTTPError(400, "multipart/form-data: it ends too early")
    if not form.images:
        raise RequestError("multipart/form-data: no part called image")
    return Form([bytes(image) for image in form.images], None if form.top is None else form.top.decode("latin-1"))


class _Parts:
    """The parts of a form, collected by the parser's callbacks."""

    def __init__(self, limit: int) -> None:
        self.images: list[bytearray] = []
        self.top: bytearray | None = None
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
        if self._name == b"image":
            if len(self.images) == self._limit:
                raise RequestError(f"multipart/form-data: more than {self._limit} images")
            self.images.append(bytearray())
        elif self._name == b"top":
            if self.top is not None:
                raise RequestError("multipart/form-data: two parts called top, expected one")
            self.top = bytearray()
        else:
            raise RequestError("multipart/form-data: a part of another name, expected parts called image, and top")

    def _add_to_part(self, data: bytes, start: int, end: int) -> None:
        if self._name == b"image":
            self.images[-1] += memoryview(data)[start:end]
        elif self.top is not None and len(self.top) < _MOST_TOP:
            self.top += memoryview(data)[start : min(end, start + _MOST_TOP)]

    def _end(self) -> None:
        self.ended = True
