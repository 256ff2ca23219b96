"""The routes of the Train view: data and tables to train, the list of runs, and start, stop, resume, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.runs import RECIPE_FIELDS, DatasetCatalog, RunDetails, RunStatus, parse_train_request
from striate.tables import ARCHITECTURES, Recipe
from striate.web.lab.lab import Lab
from striate.web.lab.requests import Handler, lab_route, parse_document, query_text


def routes(lab: Lab) -> list[Route]:
    """The routes of this view. They read and write small files, one after the other."""
    runs, worker = lab.runs, lab.files

    async def data(_request: Request) -> Response:
        return await worker.respond(lambda: _choices(lab.datasets))

    async def list_runs(_request: Request) -> Response:
        return await worker.respond(lambda: {"runs": [_status(run) for run in runs.list_runs()]})

    async def show_run(request: Request) -> Response:
        name = query_text(request, "name")
        return await worker.respond(lambda: _details(runs.get(name)))

    async def start(request: Request) -> Response:
        body = await lab.bodies.json(request)
        return await worker.respond(
            lambda: {"name": runs.start(parse_train_request(parse_document(body), lab.datasets))}
        )

    def change(work: Callable[[str], None]) -> Handler:
        async def handler(request: Request) -> Response:
            name = query_text(request, "name")

            def change_and_name() -> dict[str, str]:
                work(name)
                return {"name": name}

            return await worker.respond(change_and_name)

        return handler

    return [
        lab_route("GET", "data", data),
        lab_route("GET", "runs", list_runs),
        lab_route("POST", "runs", start),
        lab_route("GET", "run", show_run),
        lab_route("POST", "run/stop", change(runs.stop)),
        lab_route("POST", "run/resume", change(runs.resume)),
        lab_route("POST", "run/delete", change(runs.delete)),
    ]


def _choices(datasets: DatasetCatalog) -> dict[str, Any]:
    """The data and tables that can be trained, the tables' recipes; `trains` is kept for those who read it."""
    return {
        "data": list(datasets.sources()),
        "tables": {name: _recipe(table.recipe) for name, table in ARCHITECTURES.items()},
        "default": _recipe(Recipe()),
        "trains": True,
    }


def _recipe(recipe: Recipe) -> dict[str, Any]:
    return {name: getattr(recipe, name) for name in RECIPE_FIELDS}


def _status(run: RunStatus) -> dict[str, Any]:
    return {
        "name": run.name,
        "state": run.state,
        "table": run.summary.table,
        "data": run.summary.data,
        "epochs": run.summary.epochs,
        "done": run.scores.done,
        "best": run.scores.best,
        "model": run.has_model,
        "own": run.own,
    }


def _details(run: RunDetails) -> dict[str, Any]:
    replay = None if run.replay is None else asdict(run.replay)
    return {**_status(run.status), "history": run.history, "live": run.live, "replay": replay, "reason": run.reason}
