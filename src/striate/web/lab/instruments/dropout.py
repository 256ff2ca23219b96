"""POST /lab/instruments/dropout: thinned networks, their answers to a picture, their means, and the whole network."""

from __future__ import annotations

from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate.inspection import DROPOUT_DRAWS, DropoutEnsemble, Sample, dropout_ensemble, encode_base64
from striate.nn import Model
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, query_float, query_int

_MOST_RATE, _MOST_SEED = 0.95, 10**6
_MASKS, _CELLS = 8, 4096
"""Networks whose units are sent, and units of each at most."""
_CLASSES = 5


def routes(lab: Lab) -> list[Route]:
    """The route of this instrument."""

    async def show(request: Request) -> Response:
        rate = query_float(request, "rate", 0, _MOST_RATE)
        draws = query_int(request, "draws", 1, DROPOUT_DRAWS)
        seed = query_int(request, "seed", 0, _MOST_SEED, 0)
        return await lab.respond_to_image(
            request, lambda model, sample: thinned_networks(model, sample, rate, draws, seed), slow=True
        )

    return [lab_route("POST", "instruments/dropout", show)]


def thinned_networks(model: Model, sample: Sample, rate: float, draws: int, seed: int) -> dict[str, Any]:
    """The ensemble for a picture: the rows whose units are dropped, the first networks, the classes."""
    ensemble = dropout_ensemble(
        model.network, sample.input_NCHW, rate=rate, draws=draws, seed=seed, temperature=model.temperature
    )
    classes = _shown_classes(ensemble)
    return {
        "rows": [_row(ensemble, path, values) for path, values in ensemble.values.items()],
        "draws": draws,
        "exact": ensemble.is_exact,
        "networks": [
            {"top": _answer(model, probabilities), "probabilities": probabilities[classes].tolist()}
            for probabilities in ensemble.thinned[:_MASKS]
        ],
        "classes": [{"class": model.classes[index], "index": index} for index in classes],
        "answers": {
            name: {"top": _answer(model, probabilities), "probabilities": probabilities[classes].tolist()}
            for name, probabilities in (
                ("arithmetic", ensemble.arithmetic),
                ("geometric", ensemble.geometric),
                ("mean_mask", ensemble.mean_mask),
                ("whole", ensemble.whole),
            )
        },
        "votes": [int((ensemble.thinned.argmax(dim=1) == index).sum()) for index in classes],
        "gaps": {
            "geometric": _gap(ensemble.geometric, ensemble.mean_mask),
            "arithmetic": _gap(ensemble.arithmetic, ensemble.whole),
            "sample": _gap(ensemble.geometric, ensemble.whole),
        },
    }


def _row(ensemble: DropoutEnsemble, path: str, values: Tensor) -> dict[str, Any]:
    """The first units of a row: their values as shares of the largest, as bytes; for each network a byte a unit: 1
    where the unit stays."""
    cells = values.flatten()[:_CELLS]
    largest = cells.abs().max().item()
    share = cells / largest if largest else cells
    kept = ensemble.kept[path].flatten(1)
    return {
        "path": path,
        "rate": ensemble.rates[path],
        "units": values.numel(),
        "shown": cells.numel(),
        "values": encode_base64((share * 127 + 128).round().to(torch.uint8)),
        "kept": [encode_base64(mask[:_CELLS].to(torch.uint8)) for mask in kept[:_MASKS]],
        "counts": kept[:_MASKS].sum(dim=1).tolist(),
    }


def _shown_classes(ensemble: DropoutEnsemble) -> list[int]:
    """The classes that are most probable by the whole network or by the mean, the whole network's first."""
    both = torch.maximum(ensemble.whole, ensemble.arithmetic)
    indices = both.topk(min(_CLASSES, len(both))).indices.tolist()
    return sorted(indices, key=lambda index: -float(ensemble.whole[index]))


def _answer(model: Model, probabilities: Tensor) -> dict[str, Any]:
    index = int(probabilities.argmax())
    return {"class": model.classes[index], "index": index, "probability": float(probabilities[index])}


def _gap(first: Tensor, second: Tensor) -> float:
    """The largest difference of two probabilities."""
    return float((first - second).abs().max())
