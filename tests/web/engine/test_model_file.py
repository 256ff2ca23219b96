"""The page reads model files, and writes such as `striate` loads."""

from __future__ import annotations

import base64

import pytest
import torch
from engine_tensors import check_close
from networks import with_statistics

from striate.models import shipped_models
from striate.nn import Model, build, load_model, save_model


def round_trip(engine, path, tmp_path):
    model = load_model(path)
    answer = engine.ask({"kind": "file", "content": base64.b64encode(path.read_bytes()).decode()})
    for name, tensor in model.network.state_dict().items():
        check_close(answer["parameters"][name], tensor, name)
    written = tmp_path / "written.safetensors"
    written.write_bytes(base64.b64decode(answer["content"]))
    again = load_model(written)
    assert (again.network.table, again.classes, again.training, again.scores) == (
        model.network.table,
        model.classes,
        model.training,
        model.scores,
    )
    for name, tensor in model.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], tensor)


@pytest.mark.parametrize("name", shipped_models())
def test_models_that_ship(engine, tmp_path, name):
    round_trip(engine, shipped_models()[name], tmp_path)


def test_counters_and_names_of_any_letters(engine, tmp_path):
    network = with_statistics(build("resnet18:tiny", seed=0))
    for name, buffer in network.named_buffers():
        if name.endswith("num_batches_tracked"):
            buffer.fill_(12345)
    path = tmp_path / "한글.safetensors"
    classes = tuple(f"고양이 \U0001f408 {index}" for index in range(network.table.classes))
    save_model(path, Model(network, classes, {"data": "<b>"}, {}))
    round_trip(engine, path, tmp_path)
