"""Tensors as the page's engine takes and gives them: shape, and numbers in single precision as base64."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

TOLERANCE = 1e-4
"""Of the largest value."""


def pack(tensor: Tensor) -> dict[str, Any]:
    numbers = tensor.detach().float().contiguous().numpy()
    return {"shape": list(tensor.shape), "data": base64.b64encode(numbers.tobytes()).decode()}


def unpack(document: dict[str, Any]) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(document["data"]), np.float32).reshape(document["shape"])


def check_close(found: dict[str, Any], wanted: Tensor, what: object) -> None:
    numbers, wanted = unpack(found), wanted.detach()
    assert numbers.shape == tuple(wanted.shape), what
    largest = max(1e-6, float(wanted.abs().max()))
    difference = float(np.abs(numbers - wanted.numpy()).max())
    assert difference <= TOLERANCE * largest, (what, difference, largest)
