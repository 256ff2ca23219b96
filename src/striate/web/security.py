"""What stands before every route: who may ask, headers that bind browsers, and the count of requests.

A server on localhost is reached by every page that the user's browser shows. A page of another origin tells its own in
Origin, or where it only shows a picture or a frame, in Sec-Fetch-Site that it is another; one whose name was rebound to
127.0.0.1 (DNS rebinding) tells that name in Host.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from striate.web.errors import HTTPError
from striate.web.metrics import Metrics
from striate.web.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OPEN = ("/", "/healthz", "/readyz")
"""Asked without a token, as the lab page's files are: they tell nothing."""
_TOLD = (b"host", b"origin", b"authorization", b"sec-fetch-site")
_OWN = (b"same-origin", b"none")
_AUTHORITY = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?")


class Security:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, settings: Settings, measures: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._measures = measures
        self._token = None if settings.token is None else f"Bearer {settings.token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        self._measures.in_flight.inc()
        try:
            self._check(scope)
            await self._app(scope, receive, send_with_headers)
        except HTTPError as refusal:
            await refusal.response()(scope, receive, send_with_headers)
        finally:
            self._measures.in_flight.dec()
            route = getattr(scope.get("route"), "path", "") or "none"
            self._measures.answered(route, status, time.perf_counter() - started)

    def _check(self, scope: Scope) -> None:
        """Refusal if the request is not from here, or not from who has the token."""
        told: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _TOLD and told.setdefault(name, value) is not value:
                raise HTTPError(400, f"two headers {name.decode()}, expected one")
        host = told.get(b"host", b"").decode("latin-1").lower()
        found = _AUTHORITY.fullmatch(host)
        if found is None:
            raise HTTPError(400, "a Host header is needed: a name or an address, and a port")
        if self._settings.loopback and not self._is_here(found["name"]):
            raise HTTPError(421, "this server answers to localhost alone; the Host header names another")
        origin = told.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower().partition("://")[2] != host:
            raise HTTPError(403, "the request comes from a page of another origin")
        if scope["path"].startswith("/lab/") and told.get(b"sec-fetch-site", b"none") not in _OWN:
            raise HTTPError(403, "the request comes from a page of another site")
        if self._token is not None and scope["path"] not in OPEN and not scope["path"].startswith("/static/"):
            given = told.get(b"authorization", b"")
            if not hmac.compare_digest(given, self._token):
                raise HTTPError(401, "expected Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})

    def _is_here(self, name: str) -> bool:
        if name in ("127.0.0.1", "localhost", self._settings.host.lower()):
            return True
        try:
            return ipaddress.ip_address(name.strip("[]")).is_loopback
        except ValueError:
            return False
