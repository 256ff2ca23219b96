"""HTTP/1.1 by uvicorn and httptools, with what these leave to a proxy: heads in time and of a bounded size, a bounded
number of connections, an end to bodies that nobody reads any more, and the parser's errors as JSON."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from striate.web.errors import HTTPError, error_body
from striate.web.security import HEADERS
from striate.web.settings import Settings

_LINGER = 1.0  # seconds


def protocol(settings: Settings) -> type[HttpToolsProtocol]:
    """uvicorn's protocol within these limits: a class, as uvicorn wants it."""

    class Bounded(_Bounded):
        limits = settings

    return Bounded


class _Bounded(HttpToolsProtocol):
    """Counts and times what comes; what it overrides are the moments of uvicorn's own."""

    limits: Settings

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_head = True  # or before one: the last body has ended
        self._came_whole = False  # a head did, within the data that is being parsed
        self._head = 0  # bytes of a head that is not whole yet
        self._deadline: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is here: a head is expected; of too many, a refusal."""
        super().connection_made(transport)
        self._expect_more()
        if len(self.connections) > self.limits.connections:
            self.app = _too_many

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._has_come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes: a head that grows too long or takes too long is refused."""
        if self._refused:
            return
        head_alone, self._came_whole = self._in_head, False
        super().data_received(data)
        if not self._in_head or self._refused:
            return
        if head_alone and not self._came_whole:
            self._head += len(data)
        if self._head > self.limits.headers:
            self._refuse(431, self._too_long())
        elif self._deadline is None and not self._is_answering():
            self._expect_more()

    def on_headers_complete(self) -> None:
        """A head is whole: in all it may be as long as one that comes in pieces."""
        self._in_head, self._came_whole, self._head = False, True, 0
        self._has_come()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > self.limits.headers:
            self._refuse(431, self._too_long())
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body, passed on unless the request was refused."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._in_head = True
        self._has_come()
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is sent."""
        super().on_response_complete()
        if not self._in_head:  # refused before its body was there: the client may send the rest, for a while
            self._expect_more()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP gets an error as any other."""
        if not self._refused:
            self._refuse(400, msg)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_more(self) -> None:
        self._has_come()
        self._deadline = self.loop.call_later(self.limits.receive_seconds, self._is_late)

    def _has_come(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _is_late(self) -> None:
        self._deadline = None
        if self._head:
            self._refuse(408, f"the headers did not come within {self.limits.receive_seconds:g} s")
        else:  # nothing was asked, or the rest of a body that is refused already does not end
            self.transport.close()

    def _too_long(self) -> str:
        return f"the headers are larger than {self.limits.headers:,} bytes"

    def _refuse(self, status: int, message: str) -> None:
        body = error_body(message)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            *HEADERS,
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.write_eof()
        # What is still on its way is read and dropped for a moment: closed at once, the answer would be lost with it.
        self._refused = True
        if self._is_answering():  # an earlier request, whose answer has no place any more
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._has_come()
        self._deadline = self.loop.call_later(_LINGER, self.transport.close)


async def _too_many(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Retry-After": "1", "Connection": "close", **{name.decode(): value.decode() for name, value in HEADERS}}
    await HTTPError(503, "too many connections; try again in 1 s", headers).response()(scope, receive, send)
