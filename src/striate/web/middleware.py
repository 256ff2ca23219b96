"""What stands in front of every route, one duty each: one form of a request, counting, headers that bind browsers, who
may ask.

Pages in the user's browser can reach a server on localhost. A page of another origin sends its own in Origin, or where
it only shows a picture or a frame, says in Sec-Fetch-Site that it is of another site. A page whose name was rebound to
127.0.0.1 (DNS rebinding) sends that name in Host.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from striate.web.errors import HTTPError
from striate.web.hosts import AllowedHosts, is_host, split_host
from striate.web.metrics import Metrics

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors "
)
OPEN_PATHS = ("/", "/c", "/class", "/healthz", "/readyz")
"""Need no token: nothing in them is secret."""
_OPEN_FOLDERS = ("/static/", "/class/")
"""As the pages' files; and a class has tokens of its own."""
_OWN_PAGES_ONLY = ("/lab/", "/class/")
_OWN_SITES = (None, b"same-origin", b"none")
_SINGLE = frozenset((b"host", b"origin", b"authorization", b"sec-fetch-site"))


def response_headers(frame_origins: Sequence[str] = ()) -> tuple[tuple[bytes, bytes], ...]:
    """What every response has, so that browsers load nothing from elsewhere, and show it in frames of these origins.

    >>> dict(response_headers())[b"x-content-type-options"]
    b'nosniff'
    """
    policy = _POLICY + (" ".join(frame_origins) or "'none'")
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
    )


class HeadMiddleware:
    """Answers HEAD as GET; the server sends a response to HEAD without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, HEAD as GET."""
        await self.app({**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope, receive, send)


class TrailingSlashMiddleware:
    """Answers a path with a slash at its end as the one without."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, without the slash."""
        if scope["type"] == "http" and len(path := scope["path"]) > 1 and path[-1] == "/" and path[-2] != "/":
            scope["path"] = path[:-1]
        await self.app(scope, receive, send)


class MetricsMiddleware:
    """Counts each request by route and status, with the time from its headers to the end of its answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count it whatever becomes of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.in_flight.inc()
        try:
            await self.app(scope, receive, send_and_note_status)
        finally:
            self._metrics.in_flight.dec()
            route = getattr(scope.get("route"), "path", "") or "none"
            self._metrics.count_request(route, status, time.perf_counter() - started)


class ResponseHeadersMiddleware:
    """Adds headers to every response."""

    def __init__(self, app: ASGIApp, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its response back with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class RequestCheck(ABC):
    """Answers a request with an error, or passes it on: what `check` decides from its path and headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    @abstractmethod
    def check(self, scope: Scope) -> None:
        """HTTPError if the request may not pass."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request."""
        if scope["type"] == "http":
            try:
                self.check(scope)
            except HTTPError as error:
                await error.response()(scope, receive, send)
                return
        await self.app(scope, receive, send)


class SingleHeadersCheck(RequestCheck):
    """400 if a header that the other checks rely on stands twice: whoever reads next might take the other one."""

    def check(self, scope: Scope) -> None:
        """HTTPError 400 if a header stands twice."""
        seen = set()
        for name, _ in scope["headers"]:
            if name in _SINGLE:
                if name in seen:
                    raise HTTPError(400, f"two headers {name.decode()}, expected one")
                seen.add(name)


class HostCheck(RequestCheck):
    """400 without a Host header; 421 if a server on a loopback address is addressed by the name of another machine."""

    def __init__(self, app: ASGIApp, host: str, allowed: AllowedHosts, *, loopback: bool) -> None:
        """`host` is the address that the server listens on, `loopback` whether only this machine reaches it."""
        super().__init__(app)
        self._local_names = ("127.0.0.1", "localhost", host.lower())
        self._allowed = allowed
        self._loopback = loopback

    def check(self, scope: Scope) -> None:
        """HTTPError 400 or 421 if the Host is missing, malformed or of another machine."""
        host = (_header(scope, b"host") or b"").decode("latin-1").lower()
        if not is_host(host):
            raise HTTPError(400, "a Host header is needed: a name or an address, and a port")
        if self._loopback and not (self._is_local(split_host(host)[0]) or self._allowed.allows(host)):
            raise HTTPError(421, "this server answers to localhost alone; --allowed-host allows another name")

    def _is_local(self, name: str) -> bool:
        if name in self._local_names:
            return True
        try:
            return ipaddress.ip_address(name.strip("[]")).is_loopback
        except ValueError:
            return False


class OriginCheck(RequestCheck):
    """403 if a page of another origin asks; for what the pages fetch also if its pictures, frames or links do."""

    def __init__(self, app: ASGIApp, allowed: AllowedHosts) -> None:
        super().__init__(app)
        self._allowed = allowed

    def check(self, scope: Scope) -> None:
        """HTTPError 403 if the request comes from another origin or site."""
        origin = _header(scope, b"origin")
        if origin is not None and not self._is_own(origin.decode("latin-1").lower(), scope):
            raise HTTPError(
                403, "the request comes from a page of another origin; behind a proxy, --allowed-host names its host"
            )
        if scope["path"].startswith(_OWN_PAGES_ONLY) and _header(scope, b"sec-fetch-site") not in _OWN_SITES:
            raise HTTPError(403, "the request comes from a page of another site")

    def _is_own(self, origin: str, scope: Scope) -> bool:
        host = (_header(scope, b"host") or b"").decode("latin-1").lower()
        return origin.partition("://")[2] == host or self._allowed.allows_origin(origin)


class TokenCheck(RequestCheck):
    """401 without the bearer token, except for `OPEN_PATHS`, the pages' files and the routes of a class."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        super().__init__(app)
        self._token = token.encode()

    def check(self, scope: Scope) -> None:
        """HTTPError 401 if the path needs the token and the request has another one or none."""
        if scope["path"] in OPEN_PATHS or scope["path"].startswith(_OPEN_FOLDERS):
            return
        scheme, _, token = (_header(scope, b"authorization") or b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(b" "), self._token):
            raise HTTPError(401, "expected Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})


def _header(scope: Scope, name: bytes) -> bytes | None:
    """The value of a header, None if the request has no such header."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None
