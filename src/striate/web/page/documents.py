"""What a page asks of a server and depends on no picture and no free number: asked of its routes beforehand."""

from __future__ import annotations

import asyncio
import functools
import json
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message

from striate.course import lessons
from striate.inference import Predictor
from striate.web.errors import EXCEPTION_HANDLERS
from striate.web.lab.lab import Lab
from striate.web.lab.packed_exercises import exercises_document
from striate.web.lab.packed_sets import training_document
from striate.web.lab.routes import lab_routes
from striate.web.lab.table_documents import table_documents
from striate.web.request_body import RequestBodies
from striate.web.settings import LabSettings, Settings
from striate.words import LANGUAGES, catalogue

Document = dict[str, Any]
_DRAWN = "digits"
"""The samples that every page has: what it trains reads digits."""


def documents(models: Mapping[str, Predictor]) -> Document:
    """The documents by their keys: the path, the parameters in the order of their names, and the language in front of
    what depends on it; and what code that answers without a server needs: "words", the Korean of errors, tables, what
    can be trained, and exercises. "models" is the list of the models."""
    found = _answers(models, _ask_all)
    others = {"training": training_document(), "exercises": exercises_document(), "words": dict(catalogue())}
    return {**found, **table_documents(), **gradient_documents(), **others}


def diagram_documents(models: Mapping[str, Predictor]) -> Document:
    """Those that the diagram alone needs: "models", and the Korean of errors."""
    return {"models": _answers(models, functools.partial(_ask, path="models")), "words": dict(catalogue())}


def _answers(models: Mapping[str, Predictor], ask: Callable[[ASGIApp], Coroutine[Any, Any, Document]]) -> Document:
    """What `ask` gets of a lab with these models."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings()
        lab = Lab(models, settings, RequestBodies(settings), LabSettings(Path(folder) / "runs"))
        app = Starlette(routes=lab_routes(lab), exception_handlers=dict(EXCEPTION_HANDLERS))
        try:
            with ThreadPoolExecutor(1) as thread:  # of a notebook an event loop runs in this one
                return thread.submit(asyncio.run, ask(app)).result()
        finally:
            lab.close()


def gradient_documents() -> Document:
    """Gradients over depth, which depend on no model: scripts/gradients.py measured them, in a minute."""
    found: Document = json.loads(files("striate.web.page").joinpath("gradients.json").read_text(encoding="utf-8"))
    return found


async def _ask_all(app: ASGIApp) -> Document:
    models = await _ask(app, "models")
    sets = {_DRAWN, *(model["samples"] for model in models["models"] if model["samples"])}
    answers = {"models": models, "filters": await _ask(app, "filters")}
    for path in (_key("samples", set=name) for name in sorted(sets)):
        answers[path] = await _ask(app, path)
    for language in LANGUAGES:
        answers |= {f"{language} {path}": await _ask(app, path, language) for path in _paths_with_words()}
    return answers


def _paths_with_words() -> Iterator[str]:
    """Of what is written in a language."""
    yield "lessons"
    yield "claims"
    for lesson in lessons("en"):
        yield _key("lesson", lesson=lesson.number)


def _key(path: str, **parameters: object) -> str:
    """A path with its parameters, in the order of their names.

    >>> _key("lesson", lesson=3)
    'lesson?lesson=3'
    """
    return f"{path}?{urlencode(sorted(parameters.items()))}"


async def _ask(app: ASGIApp, path: str, language: str = "en") -> Document:
    """What a route of the lab answers."""
    route, _, query = path.partition("?")
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": "GET",
        "root_path": "", "path": f"/lab/{route}", "raw_path": f"/lab/{route}".encode(),
        "query_string": query.encode(), "headers": [(b"host", b"localhost"), (b"accept-language", language.encode())],
    }  # fmt: skip
    await app(scope, receive, send)
    document: Document = json.loads(b"".join(message.get("body", b"") for message in messages))
    assert messages[0]["status"] == 200, (path, document)
    return document
