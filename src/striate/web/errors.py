"""Errors over HTTP: a status and one JSON object, {"error": "one clear line"}."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel
from starlette.responses import Response

SAID = {
    400: "The request is malformed: its Host, its headers, its body as multipart.",
    401: "The token is missing or another one.",
    403: "The request comes from a page of another origin.",
    404: "There is no such model.",
    408: "The body did not come in time.",
    413: "The body is larger than the server takes.",
    415: "The body is of another kind than an image, bytes or multipart/form-data.",
    421: "The Host is not one that this server answers to.",
    422: "An argument or the image cannot be used: empty, damaged, too many pixels, no image.",
    500: "The server failed; its log says why.",
    503: "Too much to do at the moment; Retry-After says when to ask again.",
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

    def response(self) -> Response:
        """The answer."""
        return Response(error_body(str(self)), self.status, self.headers, "application/json")


def error_body(message: str) -> bytes:
    """The JSON of an error.

    >>> error_body("the image: empty")
    b'{"error":"the image: empty"}'
    """
    return json.dumps({"error": message}, separators=(",", ":")).encode()


def error_responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """These error statuses as FastAPI's `responses`."""
    return {status: {"model": Error, "description": SAID[status]} for status in statuses}
