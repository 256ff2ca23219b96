"""The application: routers over a service, every error as JSON, a row of middlewares around all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.types import ASGIApp

from striate.web.classroom.routes import class_routes
from striate.web.direct_route import DirectRoute
from striate.web.errors import DESCRIPTIONS, EXCEPTION_HANDLERS
from striate.web.hosts import AllowedHosts
from striate.web.lab.routes import lab_routes
from striate.web.middleware import (
    OPEN_PATHS,
    HeadMiddleware,
    HostCheck,
    MetricsMiddleware,
    OriginCheck,
    ResponseHeadersMiddleware,
    SingleHeadersCheck,
    TokenCheck,
    TrailingSlashMiddleware,
    response_headers,
)
from striate.web.routes import PlainRoute, health_router, models_router, predictions_router
from striate.web.service import Service


def create_app(service: Service) -> ASGIApp:
    """The whole server as an ASGI application. Its lifespan starts and ends the service's threads."""
    api = FastAPI(
        title="Striate",
        description="Image classification by the classic convolutional networks.",
        version=version("striate"),
        docs_url=None,  # their scripts come from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=dict(EXCEPTION_HANDLERS),
    )
    predictions = predictions_router(service)
    for router in (predictions, models_router(service), health_router(service)):
        api.include_router(router)
    _make_openapi(api, with_token=service.settings.token is not None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    routes = lab_routes(service.lab)
    if service.classroom is not None:
        routes += class_routes(service.classroom)
    lab = Starlette(routes=routes, lifespan=lifespan, exception_handlers=dict(EXCEPTION_HANDLERS))
    lab.router.redirect_slashes = False
    lab.router.default = api
    app: ASGIApp = lab
    for route in predictions.routes:
        if isinstance(route, PlainRoute):
            app = DirectRoute(app, route.path, route.endpoint)
    return _add_middleware(app, service)


def _add_middleware(app: ASGIApp, service: Service) -> ASGIApp:
    """The application behind its middlewares; a request meets the last one first."""
    settings = service.settings
    if settings.token is not None:
        app = TokenCheck(app, settings.token)
    allowed = AllowedHosts(settings.allowed_hosts)
    app = OriginCheck(app, allowed)
    app = HostCheck(app, settings.host, allowed, loopback=settings.loopback)
    app = SingleHeadersCheck(app)
    app = ResponseHeadersMiddleware(app, response_headers(settings.frame_origins))
    app = TrailingSlashMiddleware(app)
    app = MetricsMiddleware(app, service.metrics)
    return HeadMiddleware(app)


def _make_openapi(api: FastAPI, *, with_token: bool) -> None:
    """Make the OpenAPI document now, and add the token to it."""
    document = api.openapi()
    if not with_token:
        return
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in OPEN_PATHS else [{"token": []}]
            if path not in OPEN_PATHS:
                operation["responses"]["401"] = {"description": DESCRIPTIONS[401], **error}
