"""Maps as bytes, small enough to be sent to a page at every stroke of a pen."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

MAX_UNITS = 4096
"""Units of a row without extent that are quantized."""


@dataclass(frozen=True)
class QuantizedMaps:
    """Maps (N, height, width) as uint8: value = (byte - 128) / 127 * `scale`; `signed` if a value is negative."""

    bytes_NHW: Tensor
    scale: float
    signed: bool

    def to_dict(self) -> dict[str, Any]:
        """The maps as JSON: their number, size (height, width), scale, sign, and the bytes as base64.

        >>> quantize_maps(torch.tensor([[[0.0, 2.0]]]), max_maps=1, max_side=56).to_dict()
        {'shown': 1, 'size': [1, 2], 'scale': 2.0, 'signed': False, 'maps': 'gP8='}
        """
        return {
            "shown": len(self.bytes_NHW),
            "size": list(self.bytes_NHW.shape[1:]),
            "scale": self.scale,
            "signed": self.signed,
            "maps": encode_base64(self.bytes_NHW),
        }


def quantize_maps(output: Tensor, max_maps: int, max_side: int) -> QuantizedMaps:
    """The first maps (maps, height, width) or units (units,) of a row, as bytes.

    Maps whose longer side has more than `max_side` pixels are scaled down to it, each number a mean. Numbers that are
    not finite become 0.
    """
    is_flat = output.dim() == 1 or output.shape[1:] == (1, 1)
    values_NHW = output.reshape(-1)[:MAX_UNITS, None, None] if is_flat else output[:max_maps]
    height, width = values_NHW.shape[1:]
    longer = max(height, width)
    if longer > max_side:
        size = max(1, height * max_side // longer), max(1, width * max_side // longer)
        values_NHW = F.interpolate(values_NHW[None], size, mode="area")[0]
    lowest, highest = map(float, values_NHW.aminmax())
    if not (isfinite(lowest) and isfinite(highest)):
        values_NHW = values_NHW.nan_to_num(0, 0, 0)
        lowest, highest = map(float, values_NHW.aminmax())
    scale = max(-lowest, highest) or 1.0
    bytes_NHW = (values_NHW / scale * 127 + 128).round().to(torch.uint8)
    return QuantizedMaps(bytes_NHW, scale, lowest < 0)


def encode_base64(values: Tensor) -> str:
    """The bytes of a uint8 tensor as base64, in the tensor's order."""
    return base64.b64encode(values.contiguous().numpy().tobytes()).decode()
