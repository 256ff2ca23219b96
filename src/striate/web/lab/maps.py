"""POST /lab/layers: what a picture is taken for, and the maps of every row in the table's order."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor
from torch.nn import functional as F

from striate.inspection import Activations, Sample, record_activations
from striate.nn import Model
from striate.tables import Step
from striate.web.lab.lab import Lab
from striate.web.lab.requests import picture, route, whole, word

_MAPS, _SIDE = 16, 56  # of a row, and pixels of the longer side of each, unless more are asked for
_UNITS = 4096  # numbers of a row without extent
_CLASSES = 1000


def routes(lab: Lab) -> list[Route]:
    """The route of this file."""

    async def layers(request: Request) -> Response:
        name, most = word(request, "model"), whole(request, "maps", 1, _UNITS, _MAPS)
        async with lab.bodies.image(request) as content:
            return await lab.quick.answer_of(
                name, lambda model: look(model, picture(content, model.network.table, lab.settings), most)
            )

    return [route("POST", "layers", layers)]


def look(model: Model, seen: Sample, most: int = _MAPS) -> dict[str, Any]:
    """The answer for one picture: its classes, what the network got, and every row with `most` maps at most."""
    plan = model.network.plan
    paths = [step.path for step in plan.flat]
    with torch.inference_mode():
        passed = record_activations(model.network, seen.input_NCHW, paths)
        logits = passed[plan.steps[-1].path].output[0].double()
    return {
        "input": {"shape": list(plan.table.input), "pixels": encode_bytes(seen.fitted_CHW)},
        "top": ranked(model, logits.softmax(dim=0)),
        "rows": [_row(step, passed, most) for step in plan.steps],
    }


def ranked(model: Model, shares: Tensor) -> list[dict[str, Any]]:
    """The classes from the likeliest down."""
    best = shares.topk(min(len(shares), _CLASSES))
    pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return [{"class": model.classes[index], "index": index, "probability": share} for index, share in pairs]


def _row(step: Step, passed: dict[str, Activations], most: int) -> dict[str, Any]:
    row = {
        "path": step.path,
        "type": type(step.row).__name__,
        "shape": list(step.output),
        **quantize_maps(passed[step.path].output[0], most),
    }
    if step.branches:
        row["branches"] = [[_row(inner, passed, most) for inner in branch] for branch in step.branches]
    return row


def quantize_maps(output: Tensor, most: int, side: int = _SIDE) -> dict[str, Any]:
    """The first maps (maps, height, width) or units (units,) of a row as bytes: value = (byte - 128) / 127 * `scale`.

    Maps of a longer side than `side` are scaled down, each number a mean of those that it stands for.
    """
    flat = output.dim() == 1 or output.shape[1:] == (1, 1)
    values = output.reshape(-1)[:_UNITS, None, None] if flat else output[:most]
    height, width = values.shape[1:]
    if max(height, width) > side:
        size = max(1, height * side // max(height, width)), max(1, width * side // max(height, width))
        values = F.interpolate(values[None], size, mode="area")[0]
    scale = float(values.abs().max()) or 1.0
    if not np.isfinite(scale):
        values, scale = values.nan_to_num(0, 0, 0), float(values.nan_to_num(0, 0, 0).abs().max()) or 1.0
    return {
        "shown": len(values),
        "size": list(values.shape[1:]),
        "scale": scale,
        "signed": bool((values < 0).any()),
        "maps": encode_bytes((values / scale * 127 + 128).round().to(torch.uint8)),
    }


def encode_bytes(values: Tensor) -> str:
    """Bytes as base64, in the tensor's order."""
    return base64.b64encode(values.contiguous().numpy().tobytes()).decode()
