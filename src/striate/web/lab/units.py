"""POST /lab/row, /lab/slide, /lab/unit: all maps of a row, what a kernel slides over, one unit's arithmetic."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate import equations
from striate.analysis import ReceptiveField, receptive_fields, row_field
from striate.errors import RequestError
from striate.inspection import (
    Doubles,
    Sample,
    Trace,
    Unit,
    check_unit,
    quantize_maps,
    record_activations,
    rows_needed,
    strongest_unit,
    trace_unit,
    visible_field,
)
from striate.nn import Model
from striate.tables import AdaptiveAveragePool, Plan, Step
from striate.web.lab.lab import Lab
from striate.web.lab.maps import row_document
from striate.web.lab.requests import lab_route, query_int, query_text

_MOST_MAPS, _MOST_NUMBERS = 4096, 600_000  # of a row: more maps are left out, more numbers are scaled down
_MOST_SIDE = 256  # of a map that a kernel slides over
_GRIDS, _CELLS = 8, 225  # windows that are sent, one for each input map, and cells of each
_TERMS = 24
_MOST_INDEX = 10**6


def routes(lab: Lab) -> list[Route]:
    """The routes of this view."""

    async def row(request: Request) -> Response:
        path = query_text(request, "path")
        return await lab.respond_to_image(request, lambda model, sample: row_maps(model, sample, path))

    async def slide(request: Request) -> Response:
        path = query_text(request, "path")
        input_map, output_map = (query_int(request, name, 0, _MOST_INDEX) for name in ("input", "map"))
        return await lab.respond_to_image(
            request, lambda model, sample: _map_pair(model, sample, path, input_map, output_map)
        )

    async def unit(request: Request) -> Response:
        path, chosen = query_text(request, "path"), _unit(request)
        input_map = query_int(request, "input", 0, _MOST_INDEX) if "input" in request.query_params else None
        return await lab.respond_to_image(
            request, lambda model, sample: unit_terms(model, sample, path, chosen, input_map)
        )

    return [lab_route("POST", "row", row), lab_route("POST", "slide", slide), lab_route("POST", "unit", unit)]


def _unit(request: Request) -> Unit | None:
    """`unit=2,0,0` or `unit=7`, if there is one. RequestError if it is neither."""
    text = request.query_params.get("unit")
    if text is None:
        return None
    numbers = text.split(",")
    if len(numbers) > 3 or not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in numbers):
        raise RequestError("unit: expected map,row,column, or the number of a unit")
    return tuple(map(int, numbers))


def row_maps(model: Model, sample: Sample, path: str) -> dict[str, Any]:
    """All maps of a row."""
    step = model.network.plan.step(path)
    with torch.inference_mode():
        output = record_activations(model.network, sample.input_NCHW, [path])[path].output[0]
    return row_document(step, output, _MOST_MAPS, max(1, int((_MOST_NUMBERS / min(len(output), _MOST_MAPS)) ** 0.5)))


def _map_pair(model: Model, sample: Sample, path: str, input_map: int, output_map: int) -> dict[str, Any]:
    """One input map and one output map of a row with a window. RequestError if there is no such map."""
    step = model.network.plan.step(path)
    if step.window is None:
        raise RequestError(f"row {path}: no kernel slides over its input")
    for name, index, maps in (("input", input_map, step.input[0]), ("map", output_map, step.output[0])):
        if index >= maps:
            raise RequestError(f"{name}: expected a whole number from 0 to {maps - 1}")
    with torch.inference_mode():
        activations = record_activations(model.network, sample.input_NCHW, [path])[path]
    return {
        "input": quantize_maps(activations.input[0, input_map : input_map + 1], 1, _MOST_SIDE).to_dict(),
        "output": quantize_maps(activations.output[0, output_map : output_map + 1], 1, _MOST_SIDE).to_dict(),
    }


def unit_terms(model: Model, sample: Sample, path: str, unit: Unit | None, input_map: int | None) -> dict[str, Any]:
    """The arithmetic of a unit, the row's strongest by default: of its input maps the strongest, and `input_map`."""
    network = model.network
    step = network.plan.step(path)
    if unit is not None:
        check_unit(step, unit)
    with torch.inference_mode():
        activations = record_activations(network, sample.input_NCHW, rows_needed(step))
        chosen = strongest_unit(activations[path].output) if unit is None else unit
        arithmetic = trace_unit(network, step, chosen, activations)
    return {
        "path": path,
        "type": type(step.row).__name__,
        "unit": list(arithmetic.unit),
        "input": list(step.input),
        "output": list(step.output),
        "field": _axes(receptive_fields(network.plan)[path]),
        "visible": _visible(network.plan, path, arithmetic.unit),
        "window": _window(step),
        "stages": [
            {"kind": stage.kind, "value": _number(stage.value), "operands": list(map(_number, stage.operands))}
            for stage in arithmetic.trace.steps
        ],
        "value": _number(arithmetic.value),
        "network": _number(arithmetic.network_value),
        **_terms(step, arithmetic.trace, input_map),
    }


