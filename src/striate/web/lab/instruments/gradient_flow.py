"""GET /lab/instruments/gradient-flow: the gradient over depth, for a network of the bench by its switches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.errors import RequestError
from striate.inspection import (
    BENCH_DEPTHS,
    BENCH_INITIALIZATIONS,
    SMALLEST_FLOAT32,
    BenchInitialization,
    BenchSetting,
    gradient_course,
)
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_int, query_text


def routes(lab: Lab) -> list[Route]:
    """The route of this instrument; each of the settings is measured once, by the slow worker."""
    measured: dict[BenchSetting, dict[str, Any]] = {}

    async def show(request: Request) -> Response:
        setting = _setting(request)

        def document() -> dict[str, Any]:
            if setting not in measured:
                measured[setting] = course_of(setting)
            return measured[setting]

        return await lab.slow.respond(document)

    return [lab_route("GET", "instruments/gradient-flow", show)]


def course_of(setting: BenchSetting) -> dict[str, Any]:
    """What becomes of the gradient: at each place of each seed, first over last, and in a word."""
    course = gradient_course(setting.table())
    ratios = course.ratios
    median = float(np.median(ratios))
    return {
        "depths": list(course.depths),
        "gradients": course.gradients.tolist(),
        "ratio": {"least": float(ratios.min()), "median": median, "most": float(ratios.max())},
        "layer": median ** (1 / (course.depths[-1] - course.depths[0])),
        "course": course.course,
        "limit": SMALLEST_FLOAT32,
    }


def bench_queries() -> Iterator[dict[str, str]]:
    """The query of every setting, as the page asks for it.

    >>> len(list(bench_queries())), next(bench_queries())
    (120, {'depth': '8', 'shortcut': '0', 'initialization': 'he', 'batch_norm': '0'})
    """
    names = ("depth", "shortcut", "initialization", "batch_norm")
    for values in product(BENCH_DEPTHS, (0, 1), BENCH_INITIALIZATIONS, (0, 1)):
        yield dict(zip(names, map(str, values), strict=True))


def _setting(request: Request) -> BenchSetting:
    depth = query_int(request, "depth", BENCH_DEPTHS[0], BENCH_DEPTHS[-1])
    if depth not in BENCH_DEPTHS:
        raise RequestError(f"depth: expected one of {', '.join(map(str, BENCH_DEPTHS))}")
    shortcut, batch_norm = (bool(query_int(request, name, 0, 1)) for name in ("shortcut", "batch_norm"))
    return BenchSetting(depth=depth, shortcut=shortcut, initialization=_initialization(request), batch_norm=batch_norm)


def _initialization(request: Request) -> BenchInitialization:
    name = query_text(request, "initialization")
    if name not in BENCH_INITIALIZATIONS:
        raise RequestError(f"initialization: expected one of {', '.join(BENCH_INITIALIZATIONS)}")
    return name
