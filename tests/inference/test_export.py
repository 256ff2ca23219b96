"""An export has the model's outputs and metadata, and replaces no file by a bad one."""

import json

import numpy as np
import pytest
import torch

from striate.errors import StriateError
from striate.inference import export as module
from striate.inference.export import export_model
from striate.inference.predictor import Predictor
from striate.nn import Model, build
from striate.tables import Conv, Dense, Table, load_table

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

    def wrong(folded, metadata):
        content, run = honest(folded, metadata)
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
