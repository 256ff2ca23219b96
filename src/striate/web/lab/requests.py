"""A route of the lab, and what it reads from a request: query parameters, an image."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.data import read_noted_input
from striate.errors import RequestError
from striate.inspection import Doubles, Sample, sample_of
from striate.tables import Table

Handler = Callable[[Request], Awaitable[Response]]


def lab_route(method: str, path: str, handler: Handler) -> Route:
    """A route of the lab, mounted below /lab/; the metrics count it by its whole path."""

    async def endpoint(request: Request) -> Response:
        request.scope["route"] = counted
        return await handler(request)

    counted = Route(f"/lab/{path}", endpoint)
    return Route(f"/{path}", endpoint, methods=[method])


def parse_document(body: bytes) -> Any:
    """The JSON in a body. RequestError if it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError("the body is not JSON") from None


def query_text(request: Request, name: str, default: str | None = None) -> str:
    """A query parameter. RequestError if it is missing and has no default."""
    text = request.query_params.get(name, default)
    if text is None:
        raise RequestError(f"{name}: is missing")
    return text


def query_int(request: Request, name: str, least: int, most: int, default: int | None = None) -> int:
    """A query parameter that is a whole number. RequestError if it is not, or out of bounds."""
    text = query_text(request, name, None if default is None else str(default))
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9 and least <= int(text) <= most):
        raise RequestError(f"{name}: expected a whole number from {least} to {most}")
    return int(text)


def query_float(request: Request, name: str, least: float, most: float, default: float | None = None) -> float:
    """A query parameter that is a number. RequestError if it is not, or out of bounds."""
    text = query_text(request, name, None if default is None else repr(default))
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise RequestError(f"{name}: expected a number from {least:g} to {most:g}")
    return number


def query_rows(request: Request, name: str, rows: int, columns: int, most: float) -> Doubles:
    """A query parameter of numbers (height, width), such as `1,2;3,4`: at most `rows` rows of `columns`, no magnitude
    above `most`. RequestError if it is not."""
    try:
        lines = query_text(request, name).split(";", rows)
        numbers = np.array([[float(number) for number in line.split(",", columns)] for line in lines], np.float64)
    except ValueError:
        numbers = np.full((1, 1), np.nan)
    if len(numbers) > rows or numbers.shape[1] > columns or not (np.abs(numbers) <= most).all():
        lengths = f"up to {columns} numbers" if rows == 1 else f"up to {rows} rows of up to {columns} numbers each"
        raise RequestError(f"{name}: expected {lengths} from {-most:g} to {most:g}")
    return numbers


def decode_sample(content: bytes, table: Table, *, small: bool = False) -> Sample:
    """The image in a body as a table's input, preprocessed as in training. DataError if it cannot be read; with
    `small`, LargePictureError if that takes long."""
    input_CHW, note = read_noted_input(content, table, small=small)
    return sample_of("the picture", input_CHW, table, note)
