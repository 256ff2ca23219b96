"""POST /lab/instruments/augmentation: draws of a picture by a recipe's augmentation, and the answer to each."""

from __future__ import annotations

from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate.data import normalize
from striate.errors import RequestError
from striate.inspection import (
    AUGMENTATION_RECIPES,
    augment_picture,
    augmentation_of,
    class_probabilities,
    encode_base64,
)
from striate.nn import Model
from striate.web.lab.lab import Lab
from striate.web.lab.maps import class_ranking
from striate.web.lab.requests import lab_route, query_int, query_text

_OWN = "own"
_MOST_DRAWS, _MOST_SEED = 24, 10**6
_CLASSES = 3


def routes(lab: Lab) -> list[Route]:
    """The route of this instrument."""

    async def show(request: Request) -> Response:
        name, recipe = query_text(request, "model"), query_text(request, "recipe", _OWN)
        if recipe not in (_OWN, *AUGMENTATION_RECIPES):
            raise RequestError(f"recipe: expected one of {', '.join((_OWN, *AUGMENTATION_RECIPES))}")
        draws = query_int(request, "draws", 1, _MOST_DRAWS)
        seed = query_int(request, "seed", 0, _MOST_SEED, 0)
        async with lab.bodies.image(request) as content:
            return await lab.slow.respond_with_model(
                name, lambda model: drawn_pictures(model, content, recipe, draws, seed)
            )

    return [lab_route("POST", "instruments/augmentation", show)]


def drawn_pictures(model: Model, content: bytes, recipe: str, draws: int, seed: int) -> dict[str, Any]:
    """The picture in a body as training would vary it. DataError if it cannot be read."""
    table = model.network.table
    augmentation = table.recipe.augmentation if recipe == _OWN else augmentation_of(recipe, table)
    made = augment_picture(content, table, augmentation, draws=draws, seed=seed)
    inputs_NCHW = torch.cat([normalize(made.unchanged_CHW.unsqueeze(0), table.preprocessing), made.inputs_NCHW])
    unchanged, *answers = class_probabilities(model.network, inputs_NCHW, temperature=model.temperature)
    return {
        "recipe": recipe,
        "kinds": [type(step).__name__ for step in augmentation],
        "size": list(made.size),
        "input": _picture(made.unchanged_CHW),
        "top": class_ranking(model, unchanged)[:_CLASSES],
        "draws": [
            {
                "input": _picture(picture_CHW),
                "top": class_ranking(model, probabilities)[:_CLASSES],
                "steps": [{"kind": step.kind, "numbers": dict(step.numbers)} for step in steps],
            }
            for picture_CHW, probabilities, steps in zip(made.pictures_NCHW, answers, made.steps, strict=True)
        ],
    }


def _picture(picture_CHW: Tensor) -> dict[str, Any]:
    return {"shape": list(picture_CHW.shape), "pixels": encode_base64(picture_CHW)}
