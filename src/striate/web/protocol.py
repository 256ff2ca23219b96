"""HTTP/1.1 by uvicorn and httptools, with what these leave to a proxy: headers in time and of a bounded size, a bounded
number of connections, an end to bodies that nobody reads any more, and the parser's errors as JSON."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from striate.web.errors import HTTPError, error_body
from striate.web.middleware import RESPONSE_HEADERS
from striate.web.settings import Settings

_LINGER = 1.0  # seconds


def bounded_protocol(settings: Settings) -> type[HttpToolsProtocol]:
    """uvicorn's protocol within these limits: a class, as uvicorn expects it."""

    class BoundedProtocol(_BoundedProtocol):
        limits = settings

    return BoundedProtocol


class _BoundedProtocol(HttpToolsProtocol):
    """Counts and times the bytes that arrive; it overrides the callbacks of uvicorn's protocol."""

    limits: Settings

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_headers = True  # or between two requests
        self._headers_complete = False  # within the data that is being parsed
        self._header_bytes = 0  # of headers that are not complete yet
        self._deadline: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect headers; refuse the connection if there are too many."""
        super().connection_made(transport)
        self._start_deadline()
        if len(self.connections) > self.limits.connections:
            self.app = _reject_connection

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._cancel_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse bytes; refuse headers that grow too large, and start the time for those that are not complete."""
        if self._refused:
            return
        was_in_headers, self._headers_complete = self._in_headers, False
        super().data_received(data)
        if not self._in_headers or self._refused:
            return
        if was_in_headers and not self._headers_complete:
            self._header_bytes += len(data)
        if self._header_bytes > self.limits.headers:
            self._refuse(431, self._size_error())
        elif self._deadline is None and not self._is_responding():
            self._start_deadline()

    def on_headers_complete(self) -> None:
        """Refuse headers that are too large although they arrived in one piece."""
        self._in_headers, self._headers_complete, self._header_bytes = False, True, 0
        self._cancel_deadline()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > self.limits.headers:
            self._refuse(431, self._size_error())
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass a part of a body on, unless the request was refused."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._in_headers = True
        self._cancel_deadline()
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The response is sent."""
        super().on_response_complete()
        if not self._in_headers:  # it was sent before the body was there: the client may send the rest, for a while
            self._start_deadline()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP with an error as JSON."""
        if not self._refused:
            self._refuse(400, msg)

    def _is_responding(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_deadline(self) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(self.limits.receive_seconds, self._time_out)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _time_out(self) -> None:
        self._deadline = None
        if self._header_bytes:
            self._refuse(408, f"the headers did not come within {self.limits.receive_seconds:g} s")
        else:  # no request, or a refused body that does not end
            self.transport.close()

    def _size_error(self) -> str:
        return f"the headers are larger than {self.limits.headers:,} bytes"

    def _refuse(self, status: int, message: str) -> None:
        body = error_body(message)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            *RESPONSE_HEADERS,
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.write_eof()
        # Read and drop for a moment what is still on its way: a connection that is closed at once loses the response.
        self._refused = True
        if self._is_responding():  # to an earlier request, whose response cannot be sent any more
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._cancel_deadline()
        self._deadline = self.loop.call_later(_LINGER, self.transport.close)


async def _reject_connection(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Retry-After": "1", "Connection": "close"}
    headers |= {name.decode(): value.decode() for name, value in RESPONSE_HEADERS}
    await HTTPError(503, "too many connections; try again in 1 s", headers).response()(scope, receive, send)
