"""A lab route: what it reads from a request, and its refusals made responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.data import read_input
from striate.errors import StriateError
from striate.inspection import Sample, sample_of
from striate.tables import Table
from striate.web.errors import HTTPError
from striate.web.settings import Settings

Handler = Callable[[Request], Awaitable[Response]]


def route(method: str, path: str, handler: Handler) -> Route:
    """A route of the lab, below /lab/. What the handler refuses, or cannot use, is its answer."""

    async def answer(request: Request) -> Response:
        request.scope["route"] = counted
        try:
            return await handler(request)
        except HTTPError as refusal:
            return refusal.response()
        except StriateError as error:
            return HTTPError(422, str(error)).response()

    counted = Route(f"/lab/{path}", answer)  # as the metrics call it
    return Route(f"/{path}", answer, methods=[method])


def word(request: Request, name: str, default: str | None = None) -> str:
    """An argument of the address. Refusal 422 if it is missing and has no default."""
    text = request.query_params.get(name, default)
    if text is None:
        raise HTTPError(422, f"{name}: is missing")
    return text


def whole(request: Request, name: str, least: int, most: int, default: int | None = None) -> int:
    """A whole number of the address. Refusal 422 if it is none, or out of bounds."""
    text = word(request, name, None if default is None else str(default))
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9 and least <= int(text) <= most):
        raise HTTPError(422, f"{name}: expected a whole number from {least} to {most}")
    return int(text)


def real(request: Request, name: str, least: float, most: float, default: float | None = None) -> float:
    """A number of the address. Refusal 422 if it is none, or out of bounds."""
    text = word(request, name, None if default is None else repr(default))
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise HTTPError(422, f"{name}: expected a number from {least:g} to {most:g}")
    return number


def picture(content: bytes, table: Table, settings: Settings) -> Sample:
    """The picture in a body as a table's input, made ready as in training. DataError if it cannot be read."""
    return sample_of("the picture", read_input(content, table, max_pixels=settings.pixels), table)
