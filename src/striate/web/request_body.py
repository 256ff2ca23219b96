"""Bodies of requests, received within limits of size, memory and time, and the images in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request

from striate.web.errors import HTTPError
from striate.web.multipart import parts
from striate.web.settings import Settings

_DOCUMENT = 2_000_000  # bytes of JSON
_CROWDED = {"Retry-After": "1"}


class RequestBodies:
    """The bodies that are in memory, each and all of them bounded."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held = 0

    @asynccontextmanager
    async def images(self, request: Request) -> AsyncIterator[list[bytes]]:
        """The images in a request's body, as long as they are needed. Refusal if it breaks a limit or a form."""
        kind = request.headers.get("content-type", "application/octet-stream").split(";")[0].strip().lower()
        is_form = kind == "multipart/form-data"
        if not (is_form or kind == "application/octet-stream" or kind.startswith("image/")):
            raise HTTPError(415, "expected a body of type image/..., application/octet-stream or multipart/form-data")
        received: list[bytes] = []
        try:
            await self._receive(request, received, self._settings.body)
            body = b"".join(received) if len(received) != 1 else received[0]
            yield parts(request.headers["content-type"], body, self._settings.pictures) if is_form else [body]
        finally:
            self._held -= sum(map(len, received))

    @asynccontextmanager
    async def image(self, request: Request) -> AsyncIterator[bytes]:
        """The one image in a request's body. Refusal as `images`, and if there are several."""
        async with self.images(request) as found:
            if len(found) != 1:
                raise HTTPError(422, f"expected one picture, got {len(found)}")
            yield found[0]

    async def document(self, request: Request) -> Any:
        """The JSON in a request's body. Refusal if it is none, or larger than a table needs."""
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise HTTPError(415, "expected a body of type application/json")
        received: list[bytes] = []
        try:
            await self._receive(request, received, min(_DOCUMENT, self._settings.body))
            return json.loads(b"".join(received))
        except (ValueError, RecursionError):
            raise HTTPError(422, "the body is not JSON") from None
        finally:
            self._held -= sum(map(len, received))

    async def _receive(self, request: Request, received: list[bytes], most: int) -> None:
        self._check(int(request.headers.get("content-length", 0)), 0, most)
        size, more = 0, True
        try:
            async with asyncio.timeout(self._settings.receive_seconds):
                while more:
                    message = await request.receive()
                    if message["type"] == "http.disconnect":
                        raise HTTPError(400, "the connection was closed within the body")
                    part, more = message["body"], message["more_body"]
                    size += len(part)
                    self._check(size, len(part), most)
                    self._held += len(part)
                    received.append(part)
        except TimeoutError:
            seconds = f"{self._settings.receive_seconds:g}"
            raise HTTPError(408, f"the body did not come within {seconds} s", {"Connection": "close"}) from None

    def _check(self, size: int, more: int, most: int) -> None:
        if size > most:
            raise HTTPError(413, f"the body is larger than {most:,} bytes")
        if self._held + more > self._settings.bodies:
            raise HTTPError(503, "too many requests are being received; try again in 1 s", _CROWDED)
