"""Every engine has the plain network's outputs, at every precision that it supports on this machine."""

import importlib.util
import subprocess
import sys

import pytest
import torch
from networks import SMALL, with_statistics

from striate.data import load_named
from striate.errors import StriateError
from striate.inference.engines import Engine, candidates, prepare
from striate.inference.predictor import Predictor
from striate.inference.quantize import quantize
from striate.nn import build, fold

CPU = torch.device("cpu")


def images(network, batch=5):
    return torch.randn(batch, *network.table.input, generator=torch.Generator().manual_seed(0))


def answers(network, name, precision, x, **options):
    return prepare(name, fold(network), precision, CPU, **options).run(x)


@pytest.fixture(scope="module")
def lenet5():
    """The shipped model, and digits as its input."""
    predictor = Predictor.load("lenet5")
    pixels = load_named("digits").validation.pictures
    small = torch.stack([torch.from_numpy(pixels[i].copy()) for i in range(200)]).permute(0, 3, 1, 2)
    return predictor, predictor.preprocess(torch.nn.functional.interpolate(small, (28, 28), mode="bilinear"))


@pytest.mark.parametrize("engine", ["torch", "onnxruntime", "openvino"])
@pytest.mark.parametrize("name", SMALL)
def test_float32(name, engine):
    network = with_statistics(build(name, seed=0).eval())
    x = images(network)
    with torch.inference_mode():
        expected = network(x).softmax(dim=1)
    for batch in (x, x[:1], x):
        found = answers(network, engine, "float32", batch).softmax(dim=1)
        assert (found - expected[: len(batch)]).abs().max() <= 1e-4


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_any_layout_of_the_images(engine):
    network = build("resnet18:tiny", seed=0).eval()
    x = images(network)
    run = prepare(engine, fold(network), "float32", CPU).run
    strided = x.repeat_interleave(2, dim=3)[..., ::2]
    for same in (x.contiguous(memory_format=torch.channels_last), strided):
        assert torch.equal(run(same), run(x))


def test_torch_uses_one_thread_beside_an_engine_with_its_own(lenet5):
    """Its threads would spin on the cores: pictures are made ready by one."""
    threads = torch.get_num_threads()
    seen = []

    def run(_):
        seen.append(torch.get_num_threads())
        return torch.zeros(1, 10)

    for engine in ("torch", "onnxruntime"):
        predictor = Predictor(lenet5[0].model, engine=engine)
        predictor.choose_engine(lenet5[1])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("striate.inference.predictor.normalize", lambda *_: seen.append(torch.get_num_threads()))
            patch.setattr(predictor, "engine", Engine(engine, "float32", run))
            predictor.forward(lenet5[1][:1])
    assert seen == [threads, threads, 1, threads]


def test_inductor():
    network = with_statistics(build("lenet5:tiny", seed=0).eval())
    x = images(network)
    with torch.inference_mode():
        torch.testing.assert_close(answers(network, "inductor", "float32", x), network(x), rtol=1e-4, atol=1e-4)


def test_an_engine_leaves_the_network_as_it_was():
    network = build("resnet18:tiny", seed=0).eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    folded = fold(network)
    x = images(network)
    first = prepare("torch", folded, "float32", CPU)
    prepare("torch", folded, "bfloat16", CPU)
    torch.testing.assert_close(first.run(x), prepare("torch", folded, "float32", CPU).run(x))
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(getattr(module, "inplace", False) for module in network.modules())


def test_bfloat16_keeps_classes(lenet5):
    predictor, inputs = lenet5
    in_float32 = predictor.forward(inputs).argmax(dim=1)
    loaded = Predictor.load("lenet5", engine="torch", precision="bfloat16")
    assert (loaded.forward(inputs).argmax(dim=1) == in_float32).double().mean() >= 0.99
    assert loaded.engine.precision == "bfloat16"


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_int8_keeps_most_classes(lenet5, engine):
    predictor, inputs = lenet5
    in_float32 = predictor.forward(inputs).argmax(dim=1)
    loaded = Predictor.load("lenet5", engine=engine, precision="int8")
    loaded.choose_engine(inputs[:100])
    logits = loaded.forward(inputs)
    assert (logits.argmax(dim=1) == in_float32).double().mean() >= 0.95
    assert not torch.allclose(logits, predictor.forward(inputs), rtol=1e-3)


def test_int8_has_a_graph_of_integers():
    pytest.importorskip("onnx")
    network = build("lenet5:modern", seed=0).eval()
    kinds = {node.op_type for node in quantize(fold(network), images(network, 16)).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds


@pytest.mark.parametrize(
    ("engine", "precision", "words"),
    [
        ("torch", "int8", r"engine torch: computes in float32 or bfloat16; for int8 take onnxruntime or openvino"),
        ("onnxruntime", "bfloat16", r"for bfloat16 take torch or inductor or openvino"),
    ],
)
def test_unsupported_precisions_are_refused(engine, precision, words):
    with pytest.raises(StriateError, match=words):
        prepare(engine, fold(build("lenet5:tiny")), precision, CPU)


RELEASED = """
import os, signal, threading
import torch
from striate.inference.engines import prepare
from striate.nn import build, fold
engines = [prepare("openvino", fold(build("lenet5:tiny", seed=0).eval()), "float32", torch.device("cpu"))]
signal.signal(signal.SIGINT, lambda *_: print("received"))
thread = threading.Thread(target=engines.clear)
thread.start()
thread.join()
os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows os.kill ends a process")
def test_openvino_released_in_another_thread_leaves_signals_as_they_were():
    pytest.importorskip("openvino")
    done = subprocess.run([sys.executable, "-c", RELEASED], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "received\n"), done.stderr


def test_openvino_in_bfloat16_is_refused_on_a_cpu_without_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    with pytest.raises(StriateError, match="this CPU has no bfloat16; take float32, or torch, which emulates it"):
        prepare("openvino", fold(build("lenet5:tiny")), "bfloat16", CPU)


def test_an_engine_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert candidates("float32", CPU) == ("torch",)
    with pytest.raises(StriateError, match=r"engine openvino: not installed; pip install 'striate\[openvino\]'"):
        prepare("openvino", fold(build("lenet5:tiny")), "float32", CPU)
    with pytest.raises(StriateError, match=r"precision int8: needs ONNX Runtime; pip install 'striate\[onnx\]'"):
        quantize(fold(build("lenet5:tiny")), torch.zeros(2, 1, 32, 32))
    with pytest.raises(StriateError, match="precision int8: no engine for it is installed"):
        Predictor.load("lenet5", precision="int8").forward(torch.zeros(2, 1, 32, 32, dtype=torch.uint8))
