"""A model as one file for other programs: ONNX, or torch's own exported program; checked before it is kept."""

from __future__ import annotations

import io
import json
import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data import normalize, read_input
from striate.errors import StriateError
from striate.inference.quantize import quantize
from striate.nn import Model, Network, device_of, fold
from striate.paths import user_path
from striate.runtime import write_atomically
from striate.tables import table_to_dict

if TYPE_CHECKING:
    import onnx

EXPORT_CHECK_BATCHES = (1, 2, 7)
"""The sizes of batches at which an export is compared with the model."""
CLASS = "class"
"""The output of an ONNX file with the likeliest class's name."""
_TOLERANCE = 1e-4  # times the largest logit
_PIXELS_TOLERANCE = 1e-2
"""Of a probability: of a scaled picture about one pixel in a hundred is a level apart."""
_CHECK_SIZES = ((240, 320), (61, 47))
"""Of the pictures that an export of pixels is compared on, beside those of the input's size."""
Run = Callable[[Tensor], Tensor]


def export_model(
    model: Model, path: Path | str, *, pixels: bool = False, calibration_NCHW: Tensor | None = None
) -> None:
    """Write a model as `.onnx` (ONNX) or `.pt2` (`torch.export`), with a free batch size.

    Images float32 (batch, channels, height, width), normalized as the metadata's preprocessing says, to logits; ONNX
    has the probabilities, and the name of the likeliest class, as further outputs, and the shapes of all tensors. The
    metadata hold, as JSON, the classes, preprocessing, table, training and scores.

    With `pixels` the input of an ONNX file is pictures instead, uint8 (batch, height, width, 1, 3 or 4), of any size:
    the preprocessing is in the graph, and no longer in the metadata. Its probabilities are then calibrated by the
    model's temperature, and the output `none_of_these`, bool (batch,), is that of `predict`, as far as the model has
    them. With `calibration_NCHW`, a hundred or so images as
    `preprocess` makes them, it computes in 8-bit integers (`quantize`), whose ranges these give.

    Before it replaces a file of that name the export is run at batches of 1, 2 and 7 and compared with the model: the
    logits; with `pixels` the probabilities, to within 1e-2; in 8 bits only whether they are finite. StriateError for
    another suffix, a missing extra, or an export that does not agree.

    >>> from striate.nn import load_model
    >>> export_model(load_model("lenet5"), "lenet5.onnx", pixels=True)  # doctest: +SKIP
    """
    path = user_path(path)
    suffixes = (".onnx",) if pixels or calibration_NCHW is not None else (".onnx", ".pt2")
    if path.suffix not in suffixes:
        raise StriateError(f"{path}: a file name that ends in {' or '.join(suffixes)} was expected")
    if not path.absolute().parent.is_dir():
        raise StriateError(f"{path.parent}: no such folder")
    folded, metadata = fold(model.network), _metadata(model)
    if path.suffix == ".pt2":
        content, run = _torch(folded, metadata)
    else:
        content, run = _onnx(folded, model, metadata, pixels=pixels, calibration_NCHW=calibration_NCHW)
    if pixels:
        _check_pixels(path, model, run, exact=calibration_NCHW is None)
    else:
        _check(path, model.network, run, exact=calibration_NCHW is None)
    write_atomically(path, content)


def _metadata(model: Model) -> dict[str, str]:
    table = table_to_dict(model.network.table, defaults=True)
    parts = {
        "classes": list(model.classes),
        "preprocessing": {"input": table["input"], **table["preprocessing"]},
        "table": table,
        "training": dict(model.training),
        "scores": dict(model.scores),
    }
    return {name: json.dumps(part, ensure_ascii=False) for name, part in parts.items()}


def _onnx(
    folded: Network,
    trained: Model,
    metadata: dict[str, str],
    *,
    pixels: bool,
    calibration_NCHW: Tensor | None,
) -> tuple[bytes, Run]:
    """The file, and what it computes: logits of images, or probabilities of pictures."""
    try:
        import onnx
        import onnxruntime
    except ImportError:
        raise StriateError("an ONNX file needs an extra; pip install 'striate[onnx]'") from None
    from striate.data.onnx_preprocessing import PIXELS, put_pixels_before
    from striate.nn.onnx_graph import INPUT, LOGITS, PROBABILITIES, add_reliability, onnx_model

    reliability = trained.reliability if pixels else None
    row = None if reliability is None else reliability.row
    if calibration_NCHW is None:
        model = onnx_model(folded, features_of=row)
    else:
        model = quantize(folded, normalize(calibration_NCHW, folded.table.preprocessing), features_of=row)
    if reliability is not None:
        add_reliability(model.graph, reliability)
    _name_class(model.graph, trained.classes)
    if pixels:
        model = put_pixels_before(model, folded.table, INPUT)
        metadata = {name: text for name, text in metadata.items() if name != "preprocessing"}
    onnx.helper.set_model_props(model, metadata)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    given, wanted = (PIXELS, PROBABILITIES) if pixels else (INPUT, LOGITS)
    return content, lambda images: torch.from_numpy(session.run([wanted], {given: images.numpy()})[0])


