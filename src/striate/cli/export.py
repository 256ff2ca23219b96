"""Export a model for other programs: FILE.onnx (ONNX) or FILE.pt2 (torch.export), checked against the model.

With --pixels an ONNX file takes decoded pictures of any size: what the network needs done to them is done in the file.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.arguments import MODEL_HELP, model_argument, path_argument
from striate.cli.data import say_listed
from striate.cli.engine import int8_loss
from striate.cli.output import print_json, print_text, size

if TYPE_CHECKING:
    from torch import Tensor

    from striate.nn import Model

NAME = "export"
HELP = "a model as an .onnx or .pt2 file, checked against the model"
EXAMPLE = "striate export lenet5 lenet5.onnx --pixels"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate export`."""
    parser.add_argument("model", metavar="MODEL", type=model_argument, help=MODEL_HELP)
    parser.add_argument("file", metavar="FILE", type=path_argument, help="the file to write; ends in .onnx or .pt2")
    words = "ONNX: the input is pictures, uint8 (batch, height, width, 1, 3 or 4), of any size"
    parser.add_argument("--pixels", action="store_true", help=words)
    words = (
        "ONNX: compute in 8-bit integers; DATA, as of `evaluate`, gives their ranges, and the loss of accuracy is"
        " measured on it"
    )
    parser.add_argument("--quantize", metavar="DATA", type=path_argument, help=words)


def run(options: argparse.Namespace) -> None:
    """Export, and print what was written."""
    from striate.inference import EXPORT_CHECK_BATCHES, export_model
    from striate.nn import load_model

    model, calibration_NCHW, top1 = load_model(options.model), None, None
    if options.quantize is not None:
        calibration_NCHW, top1 = _measure_int8(model, options)
    export_model(model, options.file, pixels=options.pixels, calibration_NCHW=calibration_NCHW)
    written = Path(options.file).stat().st_size
    if options.json:
        document = {"schema": 1, "file": options.file, "bytes": written, "batches_checked": EXPORT_CHECK_BATCHES}
        if top1 is not None:
            document["top1"] = {"int8": top1[0], "float32": top1[1]}
        print_json(document)
        return
    batches = ", ".join(map(str, EXPORT_CHECK_BATCHES[:-1]))
    print_text(f"{options.file}: {size(written)}, checked at batch sizes {batches} and {EXPORT_CHECK_BATCHES[-1]}")
    if top1 is not None:
        print_text(int8_loss(*top1))


def _measure_int8(model: Model, options: argparse.Namespace) -> tuple[Tensor, tuple[float, float]]:
    """Images to set the ranges by, and top-1 in int8 and in float32 on those that `evaluate` takes."""
    from striate.cli.live import counting
    from striate.inference import Predictor, calibration_inputs
    from striate.nn import find_model

    path = find_model(options.model)
    in_int8 = Predictor(model, engine="onnxruntime", precision="int8", device="cpu", path=path)
    with counting() as show:
        dataset = in_int8.load_dataset(options.quantize, on_progress=partial(show, "decoding"), on_listed=say_listed)
        show_more = partial(show, "evaluating")
        top1, in_float32 = (
            each.evaluate(dataset, on_progress=show_more).scores.top1 for each in (in_int8, in_int8.as_float32())
        )
    return calibration_inputs(dataset, in_int8.table), (top1, in_float32)
