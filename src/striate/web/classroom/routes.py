"""The routes of a class: /c for the devices, /class for the projector, and what these pages fetch below /class/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.errors import DataError, RequestError
from striate.web.classroom.pictures import MOST_BYTES, clean_drawing
from striate.web.classroom.service import ClassService
from striate.web.classroom.store import Answer, Device
from striate.web.lab.links import qr_rows
from striate.web.lab.requests import parse_document, query_text
from striate.web.pages import file_route
from striate.web.responses import encode_json, json_response

STUDENTS, PROJECTOR = "/c", "/class"
"""The addresses of the two pages; the first is typed on phones."""
_TOP = 3
_MOST_JSON = 8_000
_NO_STORE = {"Cache-Control": "no-store"}
_OF_AN_ID = {"Cache-Control": "private, max-age=86400, immutable"}

Handler = Callable[[Request], Awaitable[Response]]


def class_routes(service: ClassService) -> list[Route]:
    """All routes of a class."""
    pages = files("striate.web").joinpath("static", "class")
    return [
        file_route(STUDENTS, pages.joinpath("student.html").read_bytes()),
        file_route(PROJECTOR, pages.joinpath("projector.html").read_bytes()),
        *_device_routes(service),
        *_teacher_routes(service),
    ]


def _device_routes(service: ClassService) -> list[Route]:
    """What devices ask for: each with its own token, which it gets when it joins."""
    store = service.store

    async def join(request: Request) -> Response:
        address = await service.check_rate(request)
        await service.check_join(address)
        name = _text(await _document(service, request), "name")
        return _json({"token": await service.run(lambda: store.join(name, address))})

    async def desk(request: Request) -> Response:
        await service.check_rate(request)
        return _json(await service.run_as_device(request, store.desk))

    async def draw(request: Request) -> Response:
        await service.check_rate(request)
        label = _label_of(query_text(request, "label", ""))
        content = await service.bodies.whole(request, "image/png", MOST_BYTES)

        def prepare(device: Device) -> tuple[Device, bytes]:
            store.check_room(device)
            return device, clean_drawing(content)

        device, png = await service.run_as_device(request, prepare, service.drawings)
        answer = await _answer(service, png)
        drawing = await service.run(lambda: store.draw(device, png, answer, label))
        return _json({"id": drawing, "answer": answer, "label": label})

    async def vote(request: Request) -> Response:
        await service.check_rate(request)
        document = await _document(service, request)
        drawing, label = _text(document, "id"), _label(document)

        def work(device: Device) -> dict[str, Any]:
            store.vote(device, drawing, label)
            return {"verdict": store.verdict(drawing), **store.desk(device)}

        return _json(await service.run_as_device(request, work, service.changes))

    async def remove(request: Request) -> Response:
        await service.check_rate(request)
        drawing = _text(await _document(service, request), "id")

        def work(device: Device) -> dict[str, Any]:
            store.remove(drawing, device)
            return store.desk(device)

        return _json(await service.run_as_device(request, work, service.changes))

    async def rename(request: Request) -> Response:
        await service.check_rate(request)
        name = _text(await _document(service, request), "name")

        def work(device: Device) -> dict[str, Any]:
            store.rename(device, name)
            return {"name": name}

        return _json(await service.run_as_device(request, work, service.changes))

    async def picture(request: Request) -> Response:
        await service.check_rate(request)
        drawing = query_text(request, "id")
        return Response(await service.run(lambda: store.picture(drawing)), 200, _OF_AN_ID, "image/png")

    return [
        _route("POST", "join", join),
        _route("GET", "desk", desk),
        _route("POST", "drawings", draw),
        _route("POST", "vote", vote),
        _route("POST", "remove", remove),
        _route("POST", "name", rename),
        _route("GET", "picture", picture),
    ]


def _teacher_routes(service: ClassService) -> list[Route]:
    """What the projector's page asks for, with the teacher's key."""
    store = service.store

    async def board(request: Request) -> Response:
        service.check_teacher(request)
        since = query_text(request, "since", "")
        about = {"model": service.model, "pages": list(service.settings.pages)}
        return _json({**await service.run(lambda: store.board(since)), **about})

    def setting(change: Callable[[Any], None]) -> Handler:
        async def handler(request: Request) -> Response:
            service.check_teacher(request)
            document = await _document(service, request)
            await service.run(lambda: change(document))
            return _json({})

        return handler

    def set_open(document: Any) -> None:
        if not isinstance(document.get("open"), bool):
            raise RequestError("open: expected true or false")
        store.set_open(document["open"])

    async def qr(request: Request) -> Response:
        service.check_teacher(request)
        return _json({"rows": qr_rows(await _document(service, request))})

    return [
        _route("GET", "board", board),
        _route("POST", "board/ask", setting(lambda document: store.ask(_label(document)))),
        _route("POST", "board/open", setting(set_open)),
        _route("POST", "board/remove", setting(lambda document: store.remove(_text(document, "id")))),
        _route("POST", "board/qr", qr),
    ]


async def _answer(service: ClassService, png: bytes) -> Answer:
    """The network's answer to a drawing; pictures of other devices are in the same batch."""
    (result,) = await service.batcher.predict([png], _TOP)
    if isinstance(result, DataError):
        raise result
    return [(label, round(probability, 4)) for label, probability in result.top]


async def _document(service: ClassService, request: Request) -> Any:
    document = parse_document(await service.bodies.json(request, _MOST_JSON))
    if not isinstance(document, dict):
        raise RequestError("expected fields")
    return document


def _text(document: Any, name: str) -> str:
    text = document.get(name)
    if not isinstance(text, str):
        raise RequestError(f"{name}: expected a string")
    return text


def _label(document: Any) -> int | None:
    label = document.get("label")
    if label is not None and (not isinstance(label, int) or isinstance(label, bool)):
        raise RequestError("label: expected a whole number, or nothing")
    return label


def _label_of(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise RequestError("label: expected a whole number, or nothing")
    return int(text)


def _json(document: object) -> Response:
    return json_response(encode_json(document), _NO_STORE)


def _route(method: str, path: str, handler: Handler) -> Route:
    """A route below /class/, which the metrics count by its path."""

    async def endpoint(request: Request) -> Response:
        request.scope["route"] = route
        return await handler(request)

    route = Route(f"{PROJECTOR}/{path}", endpoint, methods=[method])
    return route
