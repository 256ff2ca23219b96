"""Errors over HTTP: a status and one JSON object, {"error": "one clear line"}.

Code below the routes raises the library's errors; only here do they become statuses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from striate.errors import (
    ClassroomError,
    DrawingNotFoundError,
    RunConflictError,
    RunNotFoundError,
    StriateError,
)
from striate.text import shorten
from striate.words import LANGUAGES, Language, translate

STATUSES: Mapping[type[StriateError], int] = {
    RunNotFoundError: 404,
    RunConflictError: 409,
    DrawingNotFoundError: 404,
    ClassroomError: 409,
}
"""Of the library's errors; all others are 422."""
DESCRIPTIONS = {
    400: "The request is malformed: its Host, its headers, its body as multipart.",
    401: "The token is missing or wrong.",
    403: "The request comes from a page of another origin.",
    404: "There is no such model.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The body is neither an image, bytes nor multipart/form-data.",
    421: "The Host is not one that this server answers to.",
    422: "An argument or the image cannot be used: empty, damaged, too many pixels, no image.",
    500: "The server failed; its log says why.",
    503: "The server is too busy; Retry-After says when to ask again.",
}
"""What each status means, for the OpenAPI document."""


class Error(BaseModel):
    """Every error of this server."""

    error: str


class HTTPError(Exception):
    """A request that is answered with an error status; the message is for the client: no paths, no tracebacks."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers

    def response(self, language: Language = "en") -> Response:
        """The error as a response, in the language of a reader."""
        return Response(error_body(translate(str(self), language)), self.status, self.headers, "application/json")


def error_body(message: str) -> bytes:
    """The JSON of an error, whose line is bounded.

    >>> error_body("the image: empty")
    b'{"error":"the image: empty"}'
    """
    return json.dumps({"error": shorten(message)}, separators=(",", ":")).encode()


def error_responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """These error statuses as FastAPI's `responses`."""
    return {status: {"model": Error, "description": DESCRIPTIONS[status]} for status in statuses}


def striate_error_response(error: StriateError, language: Language = "en") -> Response:
    """An error of the library as a response."""
    return HTTPError(STATUSES.get(type(error), 422), str(error)).response(language)


def failure_response(language: Language = "en") -> Response:
    """The response to an exception that nobody expected, which says nothing of it."""
    return HTTPError(500, DESCRIPTIONS[500]).response(language)


def page_language(request: Request) -> Language:
    """The language of the page that a request comes from: it names its own as Accept-Language. English for the API."""
    preferred = request.headers.get("accept-language", "")[:2].lower()
    is_page = any(part in request.url.path for part in ("/lab/", "/class/"))
    return next((language for language in LANGUAGES if is_page and language == preferred), "en")


async def _http_error(request: Request, error: HTTPError) -> Response:
    return error.response(page_language(request))


async def _striate_error(request: Request, error: StriateError) -> Response:
    return striate_error_response(error, page_language(request))


async def _http_exception(request: Request, error: HTTPException) -> Response:
    """Starlette's own errors: its router knows no such path, or no such method."""
    headers = dict(error.headers or {})
    if "GET" in (allowed := headers.get("Allow", "").split(", ")):
        headers["Allow"] = ", ".join(sorted({*allowed, "HEAD"}))
    messages = {
        404: "no such path; /openapi.json lists them",
        405: f"this path takes {headers.get('Allow', 'another method')}",
    }
    line = messages.get(error.status_code, str(error.detail))
    return HTTPError(error.status_code, line, headers).response(page_language(request))


async def _failure(request: Request, _error: Exception) -> Response:
    return failure_response(page_language(request))


EXCEPTION_HANDLERS: Mapping[Any, Any] = {
    HTTPError: _http_error,
    StriateError: _striate_error,
    HTTPException: _http_exception,
    Exception: _failure,
}
"""For Starlette and FastAPI: whatever a route raises becomes a response."""
