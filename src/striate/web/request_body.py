"""Bodies of requests, received within limits of size, memory and time, and the images in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from striate.errors import RequestError
from striate.web.errors import HTTPError
from striate.web.multipart import Form, parse_form
from striate.web.settings import Settings

_MOST_JSON = 2_000_000  # bytes
_MOST_TYPE = 100  # letters of a media type in an error
_RETRY_SOON = {"Retry-After": "1"}


class RequestBodies:
    """The bodies that are in memory, bounded one by one and all together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._in_memory = 0  # bytes

    @asynccontextmanager
    async def form(self, request: Request) -> AsyncIterator[Form]:
        """The images in a request's body, one or a form of them, as long as they are needed.

        Raises:
            HTTPError: 400, 408, 413, 415 or 503: the body is malformed, late, too large, of another type, or too much.
            RequestError: a form without images, or with too many.
        """
        content_type = request.headers.get("content-type", "application/octet-stream")
        media_type = content_type.split(";")[0].strip().lower()
        is_form = media_type == "multipart/form-data"
        if not (is_form or media_type == "application/octet-stream" or media_type.startswith("image/")):
            raise _unexpected(media_type, "image/..., application/octet-stream or multipart/form-data", "image/jpeg")
        received: list[bytes] = []
        try:
            await self._receive(request, received, self._settings.body)
            body = b"".join(received) if len(received) != 1 else received[0]
            yield parse_form(content_type, body, self._settings.pictures) if is_form else Form([body])
        finally:
            self._in_memory -= sum(map(len, received))

    @asynccontextmanager
    async def image(self, request: Request) -> AsyncIterator[bytes]:
        """The one image in a request's body. Raises as `form`, and RequestError if there are several."""
        async with self.form(request) as form:
            if len(form.images) != 1:
                raise RequestError(f"expected one picture, got {len(form.images)}")
            yield form.images[0]

    async def json(self, request: Request, most: int = _MOST_JSON) -> bytes:
        """A request's body that is to be JSON of `most` bytes, not parsed yet: that takes a moment if it is large.

        Raises:
            HTTPError: 400, 408, 413, 415 or 503, as `form`.
        """
        return await self.whole(request, "application/json", most)

    async def whole(self, request: Request, expected: str, most: int) -> bytes:
        """A request's body of one media type, of `most` bytes. Raises as `json`."""
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type != expected:
            raise _unexpected(media_type, expected, expected)
        received: list[bytes] = []
        try:
            await self._receive(request, received, min(most, self._settings.body))
            return b"".join(received)
        finally:
            self._in_memory -= sum(map(len, received))

    async def _receive(self, request: Request, received: list[bytes], limit: int) -> None:
        """Append the parts of the body as they arrive."""
        self._check_size(int(request.headers.get("content-length", 0)), 0, limit)
        size, more = 0, True
        try:
            async with asyncio.timeout(self._settings.receive_seconds):
                while more:
                    message = await request.receive()
                    if message["type"] == "http.disconnect":
                        raise HTTPError(400, "the connection was closed within the body")
                    part, more = message["body"], message["more_body"]
                    size += len(part)
                    self._check_size(size, len(part), limit)
                    self._in_memory += len(part)
                    received.append(part)
        except TimeoutError:
            seconds = f"{self._settings.receive_seconds:g}"
            raise HTTPError(408, f"the body did not come within {seconds} s", {"Connection": "close"}) from None

    def _check_size(self, size: int, added: int, limit: int) -> None:
        """HTTPError if a body of this size is too large, or so many more bytes of all bodies are too many."""
        if size > limit:
            raise HTTPError(413, f"the body is larger than {limit:,} bytes")
        if self._in_memory + added > self._settings.bodies:
            raise HTTPError(503, "too many requests are being received; try again in 1 s", _RETRY_SOON)


def _unexpected(media_type: str, expected: str, example: str) -> HTTPError:
    """The error for a body of another type, with the header that curl needs."""
    got = media_type[:_MOST_TYPE] if media_type.isprintable() and media_type else "none"
    return HTTPError(415, f"expected a body of type {expected}, got {got}; with curl: -H 'Content-Type: {example}'")
