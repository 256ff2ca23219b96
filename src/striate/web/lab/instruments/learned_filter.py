"""POST /lab/instruments/learned-filter: gradient descent looks for a classic filter, from a picture before and after
it."""

from __future__ import annotations

from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.errors import RequestError
from striate.inspection import (
    CLASSIC_KERNELS,
    Sample,
    apply_kernel,
    classic_kernel,
    encode_base64,
    learn_filter,
    quantize_maps,
)
from striate.web.lab.instruments.residual import gray_maps
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_int, query_text

_STEPS = (
    *range(11), 12, 14, 16, 18, 20, 25, 30, 35, 40, 50, 60, 70, 80, 100, 120, 140, 160, 180, 200, 250, 300, 350, 400,
    450, 500,
)  # fmt: skip
"""After so many steps the kernel and its picture are sent: more where they change most."""
_MOST_SEED = 10**6


def routes(lab: Lab) -> list[Route]:
    """The route of this instrument."""

    async def show(request: Request) -> Response:
        target = query_text(request, "target", "sobel_x")
        if target not in CLASSIC_KERNELS:
            raise RequestError(f"target: expected one of {', '.join(CLASSIC_KERNELS)}")
        seed = query_int(request, "seed", 0, _MOST_SEED, 0)
        return await lab.respond_to_image(request, lambda _model, sample: descent(sample, target, seed))

    return [lab_route("POST", "instruments/learned-filter", show)]


def descent(sample: Sample, target: str, seed: int) -> dict[str, Any]:
    """The kernels on the way to a classic one: `losses` and `errors` of each step in `steps`, and the maps, on one
    scale: the picture filtered by the target, then by each kernel. StriateError if the picture is flat."""
    gray_CHW = gray_maps(sample.fitted_CHW, centred=False)
    wanted = classic_kernel(target)
    learned = learn_filter(gray_CHW * 255, wanted, steps=_STEPS[-1], seed=seed)
    steps = list(_STEPS)
    kernels = learned.kernels[steps]
    shown = [wanted, *kernels.astype("float32")]
    maps = torch.stack([torch.from_numpy(apply_kernel(gray_CHW[0], kernel).map_HW) for kernel in shown])
    return {
        "steps": steps,
        "target": learned.target.tolist(),
        "kernels": kernels.tolist(),
        "losses": learned.losses[steps].tolist(),
        "errors": learned.errors[steps].tolist(),
        "picture": {
            "shape": list(gray_CHW.shape),
            "pixels": encode_base64((gray_CHW * 255).round().to(torch.uint8)),
        },
        "maps": quantize_maps(maps, len(maps), max(maps.shape[1:])).to_dict(),
    }