def _visible(plan: Plan, path: str, unit: Unit) -> dict[str, int]:
    """The box of the pixels that can change a unit."""
    place = (unit[1], unit[2]) if len(unit) == 3 else None
    return visible_field(plan, path, place, map_index=unit[0]).to_dict()


def _window(step: Step) -> dict[str, Any] | None:
    """How a row's window slides over its input: its numbers along each axis, and where each output's window is."""
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
        "rounds": None if isinstance(step.row, AdaptiveAveragePool) else _rounding(step),
        "over": _axes(row_field(step)),
    }


def _rounding(step: Step) -> str:
    return "ceil" if getattr(step.row, "ceil", False) else "floor"


def _axes(field: ReceptiveField) -> list[list[int]]:
    """(size, stride, start) along rows and columns."""
    return [list(field.height), list(field.width)]


def _terms(step: Step, trace: Trace, input_map: int | None) -> dict[str, Any]:
    """The terms of a sum: a grid of cells for each input map, or single terms; the strongest, and the others' sum."""
    terms = np.nan_to_num(trace.window if trace.products is None else trace.products, nan=0, posinf=0, neginf=0)
    if terms.ndim == 3 and 1 < terms[0].size <= _CELLS:
        return {"grids": _grids(step, trace, terms, input_map)}
    if terms.ndim == 3 and not trace.maps:  # a map of zeros reads nothing
        terms = terms[:0]
    strongest = np.sort(np.argsort(-np.abs(terms.reshape(-1)), kind="stable")[:_TERMS])
    indices = [tuple(map(int, np.unravel_index(index, terms.shape))) for index in strongest]
    shown = [
        {
            "at": _input_index(step, trace, index),
            "x": _number(float(trace.window[index])),
            "w": None if trace.weights is None else _number(float(trace.weights[index])),
            "product": _number(float(terms[index])),
        }
        for index in indices
    ]
    rest = float(np.delete(terms.reshape(-1), strongest).sum())
    return {"terms": {"shown": shown, "left": terms.size - len(strongest), "rest": _number(rest)}}


def _grids(step: Step, trace: Trace, terms: Doubles, input_map: int | None) -> dict[str, Any]:
    """The terms (input maps, rows, columns) of the strongest input maps, with `input_map` among them."""
    strongest = list(np.argsort(-np.abs(terms).sum(axis=(1, 2)), kind="stable")[:_GRIDS])
    if input_map in trace.maps and trace.maps.index(input_map) not in strongest:
        strongest[-1] = trace.maps.index(input_map)
    sums = terms.sum(axis=(1, 2))
    parts = {"x": trace.window, "w": trace.weights, "products": trace.products}
    return {
        "shown": [
            {
                "map": trace.maps[index],
                **{name: None if values is None else _numbers(values[index]) for name, values in parts.items()},
                "sum": _number(float(sums[index])),
            }
            for index in strongest
        ],
        "places": [[_input_cell(step, trace, axis, i) for i in range(terms.shape[1 + axis])] for axis in (0, 1)],
        "left": len(sums) - len(strongest),
        "rest": _number(float(np.delete(sums, strongest).sum())),
    }


def _input_index(step: Step, trace: Trace, index: tuple[int, ...]) -> list[int]:
    """The place of a term in the row's input: (map, row, column), or the number of a unit."""
    if len(index) == 3:
        return [trace.maps[index[0]], *(_input_cell(step, trace, axis, index[1 + axis]) for axis in (0, 1))]
    is_flattened = len(step.input) == 3 and trace.weights is not None
    return [int(i) for i in np.unravel_index(index[0], step.input)] if is_flattened else list(index)


def _input_cell(step: Step, trace: Trace, axis: int, index: int) -> int:
    """The row or column of the input under a cell of the window; in the padding it is outside."""
    corner = (0, 0) if trace.corner is None else trace.corner
    return corner[axis] + index * (1 if step.window is None else step.window.dilation[axis])


def _numbers(values_HW: Doubles) -> list[list[float | None]]:
    return [[_number(float(value)) for value in line] for line in values_HW]


def _number(value: float) -> float | None:
    """Seven digits of a number; None if it is not finite: padding that does not count, or a network that diverged."""
    return float(f"{value:.7g}") if isfinite(value) else None
