"""POST /lab/layers: the prediction for a picture, and the maps of every row in the table's order."""

from __future__ import annotations

from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate.inspection import Activations, Sample, encode_base64, quantize_maps, record_activations
from striate.nn import Model, check_logits
from striate.tables import Step
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_int

_MAPS, _SIDE = 16, 56  # of a row, and pixels of a map's longer side, unless the page asks for more
_MOST_MAPS = 4096
_MOST_CLASSES = 1000


def routes(lab: Lab) -> list[Route]:
    """The route of this view."""

    async def layers(request: Request) -> Response:
        max_maps = query_int(request, "maps", 1, _MOST_MAPS, _MAPS)
        return await lab.respond_to_image(request, lambda model, sample: layer_maps(model, sample, max_maps))

    return [lab_route("POST", "layers", layers)]


def layer_maps(model: Model, sample: Sample, max_maps: int = _MAPS) -> dict[str, Any]:
    """One picture: the classes by probability, the network's input, and every row with `max_maps` maps at most."""
    plan = model.network.plan
    paths = [step.path for step in plan.flat]
    with torch.inference_mode():
        activations = record_activations(model.network, sample.input_NCHW, paths)
        logits = activations[plan.steps[-1].path].output[0].double()
    return {
        "input": {"shape": list(plan.table.input), "pixels": encode_base64(sample.fitted_CHW)},
        "top": class_ranking(model, check_logits(logits).softmax(dim=0)),
        "rows": [_row(step, activations, max_maps) for step in plan.steps],
    }


def class_ranking(model: Model, probabilities: Tensor) -> list[dict[str, Any]]:
    """The classes with their probabilities, the most probable first."""
    best = probabilities.topk(min(len(probabilities), _MOST_CLASSES))
    pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return [{"class": model.classes[index], "index": index, "probability": probability} for index, probability in pairs]


def _row(step: Step, activations: dict[str, Activations], max_maps: int) -> dict[str, Any]:
    row = {
        "path": step.path,
        "type": type(step.row).__name__,
        "shape": list(step.output),
        **quantize_maps(activations[step.path].output[0], max_maps, _SIDE).to_dict(),
    }
    if step.branches:
        row["branches"] = [[_row(inner, activations, max_maps) for inner in branch] for branch in step.branches]
    return row
