"""GET /lab/instruments/overlap: one function over another at every place, in one dimension or in two."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.inspection import Doubles, overlap
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_int, query_rows

_MOST_X, _MOST_G, _MOST = (12, 48), (7, 16), 1000.0
"""Rows and columns of x and of g; their numbers."""


def routes(lab: Lab) -> list[Route]:
    """The route of this instrument."""

    async def show(request: Request) -> Response:
        x, g = query_rows(request, "x", *_MOST_X, _MOST), query_rows(request, "g", *_MOST_G, _MOST)
        flipped = bool(query_int(request, "flipped", 0, 1, 0))
        return await lab.quick.respond(lambda: overlapping(x, g, flipped=flipped))

    return [lab_route("GET", "instruments/overlap", show)]


def overlapping(x: Doubles, g: Doubles, *, flipped: bool) -> dict[str, Any]:
    """g over x (height, width), one row each in one dimension: how many `places` there are (height, width), and for
    each, row by row, the products and the sum. StriateError if g does not fit.

    >>> import numpy as np
    >>> overlapping(np.array([[0.0, 5, 5]]), np.array([[-1.0, 1]]), flipped=False)["sums"]
    [5.0, 0.0]
    """
    result = overlap(x, g, flipped=flipped)
    return {
        "kernel": result.kernel.tolist(),
        "places": list(result.sums.shape),
        "products": result.products.reshape(-1, *g.shape).tolist(),
        "sums": result.sums.ravel().tolist(),
    }
