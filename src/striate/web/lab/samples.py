"""GET /lab/samples: the sample pictures of a model: those that ship for its classes, or those that its run keeps."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.errors import RequestError
from striate.models import SAMPLE_SETS, load_samples, sample_set_of
from striate.web.lab.lab import RUN_PREFIX, Lab
from striate.web.lab.requests import lab_route, query_text

_MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


def routes(lab: Lab) -> list[Route]:
    """The route of the samples, which every view may show."""

    async def samples(request: Request) -> Response:
        name = query_text(request, "set")
        return await lab.quick.respond(lambda: {"samples": _samples(lab, name)})

    return [lab_route("GET", "samples", samples)]


def sample_set(classes: Sequence[str], channels: int) -> str:
    """The set that ships for a model of these classes; for a model of other classes in colour photographs, too; for
    another gray one none, unless it does not name its classes.

    >>> sample_set(["cat", "dog"], 3), sample_set(["cat", "dog"], 1)
    ('photos', '')
    """
    fallback = "photos" if channels == 3 else "" if classes else "digits"
    return sample_set_of(classes) or fallback


def set_of_run(lab: Lab, name: str, classes: Sequence[str], channels: int) -> str:
    """The set that ships for the classes of a run's model; else the run's own pictures, if it keeps any."""
    if sample_set_of(classes) is None and lab.runs.samples(name):
        return f"{RUN_PREFIX}{name}"
    return sample_set(classes, channels)


def _samples(lab: Lab, name: str) -> list[dict[str, Any]]:
    shipped = next((one for one in SAMPLE_SETS if one == name), None)
    if shipped is not None:
        return [
            _picture(one.path, one.label, {"author": one.author, "licence": one.licence, "source": one.source})
            for one in load_samples(shipped)
        ]
    if (own := lab.runs.samples(name.removeprefix(RUN_PREFIX))) and name.startswith(RUN_PREFIX):
        return [_picture(path, label, dict.fromkeys(("author", "licence", "source"))) for label, path in own.items()]
    raise RequestError(f"set: expected one of {', '.join(SAMPLE_SETS)}")


def _picture(path: Path, label: str | None, origin: dict[str, str | None]) -> dict[str, Any]:
    content = b64encode(path.read_bytes()).decode("ascii")
    return {"name": path.name, "class": label, **origin, "type": _MEDIA_TYPES[path.suffix], "content": content}
