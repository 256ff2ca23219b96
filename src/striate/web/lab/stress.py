"""GET and POST /lab/stress: a picture shifted, scaled, rotated, thickened, made noisy, and the predictions for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.analysis import total_cost
from striate.errors import RequestError
from striate.inspection import STRESS, Sample, SweepResult, combined_perturbation, encode_base64, probabilities_under
from striate.nn import Model
from striate.tables import Table
from striate.web.lab.lab import Lab
from striate.web.lab.maps import class_ranking
from striate.web.lab.requests import lab_route, query_float, query_text

_PARTS = 5  # a slider's steps between two amounts of a perturbation
_CHEAP = 100e6  # MACs of a network that is fast enough for a curve with all those steps
_MOST_LINES, _VISIBLE = 5, 0.01  # classes on a curve, and the probability that another must reach somewhere
_BARS = 5
_MOST = 1e4  # more than any amount

Amounts = Mapping[str, float]
"""How much of each perturbation, by its name."""


@dataclass(frozen=True)
class Slider:
    """The amounts of a perturbation: from `least` to `most` in steps of `step`; `neutral` changes nothing."""

    least: float
    most: float
    step: float
    neutral: float


def routes(lab: Lab) -> list[Route]:
    """The routes of this view."""

    async def show_sliders(request: Request) -> Response:
        def document(model: Model) -> dict[str, Any]:
            return {"sliders": {name: asdict(slider) for name, slider in sliders(model.network.table).items()}}

        return await lab.quick.respond_with_model(query_text(request, "model"), document)

    async def stress(request: Request) -> Response:
        sweep = query_text(request, "sweep", "")
        if sweep and sweep not in STRESS:
            raise RequestError(f"sweep: expected one of {', '.join(STRESS)}")
        amounts = {
            name: query_float(request, name, -_MOST, _MOST, perturbation.neutral)
            for name, perturbation in STRESS.items()
        }
        return await lab.respond_to_image(
            request,
            lambda model, sample: stressed(model, sample, amounts, sweep),
            slow=bool(sweep),  # a curve is many pictures
        )

    return [lab_route("GET", "stress", show_sliders), lab_route("POST", "stress", stress)]


def sliders(table: Table) -> dict[str, Slider]:
    """The slider of each perturbation for a table's input."""
    made = {}
    for name, perturbation in STRESS.items():
        amounts = perturbation.amounts(table, _PARTS)
        step = round(amounts[1] - amounts[0], 6)
        made[name] = Slider(amounts[0], amounts[-1], step, perturbation.neutral)
    return made


def stressed(model: Model, sample: Sample, amounts: Amounts, sweep: str = "") -> dict[str, Any]:
    """A picture with all perturbations at once, its classes, and the curve over the perturbation `sweep`, if named.

    RequestError for an amount that its slider does not have.
    """
    for name, slider in sliders(model.network.table).items():
        if not slider.least <= amounts[name] <= slider.most:
            raise RequestError(f"{name}: expected a number from {slider.least:g} to {slider.most:g}")
    result = _perturb(model, sample, amounts, "shift", (amounts["shift"],))
    pixels = encode_base64(torch.from_numpy(result.images_NCHW))
    document = {
        "input": {"shape": list(sample.fitted_CHW.shape), "pixels": pixels},
        "top": class_ranking(model, torch.from_numpy(result.probabilities[0]))[:_BARS],
    }
    return {**document, "curve": _curve(model, sample, amounts, sweep)} if sweep else document


def _curve(model: Model, sample: Sample, amounts: Amounts, sweep: str) -> dict[str, Any]:
    """Probabilities over one perturbation: of the unchanged picture's class, and of those that become most probable."""
    plan = model.network.plan
    unchanged = int(_perturb(model, sample, {}, "shift", (0.0,)).probabilities[0].argmax())
    parts = _PARTS if total_cost(plan).macs <= _CHEAP else 1
    result = _perturb(model, sample, amounts, sweep, STRESS[sweep].amounts(plan.table, parts))
    highest = result.probabilities.max(axis=0)
    others = [index for index in np.argsort(-highest, kind="stable").tolist() if index != unchanged]
    visible = [unchanged, *(index for index in others[: _MOST_LINES - 1] if highest[index] >= _VISIBLE)]
    return {
        "change": sweep,
        "plain": {"class": model.classes[unchanged], "index": unchanged},
        "amounts": list(result.amounts),
        "lines": [
            {"class": model.classes[index], "index": index, "probabilities": result.probabilities[:, index].tolist()}
            for index in visible
        ],
        "still": result.stable_range(unchanged),
    }


def _perturb(model: Model, sample: Sample, others: Amounts, name: str, amounts: tuple[float, ...]) -> SweepResult:
    """The picture under each amount of one perturbation, on top of the others."""
    combined = combined_perturbation(name, others)
    return probabilities_under(model.network, sample.fitted_CHW, combined, amounts, temperature=model.temperature)
