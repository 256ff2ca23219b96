"""GET /lab/replay: a snapshot of a run: first kernels, their maps of the run's picture, their tuning, the answers."""

from __future__ import annotations

from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.errors import RequestError
from striate.inspection import FirstConvolution, encode_base64, load_sample, quantize_maps, replay_frame
from striate.nn import Model
from striate.runs import RunPaths, first_convolution, kernels_to_dict
from striate.web.errors import HTTPError
from striate.web.lab.lab import Lab, split_snapshot_name
from striate.web.lab.maps import class_ranking
from striate.web.lab.requests import lab_route, query_text

_MAPS, _SIDE = 32, 56  # of the first convolution, and pixels of a map's longer side


def routes(lab: Lab) -> list[Route]:
    """The route of the slider in Train. Gratings take a large network seconds: the slow worker shows them."""

    async def replay(request: Request) -> Response:
        name = query_text(request, "model")
        run, step = split_snapshot_name(name)
        if step is None:
            raise RequestError("model: expected runs/NAME/STEP, a snapshot of a run")
        paths = RunPaths(lab.runs.folder, run)
        return await lab.slow.respond_with_model(name, lambda model: _frame(model, paths))

    return [lab_route("GET", "replay", replay)]


def _frame(model: Model, paths: RunPaths) -> dict[str, Any]:
    """A snapshot of a run, with the picture that the run keeps."""
    try:
        content = paths.replay_picture.read_bytes()
    except OSError:
        raise HTTPError(404, "the run has no picture for its replay") from None
    sample = load_sample(content, model.network.table)
    frame = replay_frame(model, sample)
    row = first_convolution(model.network.plan)
    return {
        "step": frame.step,
        "label": str(model.training.get("picture", "")),
        "input": {"shape": list(model.network.table.input), "pixels": encode_base64(sample.fitted_CHW)},
        "top": class_ranking(model, torch.from_numpy(frame.probabilities)),
        "first": None if row is None or frame.first is None else _first(model, row, frame.first),
    }


def _first(model: Model, row: str, first: FirstConvolution) -> dict[str, Any]:
    """The first convolution: its kernels, its maps, and the tuning of the units whose kernels are sent."""
    kernels = kernels_to_dict(model.network, row)
    maps = quantize_maps(torch.from_numpy(first.maps), _MAPS, _SIDE).to_dict()
    tuning, units = first.tuning, kernels["count"]
    return {
        "row": row,
        "kernels": kernels,
        "maps": {"count": maps["shown"], "channels": 1, "of": len(first.maps), **maps},
        "orientations": tuning.orientations_deg.tolist(),
        "responses": tuning.responses[:units].tolist(),
        "selectivity": tuning.selectivity[:units].tolist(),
    }
