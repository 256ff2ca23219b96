"""Striate's networks for torch.hub, under their own names.

torch.hub.load("a clone of Striate", "resnet20", source="local", pretrained=True)
torch.hub.load("a clone of Striate", "lenet5:modern", source="local", classes=7)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parent / "src"))
try:
    from striate import nn as _nn
    from striate.models import shipped_models as _shipped_models
    from striate.tables import ARCHITECTURES as _ARCHITECTURES
finally:
    del sys.path[0]

dependencies = ["torch", "numpy", "psutil", "safetensors"]


def _entry(name: str) -> Callable[..., torch.nn.Module]:
    def build(*, pretrained: bool = False, **options: Any) -> torch.nn.Module:
        if pretrained and not options and name in _shipped_models():
            return _nn.load_model(_shipped_models()[name]).network
        return _nn.build(name, pretrained=pretrained, **options)

    build.__doc__ = f"""{name}: images (N, channels, height, width), normalized, to logits (N, classes).

    `pretrained` takes the weights of the model that ships, else torchvision's for a `:torchvision` table; `classes`,
    `seed` and `weights` are those of `striate.build`. `.table.preprocessing` of what is returned has the mean and the
    spread by which images are normalized.
    """
    return build


globals().update({name: _entry(name) for name in _ARCHITECTURES})
