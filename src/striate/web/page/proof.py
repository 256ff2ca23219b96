"""Twenty inputs of a model, and numbers of every row that torch computes of them: a page computes them again."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate.data import normalize, read_input
from striate.inspection import record_activations
from striate.models import SAMPLE_SETS, load_samples
from striate.nn import Model, check_logits
from striate.web.lab.samples import sample_set

_INPUTS = 20
_PLACES, _LOGITS = 8, 100  # numbers of a row, and of the last one


def proof(model: Model) -> dict[str, Any]:
    """The inputs as bytes, and of each row the places of its output, their numbers for each input, and the largest
    number of the row. ModelError if the logits are not finite."""
    network = model.network
    table, steps = network.table, network.plan.flat
    inputs_NCHW = _inputs(model)
    with torch.inference_mode():
        normalized_NCHW = normalize(inputs_NCHW, table.preprocessing)
        activations = record_activations(network, normalized_NCHW, [step.path for step in steps])
    check_logits(activations[steps[-1].path].output)
    rows = []
    for step in steps:
        output_NV = activations[step.path].output.flatten(1)
        most = _LOGITS if step is steps[-1] else _PLACES
        places = np.linspace(0, output_NV.shape[1] - 1, min(output_NV.shape[1], most)).round().astype(int).tolist()
        if output_NV.isfinite().all():
            largest = float(output_NV.abs().max()) or 1.0
            values = _base64(output_NV[:, places].contiguous().float())
            rows.append({"path": step.path, "places": places, "largest": largest, "values": values})
    return {"inputs": _INPUTS, "pictures": _base64(inputs_NCHW), "rows": rows}


def _inputs(model: Model) -> Tensor:
    """The sample pictures that ship for a model, and noise: uint8 (N, channels, height, width)."""
    table = model.network.table
    wanted = sample_set(model.classes, table.input[0])
    pictures = next((load_samples(name) for name in SAMPLE_SETS if name == wanted), ())
    samples = [read_input(sample.path, table) for sample in pictures[:_INPUTS]]
    noise = np.random.default_rng(0).integers(0, 256, (_INPUTS - len(samples), *table.input), dtype=np.uint8)
    return torch.cat([*(sample[None] for sample in samples), torch.from_numpy(noise)])


def _base64(numbers: Tensor) -> str:
    """Numbers in a row of bytes; those of several bytes begin with the least significant one."""
    array = numbers.numpy()
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode("ascii")
