"""An export has the model's outputs and metadata, and replaces no file by a bad one."""

import json

import numpy as np
import pytest
import torch

from striate.data import normalize
from striate.errors import StriateError
from striate.inference import export as module
from striate.inference.export import export_model
from striate.inference.predictor import Predictor, calibration_inputs
from striate.nn import Model, build, fold
from striate.tables import Conv, Dense, Table, flatten, load_table

SAME_AT_STRIDE_2 = Table(
    "same", (3, 15, 10), (Conv("c", maps=4, kernel=4, stride=2, padding="same"), Dense("out", units=2))
)


def model(table):
    return Model(build(table, seed=0).eval(), tuple(map(str, range(table.classes))), {}, {"top1": 0.5})


@pytest.mark.parametrize("table", [SAME_AT_STRIDE_2, load_table("resnet18:tiny")], ids=lambda table: table.name)
def test_onnx(table, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    export_model(model(table), tmp_path / "m.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    x = torch.randn(5, *table.input)
    (logits,) = session.run(["logits"], {"images": x.numpy()})
    with torch.inference_mode():
        np.testing.assert_allclose(logits, model(table).network(x).numpy(), rtol=1e-3, atol=1e-4)
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["classes"]) == [str(number) for number in range(table.classes)]
    assert json.loads(metadata["preprocessing"])["input"] == list(table.input)
    assert json.loads(metadata["preprocessing"])["mean"] == list(table.preprocessing.mean)
    assert json.loads(metadata["scores"]) == {"top1": 0.5}


def sizes(graph):
    """The shape of each tensor of a graph, as the file states it."""
    stated = [*graph.input, *graph.value_info, *graph.output]
    shapes = {
        value.name: [dim.dim_value or dim.dim_param for dim in value.type.tensor_type.shape.dim] for value in stated
    }
    return shapes | {tensor.name: list(tensor.dims) for tensor in graph.initializer}


@pytest.mark.parametrize("pixels", [False, True])
@pytest.mark.parametrize("name", ["lenet5:tiny", "resnet18:tiny", "googlenet:tiny"])
def test_the_file_states_the_sizes_between_nodes(name, pixels, tmp_path):
    onnx = pytest.importorskip("onnx")
    table = load_table(name)
    export_model(model(table), tmp_path / "m.onnx", pixels=pixels)
    graph = onnx.load(tmp_path / "m.onnx").graph
    found = sizes(graph)
    outputs = [output for node in graph.node for output in node.output]
    assert set(outputs) <= set(found)
    network = [output for output in outputs if not output.startswith("pixels/")]
    for output in network:
        assert all(found[output][1:]), output  # all but the batch are numbers
    plan = fold(model(table).network).plan
    for step in flatten(plan.steps):
        if step.path in network:
            assert found[step.path][1:] == list(step.output), step.path


def picture(channels, height=90, width=70):
    """A dark ring on light ground."""
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    ring = np.exp(-(((np.hypot(y, 1.3 * x) - 0.5) / 0.15) ** 2))[..., None]
    return np.round(230 - np.array([200, 180, 150])[:channels] * ring).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_what_predict_takes(channels, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    lenet5 = Predictor.load("lenet5", engine="torch", precision="float32")
    export_model(lenet5.model, tmp_path / "m.onnx", pixels=True)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    (name,), (found,) = session.run(["class", "probabilities"], {"pixels": picture(channels)[None]})
    expected = dict(lenet5.predict(picture(channels), top=10).top)
    metadata = session.get_modelmeta().custom_metadata_map
    classes = json.loads(metadata["classes"])
    np.testing.assert_allclose(found, [expected[each] for each in classes], atol=1e-3)
    assert name == classes[found.argmax()] == max(expected, key=expected.get)
    assert "preprocessing" not in metadata  # nothing of it is left to do


@pytest.mark.parametrize("pixels", [False, True])
def test_int8(pixels, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    lenet5 = Predictor.load("lenet5", engine="torch", precision="float32")
    dataset = lenet5.load_dataset("digits")
    ranges = calibration_inputs(dataset, lenet5.table)
    export_model(lenet5.model, tmp_path / "m.onnx", pixels=pixels, calibration_NCHW=ranges)
    export_model(lenet5.model, tmp_path / "exact.onnx", pixels=pixels)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    inputs_NCHW = ranges[:32]
    if pixels:
        given = {"pixels": np.stack([dataset.train.pictures[i] for i in range(32)])}
        inputs_NCHW = lenet5.preprocess(torch.from_numpy(given["pixels"]).permute(0, 3, 1, 2))
    else:
        given = {"images": normalize(inputs_NCHW, lenet5.table.preprocessing).numpy()}
    (names,) = session.run(["class"], given)
    expected = lenet5.forward(inputs_NCHW).argmax(dim=1)
    assert (names == np.array(lenet5.classes)[expected]).mean() > 0.9
    assert (tmp_path / "m.onnx").stat().st_size < (tmp_path / "exact.onnx").stat().st_size


def test_what_is_for_onnx_alone(tmp_path):
    for options in ({"pixels": True}, {"calibration_NCHW": torch.zeros(1, 1, 32, 32, dtype=torch.uint8)}):
        with pytest.raises(StriateError, match=r"a file name that ends in \.onnx was expected"):
            export_model(model(load_table("lenet5:tiny")), tmp_path / "m.pt2", **options)


def test_pictures_of_other_channels_than_a_networks_have_no_graph(tmp_path):
    pytest.importorskip("onnxruntime")
    table = Table("two", (2, 8, 8), (Dense("out", units=2),))
    with pytest.raises(StriateError, match="its input has 2 channels"):
        export_model(model(table), tmp_path / "m.onnx", pixels=True)


def test_torch_export(tmp_path):
    lenet5 = Predictor.load("lenet5").model
    export_model(lenet5, tmp_path / "m.pt2")
    extra = {"classes": ""}
    program = torch.export.load(tmp_path / "m.pt2", extra_files=extra).module()
    x = torch.randn(3, 1, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(program(x), lenet5.network(x), rtol=1e-3, atol=1e-3)
    assert json.loads(extra["classes"]) == list("0123456789")


def test_an_export_that_does_not_agree_replaces_nothing(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    honest = module._onnx

    def wrong(*given, **options):
        content, run = honest(*given, **options)
        return content, lambda x: run(x) + (0.1 if len(x) == 7 else 0)

    monkeypatch.setattr(module, "_onnx", wrong)
    (tmp_path / "m.onnx").write_text("as it was", encoding="utf-8")
    with pytest.raises(StriateError, match=r"m\.onnx: not written: at batch 7 its logits are"):
        export_model(model(load_table("lenet5:tiny")), tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_text(encoding="utf-8") == "as it was"
    assert len(list(tmp_path.iterdir())) == 1


def test_where_it_cannot_be_written(tmp_path):
    with pytest.raises(StriateError, match=r"a file name that ends in \.onnx or \.pt2 was expected"):
        export_model(model(load_table("lenet5:tiny")), tmp_path / "m.tflite")
    with pytest.raises(StriateError, match="nowhere: no such folder"):
        export_model(model(load_table("lenet5:tiny")), tmp_path / "nowhere" / "m.onnx")
