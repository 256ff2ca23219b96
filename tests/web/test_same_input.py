"""A large photo is the same input to a network, to the bit, whoever asks: inspect, predict, the server, the lab."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from serving import serving

from striate.inference import Predictor
from striate.inspection import load_sample
from striate.nn import Model, build
from striate.tables import load_table
from striate.web.lab.requests import decode_sample


@pytest.fixture(scope="module", params=["photo.jpg", "photo.png"])
def photo(request, tmp_path_factory):
    """Twelve megapixels, smooth colours under noise."""
    draw = np.random.default_rng(0)
    coarse = Image.fromarray(draw.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize((4000, 3000), Image.Resampling.BICUBIC))
    noisy = (pixels + draw.normal(0, 6, (3000, 4000, 1))).clip(0, 255).astype(np.uint8)
    path = tmp_path_factory.mktemp("photos") / request.param
    Image.fromarray(noisy).save(path, **({"compress_level": 1} if path.suffix == ".png" else {}))
    return path


class Recorder(Predictor):
    """A predictor that keeps its inputs."""

    def __init__(self, table):
        classes = tuple(map(str, range(table.classes)))
        super().__init__(Model(build(table, seed=0).eval(), classes, {}, {}), engine="torch")
        self.inputs = []

    def forward(self, inputs_NCHW):
        self.inputs += inputs_NCHW.clone()
        return super().forward(inputs_NCHW)


LENET = load_table("lenet5")
MNIST = replace(LENET, preprocessing=replace(LENET.preprocessing, light_on_dark=True, figure=(20, 28)))


@pytest.mark.parametrize("table", [LENET, MNIST, load_table("alexnet:tiny")], ids=["lenet5", "mnist", "alexnet"])
def test_a_photo_is_the_same_input_everywhere(photo, table):
    expected = load_sample(photo, table).fitted_CHW
    model = Recorder(table)
    model.predict(photo)
    model.predict(photo.read_bytes())
    with serving({"m": model}, body=60_000_000) as server:
        warm = len(model.inputs)
        assert server.predict(photo.read_bytes(), model="m").status == 200
        assert len(model.inputs) == warm + 1
    assert len(model.inputs) > 3
    for found in (*model.inputs[:2], model.inputs[-1]):
        assert torch.equal(found, expected)
    assert torch.equal(decode_sample(photo.read_bytes(), table).fitted_CHW, expected)
