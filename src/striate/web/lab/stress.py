"""GET and POST /lab/stress: a picture shifted, scaled, turned, thickened, made noisy, and what it is taken for then."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.analysis import total_cost
from striate.inspection import STRESS, Sample, combined_perturbation, probabilities_under
from striate.inspection import SweepResult as Curve
from striate.nn import Model
from striate.tables import Table
from striate.web.errors import HTTPError
from striate.web.lab.lab import Lab
from striate.web.lab.maps import encode_bytes, ranked
from striate.web.lab.requests import picture, real, route, word

_PARTS = 5  # a slider's places between two amounts of a change
_QUICK = 100e6  # MACs of a network that can have all those places on its curve
_LINES, _SEEN = 5, 0.01  # classes on the curve at most, and the probability that another must reach somewhere
_BARS = 5
_MOST = 1e4  # more than any amount


def routes(lab: Lab) -> list[Route]:
    """The routes of this file."""

    async def sliders(request: Request) -> Response:
        return await lab.quick.answer_of(word(request, "model"), lambda model: {"sliders": ranges(model.network.table)})

    async def stress(request: Request) -> Response:
        name, sweep = word(request, "model"), word(request, "sweep", "")
        if sweep and sweep not in STRESS:
            raise HTTPError(422, f"sweep: expected one of {', '.join(STRESS)}")
        amounts = {name: real(request, name, -_MOST, _MOST, change.neutral) for name, change in STRESS.items()}
        async with lab.bodies.image(request) as content:
            lane = lab.slow if sweep else lab.quick  # a curve is many pictures
            return await lane.answer_of(
                name, lambda model: stressed(model, picture(content, model.network.table, lab.settings), amounts, sweep)
            )

    return [route("GET", "stress", sliders), route("POST", "stress", stress)]


def ranges(table: Table) -> dict[str, dict[str, float]]:
    """Where each slider goes, and the place at which it changes nothing."""
    found = {}
    for name, change in STRESS.items():
        places = change.amounts(table, _PARTS)
        step = round(places[1] - places[0], 6)
        found[name] = {"least": places[0], "most": places[-1], "step": step, "neutral": change.neutral}
    return found


def stressed(model: Model, seen: Sample, amounts: dict[str, float], sweep: str = "") -> dict[str, Any]:
    """A picture with all changes at once: itself, its classes; and the curve over the change `sweep`, if one is named.

    Refusal 422 for an amount that its slider does not have.
    """
    for name, slider in ranges(model.network.table).items():
        if not slider["least"] <= amounts[name] <= slider["most"]:
            raise HTTPError(422, f"{name}: expected a number from {slider['least']:g} to {slider['most']:g}")
    now = _under(model, seen, amounts, "shift", (amounts["shift"],))
    answer = {
        "input": {"shape": list(seen.fitted_CHW.shape), "pixels": encode_bytes(torch.from_numpy(now.images_NCHW))},
        "top": ranked(model, torch.from_numpy(now.probabilities[0]))[:_BARS],
    }
    return {**answer, "curve": _curve(model, seen, amounts, sweep)} if sweep else answer


def _curve(model: Model, seen: Sample, amounts: dict[str, float], sweep: str) -> dict[str, Any]:
    """The probabilities over one change: of the unchanged picture's class, and of those that become the likeliest."""
    table = model.network.table
    plain = int(_under(model, seen, {}, "shift", (0.0,)).probabilities[0].argmax())
    parts = _PARTS if total_cost(model.network.plan).macs <= _QUICK else 1
    curve = _under(model, seen, amounts, sweep, STRESS[sweep].amounts(table, parts))
    highest = curve.probabilities.max(axis=0)
    others = [index for index in np.argsort(-highest, kind="stable").tolist() if index != plain]
    shown = [plain, *(index for index in others[: _LINES - 1] if highest[index] >= _SEEN)]
    return {
        "change": sweep,
        "plain": {"class": model.classes[plain], "index": plain},
        "amounts": list(curve.amounts),
        "lines": [
            {"class": model.classes[index], "index": index, "probabilities": curve.probabilities[:, index].tolist()}
            for index in shown
        ],
        "still": curve.stable_range(plain),
    }


def _under(model: Model, seen: Sample, others: dict[str, float], name: str, amounts: tuple[float, ...]) -> Curve:
    return probabilities_under(model.network, seen.fitted_CHW, combined_perturbation(name, others), amounts)
