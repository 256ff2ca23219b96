"""The ONNX graph of every kind of row gives the network's logits, in ONNX Runtime and in OpenVINO, at any batch."""

import numpy as np
import pytest
import torch
from drawn import tables
from hypothesis import given, settings
from networks import SMALL, with_statistics

from striate.errors import ModelError
from striate.nn.fold import fold
from striate.nn.network import build
from striate.tables import LRN, AdaptiveAveragePool, AveragePool, Conv, Dense, Identity, MaxPool, Table, load_table

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from striate.nn.onnx_graph import onnx_model  # noqa: E402

ASYMMETRIC = Table(
    "asymmetric",
    (2, 13, 10),
    (
        Conv("c", maps=4, kernel=4, stride=2, padding="same", activation="relu"),
        LRN("n", size=4, groups=2),
        MaxPool("m", kernel=2, stride=1, padding="same"),
        AveragePool("a", kernel=(2, 3), stride=2, padding="same"),
        Identity("i", maps=6),
        AdaptiveAveragePool("p", size=(3, 2)),
        Dense("out", units=3, activation="softmax"),
    ),
)


def content(network):
    graph = onnx_model(fold(network))
    onnx.checker.check_model(graph, full_check=True)
    return graph.SerializeToString()


def check_agreement(network, run, batches=(1, 2, 7)):
    for batch in batches:
        x = torch.randn(batch, *network.table.input, generator=torch.Generator().manual_seed(batch))
        with torch.inference_mode():
            logits = network(x)
        theirs, probabilities = run(x.numpy())
        scale = float(logits.abs().max()) + 1e-3
        np.testing.assert_allclose(theirs, logits.numpy(), rtol=1e-4, atol=1e-5 * scale)
        np.testing.assert_allclose(probabilities, logits.softmax(dim=1).numpy(), rtol=1e-3, atol=1e-5)


def in_onnxruntime(network):
    session = onnxruntime.InferenceSession(content(network), providers=["CPUExecutionProvider"])
    return lambda x: session.run(["logits", "probabilities"], {"images": x})


@pytest.mark.parametrize("table", [*map(load_table, SMALL), ASYMMETRIC], ids=lambda table: table.name)
def test_onnxruntime(table):
    network = with_statistics(build(table, seed=0).eval())
    check_agreement(network, in_onnxruntime(network))


@pytest.mark.parametrize("table", [*map(load_table, SMALL), ASYMMETRIC], ids=lambda table: table.name)
def test_openvino(table):
    openvino = pytest.importorskip("openvino")
    network = with_statistics(build(table, seed=0).eval())
    core = openvino.Core()
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(core.read_model(content(network)), "CPU", exact)
    check_agreement(network, lambda x: [compiled([x])[name] for name in ("logits", "probabilities")])


@settings(max_examples=60, deadline=None)
@given(tables())
def test_drawn_tables(table):
    network = with_statistics(build(table, seed=0).eval())
    check_agreement(network, in_onnxruntime(network), batches=(2,))


def test_nodes_have_the_names_of_rows():
    names = {node.name for node in onnx_model(fold(build("googlenet:tiny"))).graph.node}
    assert "inception_3a.branch2.conv3x3" in names


def test_more_than_a_file_holds_is_refused(monkeypatch):
    monkeypatch.setattr("striate.nn.onnx_graph._MOST_BYTES", 1000)
    with pytest.raises(ModelError, match=r"lenet5:modern: 0\.0 GB of weights, an ONNX file holds 2 GB"):
        onnx_model(fold(build("lenet5:modern")))
