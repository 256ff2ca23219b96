"""GET /lab/units, /lab/turn and /lab/gratings: the rows whose units can be recorded from, their responses to a bar at
every orientation, and their selectivity by gratings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch.nn import functional as F

from striate.analysis import receptive_fields, total_cost
from striate.errors import RequestError
from striate.inspection import (
    DARK,
    LIGHT,
    SELECTIVE,
    Box,
    OrientationSweep,
    bar_extent,
    encode_base64,
    measure_tuning,
    orientation_sweep,
)
from striate.nn import Model
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_float, query_int, query_text

_MOST_UNITS = 10**6
_MOST_PIXELS = 10**4  # no input is as large
_STRIPES = 4  # a bar is a quarter of the field wide by default: a stripe of a Gabor filter of two waves
_MOST_MACS = 1e9  # of a network for which gratings are measured: AlexNet's 192 pictures take some ten seconds
_LEAST_SIDE, _MOST_SIDE = 32, 112  # pixels of the input that are shown at least, and of the pictures sent at most


def routes(lab: Lab) -> list[Route]:
    """The routes of this view. A sweep's 37 pictures take a large network seconds: the slow worker predicts them."""

    async def units(request: Request) -> Response:
        return await lab.quick.respond_with_model(query_text(request, "model"), _rows)

    async def turn(request: Request) -> Response:
        name, path = query_text(request, "model"), query_text(request, "path")
        width = query_float(request, "width", 0.1, _MOST_PIXELS)
        position = query_float(request, "position", -_MOST_PIXELS, _MOST_PIXELS, 0.0)
        contrast = _contrast(request)
        unit = query_int(request, "unit", 0, _MOST_UNITS) if "unit" in request.query_params else None
        return await lab.slow.respond_with_model(
            name, lambda model: _unit_responses(orientation_sweep(model.network, path, width, position, contrast), unit)
        )

    async def gratings(request: Request) -> Response:
        name, path = query_text(request, "model"), query_text(request, "path")
        return await lab.slow.respond_with_model(name, lambda model: _by_gratings(model, path))

    return [
        lab_route("GET", "units", units),
        lab_route("GET", "turn", turn),
        lab_route("GET", "gratings", gratings),
    ]


def _contrast(request: Request) -> float:
    contrasts = {"light": LIGHT, "dark": DARK}
    contrast = contrasts.get(query_text(request, "contrast", "light"))
    if contrast is None:
        raise RequestError("contrast: expected light or dark")
    return contrast


def _rows(model: Model) -> dict[str, Any]:
    """Every row: how many units can be chosen, the extent of their receptive fields, and a bar width to begin with."""
    plan = model.network.plan
    fields = receptive_fields(plan)
    rows = []
    for step in plan.flat:
        field = fields[step.path]
        extent = bar_extent((field.height[0], field.width[0]), plan.table.input[1:])
        rows.append(
            {
                "path": step.path,
                "type": type(step.row).__name__,
                "count": step.output[0],
                "extent": extent,
                "width": max(1.0, extent / _STRIPES),
            }
        )
    return {"rows": rows}


def _unit_responses(sweep: OrientationSweep, unit: int | None) -> dict[str, Any]:
    """One unit of a sweep, the clearest by default. RequestError if there is no such unit."""
    count = len(sweep.responses)
    if unit is not None and unit >= count:
        raise RequestError(f"unit: expected a whole number from 0 to {count - 1}, as row {sweep.path} has {count}")
    index = sweep.clearest if unit is None else unit
    preferred, selectivity = float(sweep.preferred_deg[index]), float(sweep.selectivity[index])
    responses = sweep.responses[index].tolist()
    finite = np.isfinite(sweep.responses).all(axis=1)
    if not finite.all():
        raise RequestError(f"row {sweep.path}: unit {int(finite.argmin())} gives numbers that are not finite")
    crop = visible_crop(sweep.field, sweep.size)
    return {
        "unit": index,
        "clearest": sweep.clearest,
        "input": list(sweep.size),
        "field": sweep.field.to_dict(),
        "window": crop.to_dict(),
        **_pictures(sweep, crop),
        "orientations": sweep.orientations_deg.tolist(),
        "responses": responses,
        "preferred": None if math.isnan(preferred) else preferred,
        "selectivity": selectivity,
        "selective": selectivity >= SELECTIVE,
        "roses": encode_base64(torch.from_numpy(sweep.roses * 255).round().to(torch.uint8)),
        "selectivities": sweep.selectivity.tolist(),
    }


def _by_gratings(model: Model, path: str) -> dict[str, Any]:
    """The selectivity of a row's units by gratings, as `striate inspect` has it. RequestError for a slow network."""
    plan = model.network.plan
    if total_cost(plan).macs > _MOST_MACS:
        raise RequestError(f"gratings: {plan.table.name} takes too long here; expected {_MOST_MACS:,.0f} MACs at most")
    tuned = measure_tuning(model.network, [path])[path]
    return {
        "selectivities": tuned.selectivity.tolist(),
        "preferred": [None if math.isnan(one) else one for one in tuned.preferred_deg.tolist()],
        "threshold": SELECTIVE,
    }


def visible_crop(field: Box, size: tuple[int, int]) -> Box:
    """The part of a picture (height, width) around a receptive field: four times the field, within the picture.

    >>> visible_crop(Box(top=20, left=0, height=10, width=10), (64, 64))
    Box(top=5, left=0, height=40, width=40)
    """
    side = max(_LEAST_SIDE, 4 * max(field.height, field.width))
    height, width = (min(side, whole) for whole in size)
    top, left = field.top + (field.height - height) // 2, field.left + (field.width - width) // 2
    return Box(min(max(0, top), size[0] - height), min(max(0, left), size[1] - width), height, width)


def _pictures(sweep: OrientationSweep, crop: Box) -> dict[str, Any]:
    """The cropped stimulus at each orientation as gray levels, scaled down to means where it is large."""
    rows = slice(crop.top, crop.top + crop.height)
    columns = slice(crop.left, crop.left + crop.width)
    gray_NHW = np.stack([sweep.picture(orientation)[rows, columns] for orientation in sweep.orientations_deg])
    pictures_NHW = torch.from_numpy(gray_NHW)
    longer = max(crop.height, crop.width)
    size = crop.height, crop.width
    if longer > _MOST_SIDE:
        size = max(1, crop.height * _MOST_SIDE // longer), max(1, crop.width * _MOST_SIDE // longer)
        pictures_NHW = F.interpolate(pictures_NHW[None], size, mode="area")[0]
    return {"size": list(size), "pictures": encode_base64(pictures_NHW.round().to(torch.uint8))}
