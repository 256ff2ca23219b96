"""All routes of the lab: the page's files, what the page is about, and those of each view."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from striate.web.lab import cortex, filters, maps, stress, tables, training, units, why
from striate.web.lab.lab import Lab
from striate.web.lab.requests import route
from striate.web.pages import pages


def routes(lab: Lab) -> list[BaseRoute]:
    """The page, and what it asks for."""

    async def models(_request: Request) -> Response:
        return await lab.quick.answer(lambda: {"models": _models(lab)})

    views = (maps, cortex, why, units, stress, filters, training, tables)
    below = [route("GET", "models", models), *(found for view in views for found in view.routes(lab))]
    return [*pages(), Mount("/lab", routes=below)]


def _models(lab: Lab) -> list[dict[str, Any]]:
    served = [
        {"name": name, "table": model.table.name, "input": list(model.table.input)}
        for name, model in lab.served.items()
    ]
    return [*served, *lab.runs.models()]
