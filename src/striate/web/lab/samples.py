"""GET /lab/samples: the sample pictures that ship, those of digits or those of photographs."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.errors import RequestError
from striate.models import SAMPLE_SETS, SampleSet, load_samples
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_text

_MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


def routes(lab: Lab) -> list[Route]:
    """The route of the samples, which every view may show."""

    async def samples(request: Request) -> Response:
        text = query_text(request, "set")
        name = next((name for name in SAMPLE_SETS if name == text), None)
        if name is None:
            raise RequestError(f"set: expected one of {', '.join(SAMPLE_SETS)}")
        return await lab.quick.respond(lambda: {"samples": _samples(name)})

    return [lab_route("GET", "samples", samples)]


def sample_set(channels: int) -> SampleSet:
    """The set for a model whose input has so many channels: gray ones take digits, on this page.

    >>> sample_set(3)
    'photos'
    """
    return "photos" if channels == 3 else "digits"


def _samples(name: SampleSet) -> list[dict[str, Any]]:
    return [
        {
            "name": sample.path.name,
            "class": sample.label,
            "author": sample.author,
            "licence": sample.licence,
            "source": sample.source,
            "type": _MEDIA_TYPES[sample.path.suffix],
            "content": b64encode(sample.path.read_bytes()).decode("ascii"),
        }
        for sample in load_samples(name)
    ]
