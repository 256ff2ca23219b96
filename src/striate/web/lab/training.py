"""The routes of the Train view: data and tables to train, the runs and their models; start, stop, resume, delete."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.errors import RequestError
from striate.runs import RECIPE_FIELDS, DatasetCatalog, RunDetails, RunStatus, RunStore, parse_train_request
from striate.tables import ARCHITECTURES, Recipe
from striate.web.errors import HTTPError, page_language
from striate.web.lab.lab import Lab
from striate.web.lab.requests import Handler, lab_route, parse_document, query_text
from striate.words import Language, translate

_MOST_BYTES = 64_000_000  # of a model that a page saves


def routes(lab: Lab) -> list[Route]:
    """The routes of this view. They read and write small files, one after the other."""
    runs, worker = lab.runs, lab.files

    async def data(_request: Request) -> Response:
        return await worker.respond(lambda: _choices(lab.datasets))

    async def list_runs(_request: Request) -> Response:
        return await worker.respond(lambda: {"runs": [_status(run) for run in runs.list_runs()]})

    async def show_run(request: Request) -> Response:
        name = query_text(request, "name")
        language = page_language(request)
        return await worker.respond(lambda: _details(runs.get(name), language))

    async def save_model(request: Request) -> Response:
        name = query_text(request, "name")
        return await worker.respond(lambda: _model_file(runs, name))

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
        lab_route("GET", "run/model", save_model),
        lab_route("POST", "run/stop", change(runs.stop)),
        lab_route("POST", "run/resume", change(runs.resume)),
        lab_route("POST", "run/delete", change(runs.delete)),
    ]


def _choices(datasets: DatasetCatalog) -> dict[str, Any]:
    """The data and tables that can be trained, the tables' recipes, and whether runs outlive the page; `trains` is kept
    for those who read it."""
    return {
        "data": list(datasets.sources()),
        "tables": {name: _recipe(table.recipe) for name, table in ARCHITECTURES.items()},
        "default": _recipe(Recipe()),
        "trains": True,
        "keeps": True,
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


def _model_file(runs: RunStore, name: str) -> dict[str, Any]:
    """The model of a run as a file to save. HTTPError 404 if it has none yet, RequestError if it is large."""
    runs.get(name)  # whose error says that there is no such run
    if (path := runs.model_path(name)) is None:
        raise HTTPError(404, "no model of that name")
    content = path.read_bytes()
    if len(content) > _MOST_BYTES:
        raise RequestError(
            f"{name}: its model has {len(content) / 1e6:,.0f} MB; from the page {_MOST_BYTES / 1e6:,.0f} MB are the"
            " most: it is in the run directory"
        )
    return {"name": f"{name}.safetensors", "content": base64.b64encode(content).decode("ascii")}


def _details(run: RunDetails, language: Language) -> dict[str, Any]:
    """All that is known of a run; why it failed and its warnings in a language."""
    live = run.live
    if live is not None and isinstance(warnings := live.get("warnings"), list):
        live = {**live, "warnings": [translate(str(line), language) for line in warnings]}
    replay = None if run.replay is None else asdict(run.replay)
    return {
        **_status(run.status),
        "history": run.history,
        "live": live,
        "replay": replay,
        "reason": None if run.reason is None else translate(run.reason, language),
        "diverged": run.diverged,
        "loss": run.status.summary.loss,
        "learning_rate": run.status.summary.learning_rate,
    }
