"""What Train asks for: the data and tables that there are, the runs, and that one begins, stops, goes on, goes away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.tables import ARCHITECTURES, Recipe
from striate.web.lab.lab import Lab
from striate.web.lab.lock import HERE
from striate.web.lab.requests import Handler, route, word
from striate.web.lab.train_request import CHOICES, offered_datasets, parse_train_request
from striate.web.lab.worker import encoded, json_response


def routes(lab: Lab) -> list[Route]:
    """The routes of this file. All run on the quick lane: they read and write small files, one after the other."""
    runs = lab.runs

    async def data(_request: Request) -> Response:
        return await lab.quick.answer(lambda: offered(lab))

    async def every(_request: Request) -> Response:
        return await lab.quick.answer(lambda: {"runs": runs.all()})

    async def one(request: Request) -> Response:
        name = word(request, "name")
        return await lab.quick.answer(lambda: runs.one(name))

    async def start(request: Request) -> Response:
        document = await lab.bodies.document(request)
        return await lab.quick.answer(lambda: {"name": runs.start(parse_train_request(document, lab.own))})

    def change(work: Callable[[str], None]) -> Handler:
        async def handler(request: Request) -> Response:
            name = word(request, "name")
            await lab.quick.do(lambda: work(name))
            return json_response(encoded({"name": name}))

        return handler

    return [
        route("GET", "data", data),
        route("GET", "runs", every),
        route("POST", "runs", start),
        route("GET", "run", one),
        route("POST", "run/stop", change(runs.stop)),
        route("POST", "run/resume", change(runs.resume)),
        route("POST", "run/delete", change(runs.delete)),
    ]


def offered(lab: Lab) -> dict[str, Any]:
    """What can be trained, on what, by which recipe unless another is chosen, and whether trainings can begin here."""
    tables = {name: _choices(table.recipe) for name, table in ARCHITECTURES.items()}
    return {"data": list(offered_datasets(lab.own)), "tables": tables, "default": _choices(Recipe()), "trains": HERE}


def _choices(recipe: Recipe) -> dict[str, Any]:
    return {name: getattr(recipe, name) for name in CHOICES}
