"""GET and POST /lab/filters: kernels made by hand, and one's own, on any picture."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate.data import decode_bytes, resize
from striate.inspection import CLASSIC_KERNELS, FilteredImage, Floats, apply_kernel, classic_kernel, unit_arithmetic
from striate.tables import Padding
from striate.web.errors import HTTPError
from striate.web.lab.lab import Lab
from striate.web.lab.maps import encode_bytes, quantize_maps
from striate.web.lab.requests import route, whole, word
from striate.web.settings import Settings

_CHANNELS = {"gray": (1, 0), "red": (3, 0), "green": (3, 1), "blue": (3, 2)}
"""Of how many channels which one."""
_SIDES = (16, 256)  # pixels of the longer side
_KERNEL, _WEIGHT = 7, 1000.0  # rows, and the largest number in one
_STRIDE, _PADDING = 4, 8


def routes(lab: Lab) -> list[Route]:
    """The routes of this file."""

    async def kernels(_request: Request) -> Response:
        return await lab.quick.answer(
            lambda: {"kernels": {name: classic_kernel(name).tolist() for name in CLASSIC_KERNELS}}
        )

    async def filters(request: Request) -> Response:
        kernel, stride, padding = _kernel(request), whole(request, "stride", 1, _STRIDE, 1), _padding(request)
        channel, side = word(request, "channel", "gray"), whole(request, "side", *_SIDES, 64)
        place = whole(request, "row", 0, _SIDES[1] * 2, 0), whole(request, "column", 0, _SIDES[1] * 2, 0)
        if channel not in _CHANNELS:
            raise HTTPError(422, f"channel: expected one of {', '.join(_CHANNELS)}")
        async with lab.bodies.image(request) as content:
            return await lab.quick.answer(
                lambda: filtered(
                    apply_kernel(channel_of(content, channel, side, lab.settings), kernel, stride, padding), place
                )
            )

    return [route("GET", "filters", kernels), route("POST", "filters", filters)]


def channel_of(content: bytes, channel: str, side: int, settings: Settings) -> Tensor:
    """One channel of the picture in a body, uint8 (height, width), its longer side `side` pixels at most.

    DataError if it cannot be read.
    """
    channels, index = _CHANNELS[channel]
    pixels_HWC = decode_bytes(content, channels, side, max_pixels=settings.pixels)
    height, width, _ = pixels_HWC.shape
    if (longer := max(height, width)) > side:
        pixels_HWC = resize(pixels_HWC, (max(1, round(height * side / longer)), max(1, round(width * side / longer))))
    return torch.from_numpy(pixels_HWC[:, :, index].copy())


def filtered(made: FilteredImage, place: tuple[int, int]) -> dict[str, Any]:
    """What a kernel makes of a picture, the sizes, and the sum at a place (row, column), or at the last before it."""
    window = made.step.window
    assert window is not None  # a convolution has one
    _, height, width = made.step.output
    row, column = min(place[0], height - 1), min(place[1], width - 1)
    found = unit_arithmetic(made.network, made.picture_NCHW, made.step.path, (0, row, column))
    working = found.trace
    assert working.products is not None
    return {
        "input": {"shape": list(made.step.input), "pixels": encode_bytes(made.picture_NCHW[0].to(torch.uint8))},
        "output": quantize_maps(torch.from_numpy(made.map_HW)[None], 1, max(height, width)),
        "range": [float(made.map_HW.min()), float(made.map_HW.max())],
        "window": asdict(window),
        "place": {
            "unit": [row, column],
            "corner": working.corner,
            "window": working.window[0].tolist(),
            "products": working.products[0].tolist(),
            "value": found.value,
        },
    }


def _kernel(request: Request) -> Floats:
    """The kernel in the address: rows of numbers, square. Refusal 422 if it is none."""
    try:
        rows = json.loads(word(request, "kernel"))
        if not 1 <= len(rows) <= _KERNEL or any(len(row) != len(rows) for row in rows):
            raise ValueError
        kernel = np.array(rows, dtype=np.float64)
    except (ValueError, TypeError, RecursionError, OverflowError):
        kernel = np.zeros(0)
    if kernel.ndim != 2:
        raise HTTPError(422, f"kernel: expected 1 to {_KERNEL} rows of as many numbers, as JSON")
    if not (np.abs(kernel) <= _WEIGHT).all():
        raise HTTPError(422, f"kernel: expected numbers from {-_WEIGHT:g} to {_WEIGHT:g}")
    return kernel.astype(np.float32)


def _padding(request: Request) -> Padding:
    """The padding in the address: a word, or cells on every side."""
    text = word(request, "padding", "valid")
    if text == "valid":
        return "valid"
    return "same" if text == "same" else whole(request, "padding", 0, _PADDING)
