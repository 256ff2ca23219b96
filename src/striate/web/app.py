"""The application: routers over a service, every error as JSON, a guard around all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from striate.web import routes
from striate.web.errors import SAID, HTTPError
from striate.web.lab import routes as lab_routes
from striate.web.security import OPEN, Security
from striate.web.service import Service


def app(service: Service) -> ASGIApp:
    """The whole server as an ASGI application. Its lifespan starts and ends the service's threads."""

    inner = FastAPI(
        title="Striate",
        description="Image classification by the classic convolutional networks.",
        version=version("striate"),
        docs_url=None,  # their scripts come from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=_HANDLERS,
    )
    predictions = routes.predictions(service)
    for router in (predictions, routes.models(service), routes.supervision(service)):
        inner.include_router(router)
    _document(inner, with_token=service.settings.token is not None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    # On its way to a route FastAPI takes as long as LeNet-5 for a picture; the one that counts stands before it too.
    plain = [route for route in predictions.routes if isinstance(route, routes.Plain)]
    fast = [Route(route.path, route.get_route_handler(), methods=["POST"]) for route in plain]
    every = [*fast, *lab_routes.routes(service.lab), Mount("", inner)]
    outer = Starlette(routes=every, lifespan=lifespan, exception_handlers=_HANDLERS)
    return Security(outer, service.settings, service.measures)


def _document(inner: FastAPI, *, with_token: bool) -> None:
    """Make the OpenAPI document now; with a token it says so."""
    document = inner.openapi()
    if not with_token:
        return
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in OPEN else [{"token": []}]
            if path not in OPEN:
                operation["responses"]["401"] = {"description": SAID[401], **error}


async def _http_error(_request: Request, error: HTTPException) -> Response:
    messages = {404: "no such path; /openapi.json tells which there are", 405: "this path takes another method"}
    return HTTPError(error.status_code, messages.get(error.status_code, str(error.detail)), error.headers).response()


async def _failure(_request: Request, _error: Exception) -> Response:
    return HTTPError(500, "the server failed; its log says why").response()


_HANDLERS: dict[Any, Any] = {HTTPException: _http_error, Exception: _failure}
