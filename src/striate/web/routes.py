"""The API's routes: predictions, the models, and what a supervisor polls (alive? ready? how busy?)."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from striate.errors import DataError, RequestError
from striate.inference import Predictor
from striate.text import compose
from striate.web.batching import Ranking
from striate.web.errors import HTTPError, error_responses
from striate.web.responses import encode_json, json_response
from striate.web.schemas import TOP, ModelInfo, Models, Predictions, Status, image_body, name_parameter
from striate.web.service import Service

_ALWAYS = error_responses(400, 403, 421)
_DEFAULT_TOP = 5


class PlainRoute(APIRoute):
    """A route whose function takes the request and gives the response: FastAPI documents it and adds no work.

    FastAPI's check of arguments by pydantic takes as long as LeNet-5 needs for a prediction.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


def predictions_router(service: Service) -> APIRouter:
    """POST /v1/models/{name}/predict."""
    router = APIRouter(route_class=PlainRoute)
    # The JSON is put together from parts that are encoded once: json.dumps would take longer than LeNet-5.
    classes = {name: [json.dumps(label) for label in model.classes] for name, model in service.models.items()}
    starts = {name: f'{{"model":{json.dumps(name)},"predictions":[' for name in service.models}

    async def predict(request: Request) -> Response:
        """What one picture or several show."""
        name = _model_name(service, request)
        query = request.query_params if request.scope["query_string"] else {}
        top = _top(query["top"]) if "top" in query else None
        batcher = service.batchers[name]
        batcher.check_room()  # at once, before anything is received
        async with service.bodies.form(request) as form:
            in_form = _DEFAULT_TOP if form.top is None else _top(form.top)
            results = await batcher.predict(form.images, in_form if top is None else top)
        if len(results) == 1 and isinstance(results[0], DataError):
            raise results[0]
        predictions = ",".join(_prediction(result, classes[name]) for result in results)
        return json_response(f"{starts[name]}{predictions}]}}".encode())

    router.add_api_route(
        "/v1/models/{name}/predict",
        predict,
        methods=["POST"],
        response_model=Predictions,
        responses={**_ALWAYS, **error_responses(404, 408, 413, 415, 422, 500, 503)},
        openapi_extra={
            "parameters": [name_parameter(service.models), TOP],
            "requestBody": image_body(service.settings.pictures),
        },
    )
    return router


def models_router(service: Service) -> APIRouter:
    """GET /v1/models and /v1/models/{name}."""
    router = APIRouter(route_class=PlainRoute)
    infos = {name: _info(name, model) for name, model in service.models.items()}
    bodies = {name: encode_json(info) for name, info in infos.items()}
    body_of_all = encode_json({"models": list(infos.values())})

    async def list_models(_request: Request) -> Response:
        """All models."""
        return json_response(body_of_all)

    async def show_model(request: Request) -> Response:
        """One model."""
        return json_response(bodies[_model_name(service, request)])

    router.add_api_route("/v1/models", list_models, response_model=Models, responses=_ALWAYS)
    router.add_api_route(
        "/v1/models/{name}",
        show_model,
        response_model=ModelInfo,
        responses={**_ALWAYS, **error_responses(404)},
        openapi_extra={"parameters": [name_parameter(service.models)]},
    )
    return router


def health_router(service: Service) -> APIRouter:
    """GET /healthz, /readyz and /metrics."""
    router = APIRouter(route_class=PlainRoute)

    async def healthz(_request: Request) -> Response:
        """200 as long as the server runs."""
        return json_response(b'{"status":"alive"}')

    async def readyz(_request: Request) -> Response:
        """200 when the models are loaded and warm; 503 before, and while the server stops."""
        if not service.ready:
            raise HTTPError(503, "stopping" if service.draining else "loading", {"Retry-After": "1"})
        return json_response(b'{"status":"ready"}')

    async def metrics(_request: Request) -> Response:
        """What Prometheus reads."""
        return Response(generate_latest(service.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    router.add_api_route("/healthz", healthz, response_model=Status, responses=_ALWAYS)
    router.add_api_route("/readyz", readyz, response_model=Status, responses={**_ALWAYS, **error_responses(503)})
    text: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text"}
    }
    router.add_api_route("/metrics", metrics, response_class=Response, responses={**_ALWAYS, **text})
    return router


def _model_name(service: Service, request: Request) -> str:
    name = compose(request.path_params["name"])
    if name not in service.models:
        raise HTTPError(404, f"no model of that name; there are: {', '.join(service.models)}")
    return name


def _top(text: str) -> int:
    """How many classes to return. RequestError if that is no number, or out of bounds."""
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= 1000):
        raise RequestError("top: expected a whole number from 1 to 1000")
    return int(text)


def _prediction(result: Ranking | DataError, classes: list[str]) -> str:
    """The JSON of one picture's prediction; `classes` are the names as JSON."""
    if isinstance(result, DataError):
        return json.dumps({"error": str(result)})
    top = ",".join(f'{{"class":{classes[index]},"probability":{probability!r}}}' for index, probability in result.top)
    note = f',"note":{json.dumps(result.note)}' if result.note else ""
    unlike = "" if result.none_of_these is None else f',"none_of_these":{json.dumps(result.none_of_these)}'
    return f'{{"top":[{top}]{note}{unlike}}}'


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
