"""GET and POST /lab/filters: classic kernels, and the user's own, on any picture."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate.data import LargePictureError, decode_bytes, resize
from striate.errors import RequestError
from striate.inspection import (
    CLASSIC_KERNELS,
    FilteredImage,
    Floats,
    apply_kernel,
    classic_kernel,
    encode_base64,
    quantize_maps,
    unit_arithmetic,
)
from striate.tables import Padding
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_int, query_text

_CHANNELS = {"gray": (1, 0), "red": (3, 0), "green": (3, 1), "blue": (3, 2)}
"""How many channels the picture is decoded to, and which of them is filtered."""
_LEAST_SIDE, _MOST_SIDE, _SIDE = 16, 256, 64  # pixels of the picture's longer side
_MOST_ROWS, _MOST_WEIGHT = 7, 1000.0  # of a kernel
_MOST_STRIDE, _MOST_PADDING = 4, 8


@dataclass(frozen=True)
class FilterRequest:
    """A kernel (height, width) over one channel of a picture that is scaled down to `side`, worked out at `place`."""

    kernel: Floats
    stride: int
    padding: Padding
    channel: str
    side: int
    place: tuple[int, int]


def routes(lab: Lab) -> list[Route]:
    """The routes of this view."""

    async def list_kernels(_request: Request) -> Response:
        return await lab.quick.respond(
            lambda: {"kernels": {name: classic_kernel(name).tolist() for name in CLASSIC_KERNELS}}
        )

    async def apply_filter(request: Request) -> Response:
        wanted = _parse(request)
        async with lab.bodies.image(request) as content:
            with contextlib.suppress(LargePictureError):
                return await lab.quick.respond(lambda: _filter(content, wanted, small=True))
            return await lab.slow.respond(lambda: _filter(content, wanted, small=False))

    return [lab_route("GET", "filters", list_kernels), lab_route("POST", "filters", apply_filter)]


def _parse(request: Request) -> FilterRequest:
    wanted = FilterRequest(
        _kernel(request),
        query_int(request, "stride", 1, _MOST_STRIDE, 1),
        _padding(request),
        query_text(request, "channel", "gray"),
        query_int(request, "side", _LEAST_SIDE, _MOST_SIDE, _SIDE),
        (query_int(request, "row", 0, _MOST_SIDE * 2, 0), query_int(request, "column", 0, _MOST_SIDE * 2, 0)),
    )
    if wanted.channel not in _CHANNELS:
        raise RequestError(f"channel: expected one of {', '.join(_CHANNELS)}")
    return wanted


def _kernel(request: Request) -> Floats:
    """The kernel in the query: rows of numbers, square. RequestError if it is not."""
    try:
        rows = json.loads(query_text(request, "kernel"))
        if not 1 <= len(rows) <= _MOST_ROWS or any(len(row) != len(rows) for row in rows):
            raise ValueError
        kernel = np.array(rows, dtype=np.float64)
    except (ValueError, TypeError, RecursionError, OverflowError):
        kernel = np.zeros(0)
    if kernel.ndim != 2:
        raise RequestError(f"kernel: expected 1 to {_MOST_ROWS} rows of as many numbers, as JSON")
    if not (np.abs(kernel) <= _MOST_WEIGHT).all():
        raise RequestError(f"kernel: expected numbers from {-_MOST_WEIGHT:g} to {_MOST_WEIGHT:g}")
    return kernel.astype(np.float32)


def _padding(request: Request) -> Padding:
    """The padding in the query: a word, or cells on every side."""
    text = query_text(request, "padding", "valid")
    if text == "valid":
        return "valid"
    return "same" if text == "same" else query_int(request, "padding", 0, _MOST_PADDING)


def _filter(content: bytes, wanted: FilterRequest, *, small: bool) -> dict[str, Any]:
    """The picture in a body, filtered. DataError if it cannot be read; with `small`, LargePictureError if that takes
    long."""
    picture_HW = _decode_channel(content, wanted.channel, wanted.side, small=small)
    return _filtered(apply_kernel(picture_HW, wanted.kernel, wanted.stride, wanted.padding), wanted.place)


def _decode_channel(content: bytes, channel: str, side: int, *, small: bool) -> Tensor:
    """One channel of a picture, uint8 (height, width), its longer side `side` pixels at most."""
    channels, index = _CHANNELS[channel]
    pixels_HWC = decode_bytes(content, channels, side, small=small)
    height, width, _ = pixels_HWC.shape
    if (longer := max(height, width)) > side:
        pixels_HWC = resize(pixels_HWC, (max(1, round(height * side / longer)), max(1, round(width * side / longer))))
    return torch.from_numpy(pixels_HWC[:, :, index].copy())


def _filtered(result: FilteredImage, place: tuple[int, int]) -> dict[str, Any]:
    """The picture, the filtered map, and the sum at (row, column), or at the nearest cell of the map."""
    window = result.step.window
    assert window is not None  # a convolution has one
    _, height, width = result.step.output
    row, column = min(place[0], height - 1), min(place[1], width - 1)
    arithmetic = unit_arithmetic(result.network, result.picture_NCHW, result.step.path, (0, row, column))
    trace = arithmetic.trace
    assert trace.products is not None
    pixels = encode_base64(result.picture_NCHW[0].to(torch.uint8))
    output = quantize_maps(torch.from_numpy(result.map_HW)[None], max_maps=1, max_side=max(height, width))
    return {
        "input": {"shape": list(result.step.input), "pixels": pixels},
        "output": output.to_dict(),
        "range": [float(result.map_HW.min()), float(result.map_HW.max())],
        "window": asdict(window),
        "place": {
            "unit": [row, column],
            "corner": trace.corner,
            "window": trace.window[0].tolist(),
            "products": trace.products[0].tolist(),
            "value": arithmetic.value,
        },
    }
