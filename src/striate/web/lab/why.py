"""POST /lab/why and GET /lab/gradient-flow: attributions of a prediction, and what shortcuts do for the gradient."""

from __future__ import annotations

import math
from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.analysis import total_cost
from striate.errors import RequestError
from striate.inspection import (
    ATTRIBUTION_METHODS,
    AttributionMethod,
    GradientFlow,
    Sample,
    attribute,
    attribution_methods,
    encode_base64,
    evident_pixels,
    gradient_by_depth,
    gradient_flow,
    gradient_growth,
    gradient_spread,
    has_shortcuts,
    quantize_maps,
)
from striate.nn import Model, Network, check_logits
from striate.tables import ARCHITECTURES, Plan
from striate.web.lab.lab import Lab
from striate.web.lab.maps import class_ranking
from striate.web.lab.requests import lab_route, query_int, query_text

_MOST_CLASSES = 10**6
_MOST_TABLES, _MOST_MACS = 4, 1.5e8  # networks side by side, and MACs of one: resnet56 takes 0.2 s


def routes(lab: Lab) -> list[Route]:
    """The routes of this view; the slow worker does all of its work."""
    flows: dict[str, dict[str, Any]] = {}

    async def why(request: Request) -> Response:
        method = _method(request)
        target = query_int(request, "class", 0, _MOST_CLASSES) if "class" in request.query_params else None
        return await lab.respond_to_image(
            request, lambda model, sample: _attribution(model, sample, method, target), slow=True
        )

    async def gradients(request: Request) -> Response:
        plans = _plans(query_text(request, "tables"))

        def document() -> dict[str, Any]:
            for plan in plans:
                if plan.table.name not in flows:
                    flows[plan.table.name] = _flow(gradient_flow(plan))
            return {"networks": [flows[plan.table.name] for plan in plans]}

        return await lab.slow.respond(document)

    return [lab_route("POST", "why", why), lab_route("GET", "gradient-flow", gradients)]


def _method(request: Request) -> AttributionMethod:
    name = query_text(request, "method")
    if name not in ATTRIBUTION_METHODS:
        raise RequestError(f"method: expected one of {', '.join(ATTRIBUTION_METHODS)}")
    return name


def _plans(text: str) -> list[Plan]:
    """The plans of networks by names with commas between them. RequestError for an unknown or slow one, or too many."""
    names = text.split(",")
    if len(names) > _MOST_TABLES:
        raise RequestError(f"tables: expected {_MOST_TABLES} names at most")
    plans = []
    for name in names:
        if name not in ARCHITECTURES:
            raise RequestError("tables: expected names of networks that `striate list` prints, separated by commas")
        plans.append(ARCHITECTURES[name].plan())
        if total_cost(plans[-1]).macs > _MOST_MACS:
            raise RequestError(f"tables: {name} takes too long here; expected {_MOST_MACS:,.0f} MACs at most")
    return plans


def _attribution(model: Model, sample: Sample, method: AttributionMethod, target: int | None) -> dict[str, Any]:
    """How much each pixel counts for a class, the most probable by default. RequestError if there is no such class."""
    network, plan = model.network, model.network.plan
    if target is not None and target >= len(model.classes):
        raise RequestError(f"class: expected a whole number from 0 to {len(model.classes) - 1}")
    with torch.inference_mode():
        probabilities = model.probabilities(check_logits(network.eval()(sample.input_NCHW)[0]))
    index = int(probabilities.argmax()) if target is None else target
    attribution = attribute(network, sample.input_NCHW, index, method)
    values_HW = torch.from_numpy(attribution.summed)
    return {
        "input": {"shape": list(plan.table.input), "pixels": encode_base64(sample.fitted_CHW)},
        "top": class_ranking(model, probabilities),
        "methods": list(attribution_methods(plan)),
        "method": method,
        "class": {"index": index, "name": model.classes[index]},
        "path": attribution.path,
        "map": quantize_maps(values_HW[None], max_maps=1, max_side=max(plan.table.input[1:])).to_dict(),
        "least": _pixel(values_HW, int(values_HW.argmin())),
        "most": _pixel(values_HW, int(values_HW.argmax())),
        **({"evident": _evident(network, sample)} if method == "grad_cam" else {}),
    }


def _evident(network: Network, sample: Sample) -> str:
    """A byte for each pixel: 1 where Grad-CAM's maps differ from those for an empty picture."""
    return encode_base64(torch.from_numpy(evident_pixels(network, sample.input_NCHW)).to(torch.uint8))


def _pixel(values_HW: torch.Tensor, index: int) -> dict[str, Any]:
    row, column = divmod(index, values_HW.shape[1])
    return {"value": _finite(float(values_HW[row, column])), "row": row, "column": column}


def _flow(flow: GradientFlow) -> dict[str, Any]:
    """The gradient of one network over depth, and how it grows from the last layer to the first."""
    depths, gradients = gradient_by_depth(flow)
    return {
        "name": flow.table.name,
        "shortcuts": has_shortcuts(flow.plan),
        "depths": depths,
        "gradients": gradients.tolist(),
        "growth": _finite(gradient_growth(flow)),
        "spread": _finite(gradient_spread(flow)),
    }


def _finite(value: float) -> float | None:
    """The value, or null in JSON."""
    return value if math.isfinite(value) else None
