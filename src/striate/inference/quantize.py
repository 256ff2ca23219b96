"""A network in 8-bit integers: weights scaled for each map, values by the range they have on real images.

ONNX Runtime's static quantization of the graph, which ONNX Runtime and OpenVINO run. Weights keep 7 bits: on processors
without VNNI two products of 8 bits overflow the 16 bits in which they are added. Needs the extra `onnx`.
"""

from __future__ import annotations

import importlib.util
import logging
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from striate.errors import StriateError
from striate.nn import Network
from striate.runtime import before_exit

if TYPE_CHECKING:
    import onnx

_BATCH = 8


def quantize(folded: Network, images_NCHW: Tensor, *, features_of: str | None = None) -> onnx.ModelProto:
    """The int8 graph of a network that `fold` made, as `onnx_model` makes it. `images_NCHW` are normalized images, a
    hundred or so, like those to predict: each row's range of values is taken from them. StriateError without the extra.
    """
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")):
        raise StriateError("precision int8: needs ONNX Runtime; pip install 'striate[onnx]'")
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    from striate.nn.onnx_graph import INPUT, onnx_model

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.batches = iter(torch.split(images_NCHW, _BATCH))

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self.batches, None)
            return None if batch is None else {INPUT: batch.contiguous().numpy()}

    with tempfile.TemporaryDirectory() as folder, before_exit(partial(shutil.rmtree, folder, ignore_errors=True)):
        path = Path(folder) / "int8.onnx"
        logging.disable(logging.WARNING)  # advice to simplify the graph first, which `fold` has done
        try:
            quantize_static(
                onnx_model(folded, features_of=features_of),
                path,
                Reader(),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        finally:
            logging.disable(logging.NOTSET)
        return onnx.load(path)
