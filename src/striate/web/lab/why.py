"""POST /lab/why and GET /lab/gradient-flow: the pixels an answer rests on, and what shortcuts do for the gradient."""

from __future__ import annotations

import math
from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.analysis import total_cost
from striate.inspection import (
    ATTRIBUTION_METHODS,
    AttributionMethod,
    GradientFlow,
    Sample,
    attribute,
    attribution_methods,
    gradient_by_depth,
    gradient_flow,
    gradient_growth,
    gradient_spread,
    has_shortcuts,
)
from striate.nn import Model
from striate.tables import ARCHITECTURES
from striate.web.errors import HTTPError
from striate.web.lab.lab import Lab
from striate.web.lab.maps import encode_bytes, quantize_maps, ranked
from striate.web.lab.requests import picture, route, whole, word

_CLASSES = 10**6
_TABLES, _MACS = 4, 1.5e8  # networks side by side, and what one may cost: resnet56 takes 0.2 s


def routes(lab: Lab) -> list[Route]:
    """The routes of this file; all of them take their time."""
    flows: dict[str, dict[str, Any]] = {}

    async def why(request: Request) -> Response:
        name, method = word(request, "model"), _method(word(request, "method"))
        target = whole(request, "class", 0, _CLASSES) if "class" in request.query_params else None
        async with lab.bodies.image(request) as content:
            return await lab.slow.answer_of(
                name, lambda model: reasons(model, picture(content, model.network.table, lab.settings), method, target)
            )

    async def gradients(request: Request) -> Response:
        names = _tables(word(request, "tables"))

        def work() -> dict[str, Any]:
            for name in names:
                if name not in flows:
                    flows[name] = flow(gradient_flow(ARCHITECTURES[name]))
            return {"networks": [flows[name] for name in names]}

        return await lab.slow.answer(work)

    return [route("POST", "why", why), route("GET", "gradient-flow", gradients)]


def reasons(model: Model, seen: Sample, method: AttributionMethod, target: int | None) -> dict[str, Any]:
    """How much each pixel counts for a class, the likeliest one if none is named. Refusal 422 if there is none such."""
    network, table = model.network, model.network.table
    if target is not None and target >= len(model.classes):
        raise HTTPError(422, f"class: expected a whole number from 0 to {len(model.classes) - 1}")
    with torch.inference_mode():
        shares = network.eval()(seen.input_NCHW)[0].double().softmax(dim=0)
    index = int(shares.argmax()) if target is None else target
    found = attribute(network, seen.input_NCHW, index, method)
    values = torch.from_numpy(found.summed)
    return {
        "input": {"shape": list(table.input), "pixels": encode_bytes(seen.fitted_CHW)},
        "top": ranked(model, shares),
        "methods": list(attribution_methods(model.network.plan)),
        "method": method,
        "class": {"index": index, "name": model.classes[index]},
        "path": found.path,
        "map": quantize_maps(values[None], 1, max(table.input[1:])),
        "least": _place(values, int(values.argmin())),
        "most": _place(values, int(values.argmax())),
    }


def flow(found: GradientFlow) -> dict[str, Any]:
    """The gradient of one network over depth, and how it grows on its way back; null where that has no number."""
    depths, gradients = gradient_by_depth(found)
    return {
        "name": found.table.name,
        "shortcuts": has_shortcuts(found.plan),
        "depths": depths,
        "gradients": gradients.tolist(),
        "growth": _finite(gradient_growth(found)),
        "spread": _finite(gradient_spread(found)),
    }


def _place(values_HW: torch.Tensor, index: int) -> dict[str, Any]:
    row, column = divmod(index, values_HW.shape[1])
    return {"value": _finite(float(values_HW[row, column])), "row": row, "column": column}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _method(name: str) -> AttributionMethod:
    if name not in ATTRIBUTION_METHODS:
        raise HTTPError(422, f"method: expected one of {', '.join(ATTRIBUTION_METHODS)}")
    return name


def _tables(text: str) -> list[str]:
    """Names of tables that are quick enough. Refusal 422 for others, and for too many."""
    names = text.split(",")
    if len(names) > _TABLES:
        raise HTTPError(422, f"tables: expected {_TABLES} names at most")
    for name in names:
        if name not in ARCHITECTURES:
            raise HTTPError(422, "tables: expected names of networks that striate list knows, with commas between them")
        if total_cost(ARCHITECTURES[name].plan()).macs > _MACS:
            raise HTTPError(422, f"tables: {name} takes too long here; expected {_MACS:,.0f} MACs at most")
    return names
