"""Bodies of requests, received within limits of size, memory and time, and the images in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request

from striate.errors import RequestError
from striate.web.errors import HTTPError
from striate.web.multipart import parse_images
from striate.web.settings import Settings

_MOST_JSON = 2_000_000  # bytes
_RETRY_SOON = {"Retry-After": "1"}


class RequestBodies:
    """The bodies that are in memory, bounded one by one and all together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._in_memory = 0  # bytes

    @asynccontextmanager
    async def images(self, request: Request) -> AsyncIterator[list[bytes]]:
        """The images in a request's body, as long as they are needed.

        Raises:
            HTTPError: 400, 408, 413, 415 or 503: the body is malformed, late, too large, of another type, or too much.
            RequestError: a form without images, or with too many.
        """
        content_type = request.headers.get("content-type", "application/octet-stream")
        media_type = content_type.split(";")[0].strip().lower()
        is_form = media_type == "multipart/form-data"
        if not (is_form or media_type == "application/octet-stream" or media_type.startswith("image/")):
            raise HTTPError(415, "expected a body of type image/..., application/octet-stream or multipart/form-data")
        received: list[bytes] = []
        try:
            await self._receive(request, received, self._settings.body)
            body = b"".join(received) if len(received) != 1 else received[0]
            yield parse_images(content_type, body, self._settings.pictures) if is_form else [body]
        finally:
            self._in_memory -= sum(map(len, received))

    @asynccontextmanager
    async def image(self, request: Request) -> AsyncIterator[bytes]:
        """The one image in a request's body. Raises as `images`, and RequestError if there are several."""
        async with self.images(request) as images:
            if len(images) != 1:
                raise RequestError(f"expected one picture, got {len(images)}")
            yield images[0]

    async def json(self, request: Request) -> Any:
        """The JSON in a request's body.

        Raises:
            HTTPError: 400, 408, 413, 415 or 503, as `images`.
            RequestError: the body is not JSON.
        """
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type != "application/json":
            raise HTTPError(415, "expected a body of type application/json")
        received: list[bytes] = []
        try:
            await self._receive(request, received, min(_MOST_JSON, self._settings.body))
            return json.loads(b"".join(received))
        except (ValueError, RecursionError):
            raise RequestError("the body is not JSON") from None
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
