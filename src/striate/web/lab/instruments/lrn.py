"""GET /lab/instruments/lrn: the values of neighbouring maps at one place, before and after they compete."""

from __future__ import annotations

import math
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.inspection import channel_competition
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_float, query_int, query_rows

_MOST_MAPS, _MOST = 16, 1000.0
_MOST_SIZE, _MOST_K, _MOST_ALPHA, _MOST_BETA = 16, 100.0, 10.0, 4.0


def routes(lab: Lab) -> list[Route]:
    """The route of this instrument."""

    async def show(request: Request) -> Response:
        values = query_rows(request, "values", 1, _MOST_MAPS, _MOST)[0]
        size = query_int(request, "size", 1, _MOST_SIZE, 5)
        k = query_float(request, "k", 0, _MOST_K, 2)
        alpha = query_float(request, "alpha", 0, _MOST_ALPHA, 1e-4)
        beta = query_float(request, "beta", 0, _MOST_BETA, 0.75)

        def document() -> dict[str, Any]:
            result = channel_competition(values, size, k, alpha, beta)
            return {
                "after": result.after.tolist(),
                "first": result.first,
                "last": result.last,
                "squares": result.squares.tolist(),
                "factors": result.factors.tolist(),
                "unopposed": result.unopposed if math.isfinite(result.unopposed) else None,
            }

        return await lab.quick.respond(document)

    return [lab_route("GET", "instruments/lrn", show)]