def _name_class(graph: onnx.GraphProto, classes: Sequence[str]) -> None:
    """Add an output with the name of the likeliest class."""
    from onnx import TensorProto, helper, numpy_helper

    from striate.nn.onnx_graph import PROBABILITIES

    names, index = f"{CLASS}/names", f"{CLASS}/index"
    graph.initializer.append(numpy_helper.from_array(np.array(classes, dtype=object), names))
    graph.node.append(helper.make_node("ArgMax", [PROBABILITIES], [index], index, axis=1, keepdims=0))
    graph.node.append(helper.make_node("Gather", [names, index], [CLASS], CLASS, axis=0))
    graph.output.append(helper.make_tensor_value_info(CLASS, TensorProto.STRING, ["batch"]))


def _torch(folded: Network, metadata: dict[str, str]) -> tuple[bytes, Run]:
    file, example = io.BytesIO(), torch.zeros(2, *folded.table.input)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of its own internals
        program = torch.export.export(folded, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))
        torch.export.save(program, file, extra_files=metadata)
        run: Any = torch.export.load(io.BytesIO(file.getvalue())).module()
    return file.getvalue(), run


def _check(path: Path, network: Network, run: Run, *, exact: bool) -> None:
    """Random images; StriateError unless the logits are the network's, or finite if not `exact`."""
    generator = torch.Generator().manual_seed(0)
    for batch in EXPORT_CHECK_BATCHES:
        images_NCHW = torch.randn(batch, *network.table.input, generator=generator)
        expected = _logits(network, images_NCHW)
        with torch.inference_mode():
            found = run(images_NCHW)
        off = float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-6))
        if found.shape != expected.shape or not off <= (_TOLERANCE if exact else math.inf):
            raise StriateError(
                f"{path}: not written: at batch {batch} its logits are {off:.1e} of the largest off the model's"
            )


def _check_pixels(path: Path, model: Model, run: Run, *, exact: bool) -> None:
    """Drawn pictures of several sizes, gray and coloured; StriateError unless the probabilities are those of `predict`,
    or finite if not `exact`."""
    network, table = model.network, model.network.table
    for batch in EXPORT_CHECK_BATCHES:
        for size in ((table.input[1], table.input[2]), *_CHECK_SIZES):
            for channels in (1, 3):
                pictures = [_drawn_picture(number, *size, channels) for number in range(batch)]
                inputs_NCHW = torch.stack([read_input(picture, table) for picture in pictures])
                logits = _logits(network, normalize(inputs_NCHW, table.preprocessing))
                expected = model.probabilities(logits)
                found = run(torch.from_numpy(np.stack(pictures)))
                off = float((found - expected).abs().max()) if found.shape == expected.shape else math.inf
                if not off <= (_PIXELS_TOLERANCE if exact else 1):
                    raise StriateError(
                        f"{path}: not written: on pictures of {size[0]}x{size[1]} at batch {batch} a probability is"
                        f" {off:.1e} off the model's"
                    )


def _logits(network: Network, images_NCHW: Tensor) -> Tensor:
    with torch.inference_mode():
        logits: Tensor = network(images_NCHW.to(device_of(network))).cpu()
    return logits


def _drawn_picture(number: int, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """A dark ring, each `number` of another place and colour, on lighter ground: uint8 (height, width, channels)."""
    y, x = (np.linspace(-1, 1, side) for side in (height, width))
    radius = np.hypot(y[:, None] - 0.05 * number, 1.3 * x - 0.04 * number)
    ring = np.exp(-(((radius - 0.5) / 0.15) ** 2))[..., None]
    ink = np.array([20 + 25 * number, 40, 90])[:channels]
    ground = np.array([250, 235, 220])[:channels]
    picture: NDArray[np.uint8] = (ground + (ink - ground) * ring).round().astype(np.uint8)
    return picture
