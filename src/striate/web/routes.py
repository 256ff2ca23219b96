"""The routes: predictions, the models, and what a supervisor asks (alive? ready? how much to do?)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from striate.errors import DataError
from striate.inference import Predictor
from striate.web.batching import RankedClasses
from striate.web.errors import HTTPError, error_responses
from striate.web.schemas import TOP, ModelInfo, Models, Predictions, Status, images, name_of
from striate.web.service import Service

_ALWAYS = error_responses(400, 403, 421)
_USUAL_TOP = 5
Handler = Callable[[Request], Awaitable[Response]]


class Plain(APIRoute):
    """A route whose function takes the request and gives the response: FastAPI documents it and adds no work.

    Its checks of arguments by pydantic take as long as LeNet-5 takes to answer.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function itself, its refusals made responses."""
        handler: Handler = self.endpoint

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except HTTPError as refusal:
                return refusal.response()

        return answer


def predictions(service: Service) -> APIRouter:
    """POST /v1/models/{name}/predict."""
    router = APIRouter(route_class=Plain)
    names = {name: [json.dumps(label) for label in model.classes] for name, model in service.models.items()}
    heads = {name: f'{{"model":{json.dumps(name)},"predictions":[' for name in service.models}

    async def predict(request: Request) -> Response:
        """What one picture or several show."""
        name = _known(service, request)
        top = _top(request)
        batcher = service.batchers[name]
        batcher.check_room()  # at once, before anything is received
        async with service.bodies.images(request) as pictures:
            answers = await batcher.answer(pictures, top)
        if len(answers) == 1 and isinstance(answers[0], DataError):
            raise HTTPError(422, str(answers[0]))
        shown = ",".join(_shown(answer, names[name]) for answer in answers)
        return _json(f"{heads[name]}{shown}]}}".encode())

    router.add_api_route(
        "/v1/models/{name}/predict",
        predict,
        methods=["POST"],
        response_model=Predictions,
        responses={**_ALWAYS, **error_responses(404, 408, 413, 415, 422, 500, 503)},
        openapi_extra={
            "parameters": [name_of(service.models), TOP],
            "requestBody": images(service.settings.pictures),
        },
    )
    return router


def models(service: Service) -> APIRouter:
    """GET /v1/models and /v1/models/{name}."""
    router = APIRouter(route_class=Plain)
    told = {name: _info(name, model) for name, model in service.models.items()}
    one = {name: _encoded(info) for name, info in told.items()}
    every = _encoded({"models": list(told.values())})

    async def list_models(_request: Request) -> Response:
        """All models."""
        return _json(every)

    async def show_model(request: Request) -> Response:
        """One model."""
        return _json(one[_known(service, request)])

    router.add_api_route("/v1/models", list_models, response_model=Models, responses=_ALWAYS)
    router.add_api_route(
        "/v1/models/{name}",
        show_model,
        response_model=ModelInfo,
        responses={**_ALWAYS, **error_responses(404)},
        openapi_extra={"parameters": [name_of(service.models)]},
    )
    return router


def supervision(service: Service) -> APIRouter:
    """GET /healthz, /readyz and /metrics."""
    router = APIRouter(route_class=Plain)

    async def healthz(_request: Request) -> Response:
        """200 as long as the server runs."""
        return _json(b'{"status":"alive"}')

    async def readyz(_request: Request) -> Response:
        """200 when the models are loaded and warm; 503 before, and while the server stops."""
        if not service.ready:
            raise HTTPError(503, "stopping" if service.draining else "loading", {"Retry-After": "1"})
        return _json(b'{"status":"ready"}')

    async def metrics(_request: Request) -> Response:
        """What Prometheus reads."""
        return Response(generate_latest(service.measures.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    router.add_api_route("/healthz", healthz, response_model=Status, responses=_ALWAYS)
    router.add_api_route("/readyz", readyz, response_model=Status, responses={**_ALWAYS, **error_responses(503)})
    text: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text"}
    }
    router.add_api_route("/metrics", metrics, response_class=Response, responses={**_ALWAYS, **text})
    return router


def _known(service: Service, request: Request) -> str:
    name: str = request.path_params["name"]
    if name not in service.models:
        raise HTTPError(404, f"no model of that name; there are: {', '.join(service.models)}")
    return name


def _top(request: Request) -> int:
    if not request.scope["query_string"]:
        return _USUAL_TOP
    text = request.query_params.get("top", str(_USUAL_TOP))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= 1000):
        raise HTTPError(422, "top: expected a whole number from 1 to 1000")
    return int(text)


def _shown(answer: RankedClasses | DataError, names: list[str]) -> str:
    if isinstance(answer, DataError):
        return json.dumps({"error": str(answer)})
    ranks = ",".join(f'{{"class":{names[index]},"probability":{probability!r}}}' for index, probability in answer)
    return f'{{"top":[{ranks}]}}'


def _info(name: str, model: Predictor) -> dict[str, Any]:
    table = model.table
    return {
        "name": name,
        "table": table.name,
        "source": table.source,
        "input": list(table.input),
        "classes": list(model.classes),
        "scores": dict(model.model.scores),
    }


def _encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
