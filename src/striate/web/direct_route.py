"""A route in front of the frameworks: to find it and to pass through their layers takes as long as LeNet-5."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from striate.errors import StriateError
from striate.web.errors import HTTPError, failure_response, striate_error_response


class DirectRoute:
    """Answers POST to one path itself, and passes on all else; `path` is as Starlette writes it."""

    def __init__(self, app: ASGIApp, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        self.app = app
        self.path = path
        self.endpoint = endpoint
        self._pattern, _, _ = compile_path(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on; an unexpected exception is answered with 500 and raised for the log."""
        found = scope.get("method") == "POST" and self._pattern.match(scope["path"])
        if not found:
            await self.app(scope, receive, send)
            return
        scope["route"], scope["path_params"] = self, found.groupdict()
        try:
            response = await self.endpoint(Request(scope, receive))
        except HTTPError as error:
            response = error.response()
        except StriateError as error:
            response = striate_error_response(error)
        except Exception:
            await failure_response()(scope, receive, send)
            raise
        await response(scope, receive, send)
