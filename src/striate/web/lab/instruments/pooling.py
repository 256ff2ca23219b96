"""POST /lab/instruments/pooling: a picture, the same shifted, and both pooled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate.errors import RequestError
from striate.inspection import (
    POOLING_KINDS,
    PoolingKind,
    Sample,
    ShiftedPooling,
    encode_base64,
    fill_mode,
    pooling_under_shift,
)
from striate.nn import Model
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_int, query_text

_MOST_KERNEL, _MOST_STRIDE, _MOST_SHIFT, _MOST_SIDE = 6, 6, 8, 4096


def routes(lab: Lab) -> list[Route]:
    """The route of this instrument."""

    async def show(request: Request) -> Response:
        kernel = query_int(request, "kernel", 1, _MOST_KERNEL, 2)
        stride = query_int(request, "stride", 1, _MOST_STRIDE, 2)
        right = query_int(request, "shift", 0, _MOST_SHIFT, 1)
        kind = _kind(query_text(request, "kind", "max"))
        place = _place(request)

        def document(model: Model, sample: Sample) -> dict[str, Any]:
            fill = fill_mode(model.network.table.preprocessing)
            result = pooling_under_shift(sample.fitted_CHW, kernel, stride, kind, right=right, fill=fill)
            return pooled(result, 1 if kind == "none" else kernel, stride, place)

        return await lab.respond_to_image(request, document)

    return [lab_route("POST", "instruments/pooling", show)]


def _kind(text: str) -> PoolingKind:
    kind = next((kind for kind in POOLING_KINDS if kind == text), None)
    if kind is None:
        raise RequestError(f"kind: expected one of {', '.join(POOLING_KINDS)}")
    return kind


def _place(request: Request) -> tuple[int, int] | None:
    if "row" not in request.query_params:
        return None
    return query_int(request, "row", 0, _MOST_SIDE), query_int(request, "column", 0, _MOST_SIDE, 0)


def pooled(result: ShiftedPooling, kernel: int, stride: int, place: tuple[int, int] | None) -> dict[str, Any]:
    """The pictures, what the shift changes, and the window of the cell at (row, column), or of the nearest that there
    is; for None of the one with the most contrast."""
    windows = np.lib.stride_tricks.sliding_window_view(result.picture_CHW.numpy(), (kernel, kernel), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    rows, columns = result.pooled_CHW.shape[1:]
    if place is None:
        contrast_HW = (windows.max(axis=(3, 4)).astype(int) - windows.min(axis=(3, 4))).sum(axis=0)
        row, column = divmod(int(contrast_HW.argmax()), columns)
    else:
        row, column = min(place[0], rows - 1), min(place[1], columns - 1)
    return {
        "input": _image(result.picture_CHW),
        "shifted": _image(result.shifted_CHW),
        "pooled": _image(torch.from_numpy(result.pooled_CHW)),
        "pooled_shifted": _image(torch.from_numpy(result.pooled_shifted_CHW)),
        "change": {
            "input": result.input_change,
            "output": result.output_change,
            "followed": result.followed_change,
            "cells": result.cells,
        },
        "place": {
            "unit": [row, column],
            "corner": [row * stride, column * stride],
            "windows": windows[:, row, column].tolist(),
            "values": result.pooled_CHW[:, row, column].tolist(),
        },
    }


def _image(picture_CHW: Tensor) -> dict[str, Any]:
    return {"shape": list(picture_CHW.shape), "pixels": encode_base64(picture_CHW.round().to(torch.uint8))}
