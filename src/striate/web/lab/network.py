"""GET /lab/network: a network as a diagram needs it, once for a model: what each row's units read.

A page that knows it can tell for any unit which cells of each map it reads and which units it feeds, without asking.
"""

from __future__ import annotations

from typing import Any, assert_never

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate import equations
from striate.inspection import encode_base64
from striate.nn import Model, SparseConv2D
from striate.tables import (
    LRN,
    RBF,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Identity,
    MaxPool,
    Plan,
    Step,
    Subsample,
)
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_text

_SHOWN, _MOST_UNITS = 16, 4096
_MOST_PAIRS = 4096
"""Pairs of an input map and an output map whose strengths are sent: a diagram draws no more lines."""


def routes(lab: Lab) -> list[Route]:
    """The route of this view."""

    async def network(request: Request) -> Response:
        return await lab.quick.respond_with_model(query_text(request, "model"), network_document)

    return [lab_route("GET", "network", network)]


def network_document(model: Model) -> dict[str, Any]:
    """The input's shape, the classes, the number of towers, and every row with what its units read.

    `shown` are the maps that a diagram shows of a row. A row's `cells` says which cells of a map a unit reads: those
    under a "window", one of the "bins" that divide a map, its "own" cell or "all". Its `maps` says of which maps: "all"
    of its group, those "listed" for it, its "own", or its "neighbours". `strengths` are those of the connections.
    """
    plan = model.network.plan
    return {
        "input": list(plan.table.input),
        "classes": list(model.classes),
        "towers": plan.table.towers,
        "rows": [_row(step, model) for step in plan.steps],
    }


def shown_maps(plan: Plan, step: Step) -> list[int]:
    """The maps of a row that a diagram shows: the first of each tower or branch, all units of a row without maps.

    >>> from striate.tables import load_plan
    >>> plan = load_plan("alexnet")
    >>> shown_maps(plan, plan.step("C1"))
    [0, 1, 2, 3, 4, 5, 6, 7, 48, 49, 50, 51, 52, 53, 54, 55]
    """
    maps = step.output[0]
    if step.output[1:] in {(), (1, 1)}:
        return list(range(min(maps, _MOST_UNITS)))
    if isinstance(step.row, Concat):
        parts = [branch[-1].output[0] for branch in step.branches]
    else:
        towers = plan.table.towers if maps % plan.table.towers == 0 else 1
        parts = [maps // towers] * towers
    if len(parts) == 1:
        return list(range(min(_SHOWN, maps)))
    starts = [sum(parts[:index]) for index in range(len(parts))]
    counts = [0] * len(parts)
    while sum(counts) < min(_SHOWN, maps):  # in turn, until a part has no more
        _, index = min((count, index) for index, count in enumerate(counts) if count < parts[index])
        counts[index] += 1
    return [start + map_ for start, count in zip(starts, counts, strict=True) for map_ in range(count)]


def _row(step: Step, model: Model) -> dict[str, Any]:
    row: dict[str, Any] = {
        "path": step.path,
        "type": type(step.row).__name__,
        "activation": getattr(step.row, "activation", None),
        "input": list(step.input),
        "shape": list(step.output),
        "shown": shown_maps(model.network.plan, step),
    }
    if step.branches:
        row["branches"] = [[_row(inner, model) for inner in branch] for branch in step.branches]
        return row
    return {**row, "cells": _cells(step), "maps": _maps(step), "strengths": _strengths(step, model)}


def _cells(step: Step) -> dict[str, Any]:
    """Which cells of a map that it reads a unit reads."""
    if isinstance(step.row, AdaptiveAveragePool):
        axes = zip(step.input[1:], step.output[1:], strict=True)
        return {"kind": "bins", "axes": [[list(bin_) for bin_ in equations.adaptive_windows(*axis)] for axis in axes]}
    if step.window is not None:
        window = step.window
        return {
            "kind": "window",
            "kernel": list(window.kernel),
            "stride": list(window.stride),
            "before": [before for before, _ in window.padding],
            "dilation": list(window.dilation),
        }
    return {"kind": "all" if isinstance(step.row, Dense | RBF) else "own"}


def _maps(step: Step) -> dict[str, Any]:
    """Which maps of its input a map reads."""
    match step.row:
        case Conv(connections=None, groups=groups):
            return {"kind": "all", "groups": groups}
        case Conv(connections=connections):
            return {"kind": "listed", "inputs": [list(inputs) for inputs in connections or ()]}
        case Dense() | RBF():
            return {"kind": "all", "groups": 1}
        case LRN(groups=groups) as row:
            before, after = equations.lrn_reach(row.size, row.convention)
            return {"kind": "neighbours", "before": before, "after": after, "groups": groups}
        case MaxPool() | AveragePool() | Subsample() | AdaptiveAveragePool() | Identity() | BatchNorm() | Dropout():
            return {"kind": "own"}
        case Concat() | Add():
            raise AssertionError(f"{step.path}: its maps are those of its branches")
        case row:
            assert_never(row)


def _strengths(step: Step, model: Model) -> str | None:
    """How strong each connection is, as bytes (output maps, input maps of each): 128 + 127 times the kernel's norm by
    the largest, with the sign of the kernel's sum. None where a row has no weights, or too many to draw."""
    weights = _weights(step, model)
    if weights is None or weights.shape[0] * weights.shape[1] > _MOST_PAIRS:
        return None
    kernels = weights.detach().cpu().double().flatten(2)
    signed = kernels.norm(dim=2) * torch.where(kernels.sum(dim=2) < 0, -1.0, 1.0)
    largest = float(signed.abs().max()) or 1.0
    return encode_base64((signed.nan_to_num(0, 0, 0) / largest * 127 + 128).clamp(0, 255).round().to(torch.uint8))


def _weights(step: Step, model: Model) -> Tensor | None:
    """The weights of a row (output maps, input maps of each, ...), zero where a map is not read."""
    module = model.network.get_submodule(step.path)
    match step.row:
        case Conv():
            return module.dense_weight() if isinstance(module, SparseConv2D) else module.get_parameter("weight")
        case Dense(units=units) if len(step.input) == 3:
            return module.get_parameter("weight").reshape(units, step.input[0], -1)
        case Dense():
            return module.get_parameter("weight")[:, :, None]
        case RBF():
            return module.get_buffer("prototypes")[:, :, None]
        case _:
            return None
