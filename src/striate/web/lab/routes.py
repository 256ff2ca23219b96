"""All routes of the lab: the page's files, the list of models, and the routes of each view."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from striate.data import decode_side
from striate.web.lab import (
    confusion,
    cortex,
    filters,
    instruments,
    lessons,
    links,
    maps,
    network,
    replay,
    samples,
    stress,
    tables,
    training,
    units,
    why,
)
from striate.web.lab.lab import RUN_PREFIX, Lab
from striate.web.lab.requests import lab_route
from striate.web.lab.samples import sample_set, set_of_run
from striate.web.pages import page_routes

_VIEWS = (
    maps, network, cortex, why, units, stress, filters, training, replay, confusion, tables, samples, links,
    instruments, lessons,
)  # fmt: skip


def lab_routes(lab: Lab) -> list[BaseRoute]:
    """The page, and all that it fetches below /lab/."""

    async def models(_request: Request) -> Response:
        return await lab.quick.respond(lambda: {"models": _models(lab)})

    fetched = [lab_route("GET", "models", models), *(route for view in _VIEWS for route in view.routes(lab))]
    return [*page_routes(), Mount("/lab", routes=fetched)]


def _models(lab: Lab) -> list[dict[str, Any]]:
    """The models that are served, then those of the runs."""
    served = [
        _model(
            name,
            model.table.name,
            model.table.input,
            decode_side(model.table),
            sample_set(model.classes, model.table.input[0]),
        )
        for name, model in lab.models.items()
    ]
    trained = [
        _model(
            f"{RUN_PREFIX}{name}",
            model.table,
            model.input,
            model.side,
            set_of_run(lab, name, model.classes, model.input[0]),
        )
        for name, model in lab.runs.models().items()
    ]
    return [*served, *trained]


def _model(name: str, table: str, shape: tuple[int, int, int], side: int, samples: str) -> dict[str, Any]:
    return {"name": name, "table": table, "input": list(shape), "side": side, "samples": samples}
