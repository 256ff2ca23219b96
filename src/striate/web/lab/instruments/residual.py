"""POST /lab/instruments/residual: a residual unit, or a plain block, over a picture, its weights times a factor."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor
from torch.nn import functional as F

from striate.inspection import (
    SHORTCUT_OPTIONS,
    Sample,
    chain_of_blocks,
    quantize_maps,
    residual_block,
    size_change,
)
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_float, query_int

_MOST_WEIGHT, _MOST_SEED = 2.0, 10**6
_MOST_SIDE = 64
_CHAIN = (1, 2, 4, 8, 16)
"""After so many blocks the maps are sent."""
_MAPS = 64
"""Of the lessons' example of a shortcut's weights: 64 maps become 128."""


def routes(lab: Lab) -> list[Route]:
    """The route of this instrument."""

    async def show(request: Request) -> Response:
        weight = query_float(request, "weight", 0, _MOST_WEIGHT)
        plain, centred = (bool(query_int(request, name, 0, 1, 0)) for name in ("plain", "centred"))
        seed = query_int(request, "seed", 0, _MOST_SEED, 0)
        return await lab.respond_to_image(
            request, lambda _model, sample: block_over(sample, weight, seed, plain=plain, centred=centred)
        )

    return [lab_route("POST", "instruments/residual", show)]


def block_over(sample: Sample, weight: float, seed: int, *, plain: bool, centred: bool) -> dict[str, Any]:
    """One block over a picture in gray, many one after the other, and the shortcuts across a change of size."""
    x_CHW = gray_maps(sample.fitted_CHW, centred=centred)
    result = residual_block(x_CHW, weight, plain=plain, seed=seed)
    chain = chain_of_blocks(x_CHW, weight, _CHAIN[-1], plain=plain, seed=seed)
    size = float(x_CHW.norm())
    return {
        "maps": _maps([x_CHW, result.output_CHW, result.output_CHW - x_CHW]),
        "difference": result.difference,
        "largest": result.largest,
        "negative": bool((x_CHW < 0).any()),
        "gradient": asdict(result.gradient),
        "chain": {
            "blocks": list(_CHAIN),
            "maps": _maps([chain[number - 1] for number in _CHAIN]),
            "sizes": [float(chain[number - 1].norm()) / size if size else 0.0 for number in _CHAIN],
        },
        "options": [
            {
                "option": option,
                "maps": _maps([*size_change(x_CHW, option, seed=seed).output_CHW[:, None]]),
                "same": cost.same,
                "changed": cost.changed,
            }
            for option in SHORTCUT_OPTIONS
            for cost in [size_change(torch.zeros(_MAPS, 2, 2), option)]
        ],
    }


def gray_maps(fitted_CHW: Tensor, *, centred: bool) -> Tensor:
    """A picture as one map of values from 0 to 1, its longer side 64 at most; `centred` less their mean, so that some
    are negative."""
    gray_NCHW = fitted_CHW.float().mean(dim=0)[None, None] / 255
    height, width = gray_NCHW.shape[2:]
    if (longer := max(height, width)) > _MOST_SIDE:
        size = max(1, height * _MOST_SIDE // longer), max(1, width * _MOST_SIDE // longer)
        gray_NCHW = F.interpolate(gray_NCHW, size, mode="area")
    return gray_NCHW[0] - gray_NCHW.mean() if centred else gray_NCHW[0]


def _maps(maps: list[Tensor]) -> dict[str, Any]:
    """Maps of one channel on one scale."""
    together = torch.cat(maps)
    return quantize_maps(together, len(together), max(together.shape[1:])).to_dict()
