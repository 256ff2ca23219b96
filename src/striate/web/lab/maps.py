"""POST /lab/layers: the prediction for a picture, and the maps of every row in the table's order."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate.inspection import Activations, Sample, encode_base64, quantize_maps, record_activations
from striate.nn import Model, check_logits, map_statistics
from striate.tables import Step
from striate.web.lab.lab import Lab
from striate.web.lab.network import shown_maps
from striate.web.lab.requests import lab_route, query_int, query_text

_MAPS, _SIDE = 16, 56  # of a row, and pixels of a map's longer side, unless the page asks for more
_MOST_MAPS = 4096
_MOST_CLASSES = 1000
_MOST_VALUES = 256


def routes(lab: Lab) -> list[Route]:
    """The route of this view."""

    async def layers(request: Request) -> Response:
        max_maps = query_int(request, "maps", 1, _MOST_MAPS, _MAPS)
        rows = query_text(request, "rows", "")
        paths = list(dict.fromkeys(rows.split(","))) if rows else None
        return await lab.respond_to_image(request, lambda model, sample: layer_maps(model, sample, max_maps, paths))

    return [lab_route("POST", "layers", layers)]


def layer_maps(
    model: Model, sample: Sample, max_maps: int = _MAPS, paths: Sequence[str] | None = None
) -> dict[str, Any]:
    """One picture: the classes by probability, the network's input, and every row with `max_maps` maps at most.

    With `paths` only the rows at these paths, one after the other, with the maps that a diagram shows: a page that
    folds a network needs no others.
    """
    plan = model.network.plan
    last = plan.steps[-1].path
    told_by = () if model.reliability is None or model.reliability.row is None else (model.reliability.row,)
    steps = plan.flat if paths is None else [plan.step(path) for path in paths]
    with torch.inference_mode():
        activations = record_activations(
            model.network, sample.input_NCHW, [*(step.path for step in steps), last, *told_by]
        )
        logits = activations[last].output[0]
    if paths is None:
        rows = [_row(step, activations, max_maps) for step in plan.steps]
    else:
        maps = (_maps_at(activations[step.path].output[0], shown_maps(plan, step)) for step in steps)
        rows = [row_document(step, shown) for step, shown in zip(steps, maps, strict=True)]
    return {
        "input": {"shape": list(plan.table.input), "pixels": encode_base64(sample.fitted_CHW)},
        "top": class_ranking(model, model.probabilities(check_logits(logits))),
        **_none_of_these(model, activations),
        "rows": rows,
    }


def _maps_at(maps: Tensor, indices: list[int]) -> Tensor:
    """The maps at these indices; without a copy if they are the first."""
    return maps[: len(indices)] if indices[-1] == len(indices) - 1 else maps[indices]


def _none_of_these(model: Model, activations: dict[str, Activations]) -> dict[str, Any]:
    """Whether the picture is of none of the classes, and how often that is said of one like the training data; nothing
    of a model without a threshold."""
    reliability = model.reliability
    if reliability is None or reliability.row is None:
        return {}
    features = map_statistics(activations[reliability.row].output.float())
    return {
        "none_of_these": bool(reliability.none_of_these(features)[0]),
        "false_alarm_rate": reliability.false_alarms,
    }


def class_ranking(model: Model, probabilities: Tensor) -> list[dict[str, Any]]:
    """The classes with their probabilities, the most probable first."""
    best = probabilities.topk(min(len(probabilities), _MOST_CLASSES))
    pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return [{"class": model.classes[index], "index": index, "probability": probability} for index, probability in pairs]


def _row(step: Step, activations: dict[str, Activations], max_maps: int) -> dict[str, Any]:
    row = row_document(step, activations[step.path].output[0], max_maps)
    if step.branches:
        row["branches"] = [[_row(inner, activations, max_maps) for inner in branch] for branch in step.branches]
    return row


def row_document(step: Step, maps: Tensor, max_maps: int = _MOST_MAPS, max_side: int = _SIDE) -> dict[str, Any]:
    """The maps as bytes; those of a few units, which one reads as numbers, also as `values`."""
    values = maps.reshape(-1).tolist() if 0 < step.output[0] <= _MOST_VALUES and step.output[1:] in {(), (1, 1)} else []
    return {
        "path": step.path,
        "type": type(step.row).__name__,
        "shape": list(step.output),
        **quantize_maps(maps, max_maps, max_side).to_dict(),
        **({"values": [float(f"{value:.4g}") if isfinite(value) else None for value in values]} if values else {}),
    }
