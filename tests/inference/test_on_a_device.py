"""A model in use on a device that is not the CPU: a stand-in with the CPU's numbers (`devices`). No GPU is needed, and none was there when these were written."""

import devices
import pytest
import torch
from trainings import assert_same_weights, weights

from striate.data import load_dataset
from striate.errors import StriateError
from striate.inference import Predictor, choose_engine, export_model
from striate.nn import Model, build, device_of, fold, load_model, save_model
from striate.tables import load_table

CLASSES = tuple("0123456789")


@pytest.fixture
def path(tmp_path):
    """A model file."""
    network = build("minivggnet:tiny", classes=10, seed=0).eval()
    save_model(tmp_path / "model.safetensors", Model(network, CLASSES, {}, {}))
    return tmp_path / "model.safetensors"


def test_a_model_is_the_same_on_another_device(device, path):
    dataset = load_dataset("digits", load_table("minivggnet:tiny"))
    images_NCHW = torch.randint(256, (3, *load_table("minivggnet:tiny").input), dtype=torch.uint8)
    here_, there = (Predictor.load(path, precision="float32", device=name) for name in ("cpu", None))
    torch.testing.assert_close(there.probabilities(images_NCHW), here_.probabilities(images_NCHW), rtol=0, atol=1e-6)
    assert there.engine.describe() == "torch, float32"
    assert device.counts["to the device"] and device.counts["to the CPU"]
    assert there.evaluate(dataset).scores.top1 == here_.evaluate(dataset).scores.top1


@pytest.mark.usefixtures("device")
def test_engines_of_the_cpu(path):
    network = load_model(path).network
    images_NCHW = torch.randn(2, *network.table.input)
    assert choose_engine(network, images_NCHW, engine="onnxruntime", batch=2).describe() == "onnxruntime, float32"
    assert choose_engine(network, images_NCHW, engine="onnxruntime", batch=2, device="cpu")
    with pytest.raises(StriateError) as raised:
        choose_engine(network, images_NCHW, engine="onnxruntime", batch=2, device=devices.NAME)
    assert str(raised.value) == (
        "engine onnxruntime: runs on the CPU; take engine torch or inductor on stand_in:0, or device cpu"
    )
    with pytest.raises(StriateError, match="precision int8: runs on the CPU; take float32 or bfloat16 on stand_in:0"):
        choose_engine(network, images_NCHW, precision="int8", batch=2, device=devices.NAME)


@pytest.mark.usefixtures("device")
def test_what_leaves_a_device(tmp_path):
    """Model files, folded networks and exports come from the CPU."""
    network, other = (build("lenet5", seed=0).eval() for _ in range(2))
    model = Model(network.to(devices.NAME), CLASSES, {}, {})
    save_model(tmp_path / "model.safetensors", model)
    assert_same_weights(weights(tmp_path / "model.safetensors"), other.state_dict())
    assert_same_weights(fold(network).state_dict(), fold(other).state_dict())
    export_model(model, tmp_path / "model.onnx")
    assert device_of(network) == torch.device(devices.NAME, 0)


def test_predictions_halve_their_batch_where_memory_runs_out(device, path):
    images_NCHW = torch.randint(256, (11, *load_table("minivggnet:tiny").input), dtype=torch.uint8)
    predictor = Predictor.load(path, precision="float32")
    expected = predictor.probabilities(images_NCHW)
    device.most_images = 2
    torch.testing.assert_close(predictor.probabilities(images_NCHW), expected, rtol=0, atol=1e-6)
    device.most_images = 0
    with pytest.raises(StriateError) as raised:
        predictor.probabilities(images_NCHW)
    assert str(raised.value) == (
        "stand_in:0: out of memory with 1 image (8.0 of 16.0 GB in use); a smaller network or --device cpu may fit"
    )
