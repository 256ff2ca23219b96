"""POST /lab/row, /lab/slide, /lab/unit: all maps of a row, what a kernel slides over, one unit worked out."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate import equations
from striate.analysis import ReceptiveField, receptive_fields, row_field
from striate.inspection import (
    Doubles,
    Sample,
    Trace,
    Unit,
    check_unit,
    record_activations,
    rows_needed,
    strongest_unit,
    trace_unit,
)
from striate.nn import Model
from striate.tables import AdaptiveAveragePool, Step
from striate.web.errors import HTTPError
from striate.web.lab.lab import Lab
from striate.web.lab.maps import quantize_maps
from striate.web.lab.requests import picture, route, whole, word

_MAPS, _NUMBERS = 4096, 600_000  # of a row: more maps are left out, more numbers are scaled down
_SIDE = 256  # of a map that a kernel slides over
_GRIDS, _CELLS = 8, 225  # windows that are sent, one for each input map, and cells of each
_TERMS = 24


def routes(lab: Lab) -> list[Route]:
    """The routes of this file."""

    async def answer(request: Request, work: Callable[[Model, Sample], object]) -> Response:
        name = word(request, "model")
        async with lab.bodies.image(request) as content:
            return await lab.quick.answer_of(
                name, lambda model: work(model, picture(content, model.network.table, lab.settings))
            )

    async def row(request: Request) -> Response:
        path = word(request, "path")
        return await answer(request, lambda model, seen: whole_row(model, seen, path))

    async def slide(request: Request) -> Response:
        path, pair = word(request, "path"), (whole(request, "input", 0, 10**6), whole(request, "map", 0, 10**6))
        return await answer(request, lambda model, seen: under_the_kernel(model, seen, path, *pair))

    async def unit(request: Request) -> Response:
        path, chosen = word(request, "path"), _unit(request)
        wanted = whole(request, "input", 0, 10**6) if "input" in request.query_params else None
        return await answer(request, lambda model, seen: arithmetic_of(model, seen, path, chosen, wanted))

    return [route("POST", "row", row), route("POST", "slide", slide), route("POST", "unit", unit)]


def whole_row(model: Model, seen: Sample, path: str) -> dict[str, Any]:
    """All maps of a row, as `maps.shown` packs them."""
    step = model.network.plan.step(path)
    with torch.inference_mode():
        output = record_activations(model.network, seen.input_NCHW, [path])[path].output[0]
    side = max(1, int((_NUMBERS / min(len(output), _MAPS)) ** 0.5))
    return {
        "path": path,
        "type": type(step.row).__name__,
        "shape": list(step.output),
        **quantize_maps(output, _MAPS, side),
    }


def under_the_kernel(model: Model, seen: Sample, path: str, input_map: int, output_map: int) -> dict[str, Any]:
    """One map of what a row with a window is given, and one that it gives. Refusal 422 if there is no such map."""
    step = model.network.plan.step(path)
    if step.window is None:
        raise HTTPError(422, f"row {path}: no kernel slides over its input")
    for name, index, maps in (("input", input_map, step.input[0]), ("map", output_map, step.output[0])):
        if index >= maps:
            raise HTTPError(422, f"{name}: expected a whole number from 0 to {maps - 1}")
    with torch.inference_mode():
        passed = record_activations(model.network, seen.input_NCHW, [path])[path]
    return {
        "input": quantize_maps(passed.input[0, input_map : input_map + 1], 1, _SIDE),
        "output": quantize_maps(passed.output[0, output_map : output_map + 1], 1, _SIDE),
    }


def arithmetic_of(model: Model, seen: Sample, path: str, unit: Unit | None, wanted: int | None) -> dict[str, Any]:
    """A unit worked out (the row's strongest if None); of its input maps the strongest, and the one that is wanted."""
    network = model.network
    step = network.plan.step(path)
    if unit is not None:
        check_unit(step, unit)
    with torch.inference_mode():
        passed = record_activations(network, seen.input_NCHW, rows_needed(step))
        found = trace_unit(network, step, strongest_unit(passed[path].output) if unit is None else unit, passed)
    return {
        "path": path,
        "type": type(step.row).__name__,
        "unit": list(found.unit),
        "input": list(step.input),
        "output": list(step.output),
        "field": _axes(receptive_fields(network.plan)[path]),
        "window": _window(step),
        "stages": [
            {"kind": stage.kind, "value": _number(stage.value), "operands": list(map(_number, stage.operands))}
            for stage in found.trace.steps
        ],
        "value": _number(found.value),
        "network": _number(found.network_value),
        **_terms(step, found.trace, wanted),
    }


def _window(step: Step) -> dict[str, Any] | None:
    """How a row's window steps over its input: each axis's numbers, and where each output's window lies."""
    if step.window is None:
        return None
    window = step.window
    reach = map(equations.effective_kernel, window.kernel, window.dilation)
    return {
        "kernel": list(window.kernel),
        "stride": list(window.stride),
        "padding": [list(sides) for sides in window.padding],
        "dilation": list(window.dilation),
        "reach": list(reach),
        "rounds": None if isinstance(step.row, AdaptiveAveragePool) else _rounds(step),
        "over": _axes(row_field(step)),
    }


def _rounds(step: Step) -> str:
    return "ceil" if getattr(step.row, "ceil", False) else "floor"


def _axes(field: ReceptiveField) -> list[list[int]]:
    """(size, stride, start) along rows and columns."""
    return [list(field.height), list(field.width)]


def _terms(step: Step, working: Trace, wanted: int | None) -> dict[str, Any]:
    """What is summed, a grid of cells for each input map or single terms: the strongest, and the sum of the others."""
    counted = np.nan_to_num(working.window if working.products is None else working.products, nan=0, posinf=0, neginf=0)
    if counted.ndim == 3 and 1 < counted[0].size <= _CELLS:
        return {"grids": _grids(step, working, counted, wanted)}
    chosen = np.sort(np.argsort(-np.abs(counted.reshape(-1)), kind="stable")[:_TERMS])
    indices = [tuple(map(int, np.unravel_index(index, counted.shape))) for index in chosen]
    shown_terms = [
        {
            "at": _place(step, working, index),
            "x": _number(float(working.window[index])),
            "w": None if working.weights is None else _number(float(working.weights[index])),
            "product": _number(float(counted[index])),
        }
        for index in indices
    ]
    rest = float(np.delete(counted.reshape(-1), chosen).sum())
    return {"terms": {"shown": shown_terms, "left": counted.size - len(chosen), "rest": _number(rest)}}


def _grids(step: Step, working: Trace, counted: Doubles, wanted: int | None) -> dict[str, Any]:
    order = list(np.argsort(-np.abs(counted).sum(axis=(1, 2)), kind="stable")[:_GRIDS])
    if wanted in working.maps and working.maps.index(wanted) not in order:
        order[-1] = working.maps.index(wanted)
    sums = counted.sum(axis=(1, 2))
    parts = {"x": working.window, "w": working.weights, "products": working.products}
    return {
        "shown": [
            {
                "map": working.maps[index],
                **{name: None if values is None else _numbers(values[index]) for name, values in parts.items()},
                "sum": _number(float(sums[index])),
            }
            for index in order
        ],
        "places": [[_cell(step, working, axis, i) for i in range(counted.shape[1 + axis])] for axis in (0, 1)],
        "left": len(sums) - len(order),
        "rest": _number(float(np.delete(sums, order).sum())),
    }


def _place(step: Step, working: Trace, index: tuple[int, ...]) -> list[int]:
    """Where a term stands in the row's input: (map, row, column), or its number."""
    if len(index) == 3:
        return [working.maps[index[0]], *(_cell(step, working, axis, index[1 + axis]) for axis in (0, 1))]
    flattened = len(step.input) == 3 and working.weights is not None
    return [int(i) for i in np.unravel_index(index[0], step.input)] if flattened else list(index)


def _cell(step: Step, working: Trace, axis: int, index: int) -> int:
    """The row or column of the input under a cell of the window; in the padding it is outside."""
    corner = (0, 0) if working.corner is None else working.corner
    return corner[axis] + index * (1 if step.window is None else step.window.dilation[axis])


def _numbers(values_HW: Doubles) -> list[list[float | None]]:
    return [[_number(float(value)) for value in line] for line in values_HW]


def _number(value: float) -> float | None:
    """Seven digits of it; None for padding that does not count, and for what a network that diverged gives."""
    return float(f"{value:.7g}") if isfinite(value) else None


def _unit(request: Request) -> Unit | None:
    """`unit=2,0,0` or `unit=7`, if there is one. Refusal 422 if it is none."""
    text = request.query_params.get("unit")
    if text is None:
        return None
    numbers = text.split(",")
    if len(numbers) > 3 or not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in numbers):
        raise HTTPError(422, "unit: expected map,row,column, or the number of a unit")
    return tuple(map(int, numbers))
