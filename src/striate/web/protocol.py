"""HTTP/1.1 by uvicorn and httptools, with what these leave to a proxy: headers in time and of a bounded size, a bounded
number of connections and of requests that wait on one, an end to bodies that nobody reads any more, and the parser's
errors as JSON.

A client may send requests without waiting for the responses (pipelining). A few wait on each connection; of those of
all connections a few are answered at a time, so that the first request of another client does not wait for them.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from striate.web.errors import HTTPError, error_body
from striate.web.middleware import response_headers
from striate.web.settings import Settings

_LINGER = 1.0  # seconds
_MOST_PIPELINED = 4  # requests of one connection that wait for the responses to earlier ones
_MOST_PIPELINED_AT_ONCE = 16  # of all connections: requests that had to wait and are answered now
_IDLE = 1.0  # seconds without a request, after which a connection may be closed for the sake of another


def bounded_protocol(settings: Settings) -> type[HttpToolsProtocol]:
    """uvicorn's protocol within these limits: a class, as uvicorn expects it."""

    class BoundedProtocol(_BoundedProtocol):
        limits = settings
        turns = asyncio.Semaphore(_MOST_PIPELINED_AT_ONCE)

    return BoundedProtocol


class _BoundedProtocol(HttpToolsProtocol):
    """Counts and times the bytes that arrive; it overrides the callbacks of uvicorn's protocol."""

    limits: Settings
    turns: asyncio.Semaphore

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
        self._answering: RequestResponseCycle | None = None  # `cycle` is the last request that arrived
        self._is_ending = False  # takes no more requests
        self._free_since = 0.0  # not by the loop's clock, in which connections accepted together are equal

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect headers; if there are too many connections, end another one, or refuse this one."""
        super().connection_made(transport)
        self._free_since = time.perf_counter()
        self._start_deadline()
        if not self._has_room():
            self.app = _reject_connection

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more; whatever is still to be answered has no reader."""
        self._cancel_deadline()
        self.pipeline.clear()
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse bytes; refuse headers that grow too large, and start the time for those that are not complete."""
        if self._refused or self._is_ending:
            return
        was_in_headers, self._headers_complete = self._in_headers, False
        super().data_received(data)
        if not self._in_headers or self._refused or self._is_ending:
            return
        if was_in_headers and not self._headers_complete:
            self._header_bytes += len(data)
        if self._header_bytes > self.limits.headers:
            self._refuse(431, self._size_error())
        elif self._deadline is None and not self._is_responding():
            self._start_deadline()

    def on_message_begin(self) -> None:
        """Begin a request, unless too many wait on this connection: it ends after them, and a client may repeat those
        that had no response."""
        super().on_message_begin()
        if len(self.pipeline) >= _MOST_PIPELINED:
            self._end_after(self.cycle)

    def on_headers_complete(self) -> None:
        """Refuse headers that are too large although they arrived in one piece; a request that waits takes turns."""
        if self._is_ending:
            return
        self._in_headers, self._headers_complete, self._header_bytes = False, True, 0
        self._cancel_deadline()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > self.limits.headers:
            self._refuse(431, self._size_error())
            return
        waiting = len(self.pipeline)
        super().on_headers_complete()
        if len(self.pipeline) > waiting:
            cycle, app = self.pipeline[0]
            self.pipeline[0] = cycle, _in_turn(app, self.turns)

    def on_body(self, body: bytes) -> None:
        """Pass a part of a body on, unless the request was refused."""
        if not (self._refused or self._is_ending):
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._is_ending:
            return
        self._in_headers = True
        self._cancel_deadline()
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The response is sent."""
        self._free_since = time.perf_counter()
        super().on_response_complete()
        if not self._in_headers:  # it was sent before the body was there: the client may send the rest, for a while
            self._start_deadline()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP with an error as JSON."""
        if not self._refused:
            self._refuse(400, msg)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _is_responding(self) -> bool:
        return bool(self.pipeline) or (self._answering is not None and not self._answering.response_complete)

    def _has_room(self) -> bool:
        """Whether there may be another connection, all in all and from this address, if need be in another's place."""
        is_full, of_address = len(self.connections) > self.limits.connections, self.limits.address_connections
        if not is_full and of_address >= self.limits.connections:
            return True
        others: list[_BoundedProtocol] = [other for other in self.connections if isinstance(other, _BoundedProtocol)]
        if of_address < self.limits.connections:
            same = [other for other in others if other.client and self.client and other.client[0] == self.client[0]]
            if len(same) > of_address:
                return self._make_room(same)
        return not is_full or self._make_room(others)

    def _make_room(self, others: list[_BoundedProtocol]) -> bool:
        """End that of these connections without a request for the longest time, or one on which requests wait."""
        idle_since = time.perf_counter() - _IDLE
        idle = [other for other in others if other._is_idle() and other._free_since < idle_since]
        if idle:
            min(idle, key=lambda other: other._free_since).transport.close()
            return True
        for other in others:
            if other.pipeline and not other._is_ending and other._answering is not None:
                other.pipeline.clear()
                other._end_after(other._answering)
                return True
        return False

    def _is_idle(self) -> bool:
        return self._in_headers and not self._is_responding() and not self.transport.is_closing()

    def _end_after(self, cycle: RequestResponseCycle) -> None:
        """End the connection with the response to a request, and drop what follows that request."""
        self._is_ending = True
        cycle.keep_alive = False

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
            *response_headers(),
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.write_eof()
        # Read and drop for a moment what is still on its way: a connection that is closed at once loses the response.
        self._refused = True
        self.pipeline.clear()
        if self._answering is not None and not self._answering.response_complete:  # it cannot be sent any more
            self._answering.disconnected = True
            self._answering.message_event.set()
        self._cancel_deadline()
        self._deadline = self.loop.call_later(_LINGER, self.transport.close)


def _in_turn(app: Any, turns: asyncio.Semaphore) -> Any:
    """An application that answers when there are not too many answers at once."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async with turns:
            await app(scope, receive, send)

    return answer


async def _reject_connection(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Retry-After": "1", "Connection": "close"}
    headers |= {name.decode(): value.decode() for name, value in response_headers()}
    await HTTPError(503, "too many connections; try again in 1 s", headers).response()(scope, receive, send)
