"""Every network, and asymmetric SAME padding at stride 2, exports to ONNX with a free batch size and agrees there."""

import warnings

import numpy as np
import pytest
import torch
from networks import SMALL

from striate.nn.build import build
from striate.tables import LRN, AveragePool, Conv, Dense, MaxPool, Table, load_table

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

ASYMMETRIC = Table(
    "asymmetric",
    (2, 13, 10),
    (
        Conv("c", maps=4, kernel=4, stride=2, padding="same", activation="relu"),
        LRN("n"),
        MaxPool("m", kernel=2, stride=1, padding="same"),
        AveragePool("a", kernel=(2, 3), stride=2, padding="same"),
        Dense("out", units=3),
    ),
)


@pytest.mark.parametrize("table", [*map(load_table, SMALL), ASYMMETRIC], ids=lambda table: table.name)
def test_export_agrees_at_several_batch_sizes(table, tmp_path):
    network, path = build(table, seed=0).eval(), str(tmp_path / "network.onnx")
    example = (torch.randn(2, *table.input),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of its own internals
        torch.onnx.export(
            network, example, path, dynamo=True, dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False
        )
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for batch in (1, 2, 7):
        x = torch.randn(batch, *table.input)
        (theirs,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        with torch.inference_mode():
            np.testing.assert_allclose(theirs, network(x).numpy(), rtol=1e-4, atol=1e-4)
