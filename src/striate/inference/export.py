"""A model as one file for other programs: ONNX, or torch's own exported program; checked before it is kept."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate.errors import StriateError
from striate.nn import Model, Network, device_of, fold
from striate.paths import user_path
from striate.runtime import write_atomically
from striate.tables import table_to_dict

EXPORT_CHECK_BATCHES = (1, 2, 7)
"""The sizes of batches at which an export is compared with the model."""
_TOLERANCE = 1e-4  # times the largest logit
Run = Callable[[Tensor], Tensor]


def export_model(model: Model, path: Path | str) -> None:
    """Write a model as `.onnx` (ONNX, opset 17) or `.pt2` (`torch.export`), with a free batch size.

    Images float32 (batch, channels, height, width), normalized as the metadata's preprocessing says, to logits; ONNX
    has the probabilities as a second output. The metadata hold, as JSON, the classes, preprocessing, table, training
    and scores. Before it replaces a file of that name the export is run at batches of 1, 2 and 7 and compared with the
    model. StriateError for another suffix, a missing extra, or an export that does not agree.
    """
    path = user_path(path)
    writers = {".onnx": _onnx, ".pt2": _torch}
    if path.suffix not in writers:
        raise StriateError(f"{path}: a file name that ends in {' or '.join(writers)} was expected")
    if not path.absolute().parent.is_dir():
        raise StriateError(f"{path.parent}: no such folder")
    content, run = writers[path.suffix](fold(model.network), _metadata(model))
    _check(path, model.network, run)
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


def _onnx(folded: Network, metadata: dict[str, str]) -> tuple[bytes, Run]:
    try:
        import onnx
        import onnxruntime
    except ImportError:
        raise StriateError("an ONNX file needs an extra; pip install 'striate[onnx]'") from None
    from striate.nn.onnx_graph import INPUT, LOGITS, onnx_model

    graph = onnx_model(folded)
    onnx.helper.set_model_props(graph, metadata)
    onnx.checker.check_model(graph, full_check=True)
    content: bytes = graph.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return content, lambda images: torch.from_numpy(session.run([LOGITS], {INPUT: images.numpy()})[0])


def _torch(folded: Network, metadata: dict[str, str]) -> tuple[bytes, Run]:
    file, example = io.BytesIO(), torch.zeros(2, *folded.table.input)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of its own internals
        program = torch.export.export(folded, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))
        torch.export.save(program, file, extra_files=metadata)
        run: Any = torch.export.load(io.BytesIO(file.getvalue())).module()
    return file.getvalue(), run


def _check(path: Path, network: Network, run: Run) -> None:
    generator = torch.Generator().manual_seed(0)
    for batch in EXPORT_CHECK_BATCHES:
        images_NCHW = torch.randn(batch, *network.table.input, generator=generator)
        with torch.inference_mode():
            expected = network(images_NCHW.to(device_of(network))).cpu()
            found = run(images_NCHW)
        off = float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-6))
        if found.shape != expected.shape or not off <= _TOLERANCE:
            raise StriateError(
                f"{path}: not written: at batch {batch} its logits are {off:.1e} of the largest off the model's"
            )
