"""What a view asks for is the same from the page's own backend as from the server, within 1e-4 of the largest number."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from engine_documents import TOLERANCE, check_equal, drawing
from networks import with_statistics
from PIL import Image

from striate.analysis import total_cost
from striate.data import decode_side, read_noted_input
from striate.inspection import Sample, attribution_methods, sample_of
from striate.models import shipped_models
from striate.nn import Model, build, load_model, save_model
from striate.tables import load_table
from striate.web.lab.maps import layer_maps
from striate.web.lab.network import network_document
from striate.web.lab.stress import sliders, stressed
from striate.web.lab.why import _attribution

MODELS = [*shipped_models(), "googlenet:tiny", "resnet18:tiny", "alexnet:tiny", "lenet5:tiny"]
QUICK = [name for name in MODELS if name == "lenet5" or name.endswith(":tiny")]
"""Those of which hundreds of passes take seconds."""


def model_of(name: str) -> Model:
    if name in shipped_models():
        return load_model(shipped_models()[name])
    table = load_table(name)
    return Model(with_statistics(build(table, seed=0)).eval(), tuple(map(str, range(table.classes))), {}, {})


class Asked:
    """A model and a picture, of which the server's functions and the page's backend are asked."""

    def __init__(self, engine: Any, model: Model, path: Any, image: Image.Image) -> None:
        self.engine, self.model = engine, model
        table = model.network.table
        input_CHW, note = read_noted_input(image, table)
        self.sample: Sample = sample_of("the picture", input_CHW, table, note)
        save_model(path, model)
        self.common = {
            "kind": "route", "content": base64.b64encode(path.read_bytes()).decode(), "side": decode_side(table),
            "macs": total_cost(model.network.plan).macs, "width": image.width, "height": image.height,
            "pixels": base64.b64encode(image.convert("RGBA").tobytes()).decode(),
        }  # fmt: skip

    def check(self, name: str, wanted: dict[str, Any], *, apart: float = TOLERANCE, **options: Any) -> None:
        found = self.engine.ask({**self.common, "name": name, "options": options})
        check_equal(found, wanted, name, apart)


@pytest.fixture
def asked(engine, name, tmp_path):
    return Asked(engine, model_of(name), tmp_path / "model.safetensors", drawing(280, seed=3))


@pytest.mark.parametrize("name", MODELS)
def test_layers(asked):
    asked.check("layers", layer_maps(asked.model, asked.sample))
    asked.check("layers", layer_maps(asked.model, asked.sample, 3), maps=3)


@pytest.mark.parametrize("name", MODELS)
def test_layers_of_a_folded_diagram(asked):
    paths = [step.path for step in asked.model.network.plan.flat][::3]
    asked.check("layers", layer_maps(asked.model, asked.sample, paths=paths), paths=paths)


@pytest.mark.parametrize("name", MODELS)
def test_the_network(asked):
    asked.check("network", network_document(asked.model))


@pytest.mark.parametrize("name", QUICK)
def test_why(asked):
    for method in attribution_methods(asked.model.network.plan):
        asked.check("why", _attribution(asked.model, asked.sample, method, None), method=method)
        asked.check("why", _attribution(asked.model, asked.sample, method, 2), method=method, target=2)


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("sweep", ["", "thickness", "scale", "rotation", "shift", "noise"])
def test_stress(asked, sweep):
    """To 0.01: a gray level that lies between two may be either, since the server resamples in single precision."""
    amounts = {name: slider.neutral + 2 * slider.step for name, slider in sliders(asked.model.network.table).items()}
    wanted = stressed(asked.model, asked.sample, amounts, sweep)
    asked.check("stress", wanted, apart=0.01, amounts=amounts, sweep=sweep)
