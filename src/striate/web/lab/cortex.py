"""GET /lab/units and /lab/turn: the rows whose units can be recorded from, and one unit's responses to a bar."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch.nn import functional as F

from striate.analysis import receptive_fields
from striate.inspection import DARK, LIGHT, SELECTIVE, Box, OrientationSweep, bar_extent, orientation_sweep
from striate.nn import Model
from striate.web.errors import HTTPError
from striate.web.lab.lab import Lab
from striate.web.lab.maps import encode_bytes
from striate.web.lab.requests import real, route, whole, word

_UNITS = 10**6
_PIXELS = 10**4  # no input is as large
_STRIPES = 4  # a bar is a quarter of the field wide unless told otherwise: a stripe of a Gabor filter of two waves
_LEAST, _SIDE = 32, 112  # pixels of the input that are shown at least, and pixels of the pictures at most


def routes(lab: Lab) -> list[Route]:
    """The routes of this file. The 37 pictures of a turn take a large network seconds: they go to the slow lane."""

    async def units(request: Request) -> Response:
        return await lab.quick.answer_of(word(request, "model"), rows)

    async def turned(request: Request) -> Response:
        name, path = word(request, "model"), word(request, "path")
        width = real(request, "width", 0.1, _PIXELS)
        position = real(request, "position", -_PIXELS, _PIXELS, 0.0)
        contrast = _contrast(word(request, "contrast", "light"))
        unit = whole(request, "unit", 0, _UNITS) if "unit" in request.query_params else None
        return await lab.slow.answer_of(
            name, lambda model: told(orientation_sweep(model.network, path, width, position, contrast), unit)
        )

    return [route("GET", "units", units), route("GET", "turn", turned)]


def rows(model: Model) -> dict[str, Any]:
    """Every row: how many units there are to choose from, how far they see, how wide a bar to begin with."""
    plan = model.network.plan
    fields = receptive_fields(plan)
    found = []
    for step in plan.flat:
        field = fields[step.path]
        extent = bar_extent((field.height[0], field.width[0]), plan.table.input[1:])
        found.append(
            {
                "path": step.path,
                "type": type(step.row).__name__,
                "count": step.output[0],
                "extent": extent,
                "width": max(1.0, extent / _STRIPES),
            }
        )
    return {"rows": found}


def told(found: OrientationSweep, unit: int | None) -> dict[str, Any]:
    """The answer for a unit, the clearest one if none was asked for. Refusal 422 if there is no such unit."""
    count = len(found.responses)
    if unit is not None and unit >= count:
        raise HTTPError(422, f"unit: expected a whole number from 0 to {count - 1}, as row {found.path} has {count}")
    index = found.clearest if unit is None else unit
    preferred, selectivity = float(found.preferred_deg[index]), float(found.selectivity[index])
    responses = found.responses[index].tolist()
    if not all(map(math.isfinite, responses)):
        raise HTTPError(422, f"row {found.path}: unit {index} gives numbers that are not finite")
    window = shown_part(found.field, found.size)
    return {
        "unit": index,
        "clearest": found.clearest,
        "input": list(found.size),
        "field": _box(found.field),
        "window": _box(window),
        **_pictures(found, window),
        "orientations": found.orientations_deg.tolist(),
        "responses": responses,
        "preferred": None if math.isnan(preferred) else preferred,
        "selectivity": selectivity,
        "selective": selectivity >= SELECTIVE,
    }


def shown_part(field: Box, size: tuple[int, int]) -> Box:
    """The part of the picture around a receptive field: all of it, or four times the field where that is less."""
    side = max(_LEAST, 4 * max(field.height, field.width))
    height, width = (min(side, whole) for whole in size)
    top, left = field.top + (field.height - height) // 2, field.left + (field.width - width) // 2
    return Box(min(max(0, top), size[0] - height), min(max(0, left), size[1] - width), height, width)


def _pictures(found: OrientationSweep, window: Box) -> dict[str, Any]:
    """What the units saw, orientation by orientation, as bytes of light; smaller pixels are means where it is large."""
    rows = slice(window.top, window.top + window.height)
    columns = slice(window.left, window.left + window.width)
    light_NHW = np.stack([found.picture(orientation)[rows, columns] for orientation in found.orientations_deg])
    pictures_NHW = torch.from_numpy(light_NHW)
    most = max(window.height, window.width)
    size = window.height, window.width
    if most > _SIDE:
        size = max(1, window.height * _SIDE // most), max(1, window.width * _SIDE // most)
        pictures_NHW = F.interpolate(pictures_NHW[None], size, mode="area")[0]
    return {"size": list(size), "pictures": encode_bytes(pictures_NHW.round().to(torch.uint8))}


def _contrast(word: str) -> float:
    contrasts = {"light": LIGHT, "dark": DARK}
    if word not in contrasts:
        raise HTTPError(422, "contrast: expected light or dark")
    return contrasts[word]


def _box(box: Box) -> dict[str, int]:
    return {"top": box.top, "left": box.left, "height": box.height, "width": box.width}
