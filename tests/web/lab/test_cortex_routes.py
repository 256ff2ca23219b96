"""GET /lab/units and /lab/turn: a unit's responses to bars are those that the library's parts give."""

import base64
from urllib.parse import urlencode

import numpy as np
import pytest
from gabors import apart, gabor, noise, one_layer
from serving import serving

from striate.inference import Predictor
from striate.inspection import (
    SELECTIVE,
    Box,
    bar,
    measure_tuning,
    orientation_sweep,
    preferred_orientation,
    theoretical_field,
    unit_values,
)
from striate.nn import Model, build
from striate.web.lab.cortex import visible_crop

TURNS = np.arange(0, 180, 5.0)
BAR = {"width": 2, "contrast": "light", "position": 0}


def model_of(network):
    return Predictor(Model(network.eval(), tuple("abcdefghij"[: network.table.classes]), {}, {}), engine="torch")


@pytest.fixture(scope="module")
def server():
    """The model that ships, two Gabor filters between noise, and networks with branches and shortcuts."""
    gabors = one_layer([*noise(1), gabor(70, 6, 0), -gabor(120, 6, 0)])
    models = {"lenet5": Predictor.load("lenet5"), "gabors": model_of(gabors)}
    models |= {name: model_of(build(name, seed=0)) for name in ("googlenet:tiny", "resnet18:tiny")}
    with serving(models) as running:
        yield running


def ask(server, route, **query):
    response = server.ask(f"/lab/{route}?{urlencode(query)}")
    return response.json if response.status == 200 else response.error


@pytest.fixture(scope="module")
def lenet5():
    return Predictor.load("lenet5").model.network


@pytest.mark.parametrize("name", ["lenet5", "googlenet:tiny", "resnet18:tiny"])
def test_every_row_can_be_recorded_from(server, name):
    rows = ask(server, "units", model=name)["rows"]
    steps = build(name).plan.flat
    assert [(row["path"], row["type"], row["count"]) for row in rows] == [
        (step.path, type(step.row).__name__, step.output[0]) for step in steps
    ]
    for row in rows[:: max(1, len(rows) // 6)]:
        found = ask(server, "turn", model=name, path=row["path"], width=row["width"])
        assert len(found["responses"]) == 36
        assert 1 <= row["width"] <= row["extent"]


@pytest.mark.parametrize(("path", "unit"), [("C1", 2), ("S4", 7), ("F6", 41)])
@pytest.mark.parametrize("contrast", ["light", "dark"])
def test_responses_are_the_units_values_less_that_at_the_ground(server, lenet5, path, unit, contrast):
    found = ask(server, "turn", model="lenet5", path=path, unit=unit, width=2.5, contrast=contrast, position=-1)
    step = next(step for step in lenet5.plan.steps if step.path == path)
    field = theoretical_field(
        lenet5.plan, path, (step.output[1] // 2, step.output[2] // 2) if len(step.output) == 3 else None
    )
    centre = field.top + (field.height - 1) / 2, field.left + (field.width - 1) / 2
    sign = {"light": 1, "dark": -1}[contrast]
    pictures = [bar((32, 32), 0, 0, 0, sign, centre), *(bar((32, 32), o, 2.5, -1, sign, centre) for o in TURNS)]
    values = unit_values(lenet5, [path], pictures)[path][:, unit]
    assert found["orientations"] == TURNS.tolist()
    np.testing.assert_allclose(found["responses"], values[1:] - values[0], atol=1e-5)
    added = np.maximum(values[1:] - values[0], 0)
    is_excited = added.max() >= (values[0] - values[1:].min()) / 5
    preferred, selectivity = preferred_orientation(TURNS, added[None] * is_excited)
    assert found["selectivity"] == pytest.approx(selectivity[0], abs=1e-4)
    assert (found["preferred"] is not None) == is_excited
    assert not is_excited or apart(found["preferred"], preferred[0]) < 0.1
    assert found["selective"] == (selectivity[0] >= SELECTIVE)
    shown = np.frombuffer(base64.b64decode(found["pictures"]), np.uint8).reshape(36, *found["size"])
    np.testing.assert_array_equal(shown, np.round(pictures[1:]))
    assert found["field"] == {"top": field.top, "left": field.left, "height": field.height, "width": field.width}


@pytest.mark.parametrize("path", ["C1", "C3", "F6"])
def test_the_roses_of_all_units(server, lenet5, path):
    found = ask(server, "turn", model="lenet5", path=path, **BAR)
    sweep = orientation_sweep(lenet5, path, BAR["width"])
    roses = np.frombuffer(base64.b64decode(found["roses"]), np.uint8).reshape(sweep.responses.shape)
    np.testing.assert_allclose(roses / 255, sweep.roses, atol=0.003)
    np.testing.assert_allclose(found["selectivities"], sweep.selectivity, atol=1e-6)


def test_selectivity_by_gratings_is_that_of_inspect(server, lenet5):
    found = ask(server, "gratings", model="lenet5", path="C1")
    tuned = measure_tuning(lenet5, ["C1"])["C1"]
    np.testing.assert_allclose(found["selectivities"], tuned.selectivity, atol=1e-6)
    np.testing.assert_allclose(found["preferred"], tuned.preferred_deg, atol=1e-4)
    assert found["threshold"] == SELECTIVE
    assert "there is no row" in ask(server, "gratings", model="lenet5", path="C9")
    assert ask(server, "gratings", model="lenet5") == "path: is missing"


def test_the_default_unit_is_the_clearest(server):
    found = ask(server, "turn", model="lenet5", path="C3", **BAR)
    others = [ask(server, "turn", model="lenet5", path="C3", unit=unit, **BAR) for unit in range(16)]
    lengths = [one["selective"] * one["selectivity"] * np.maximum(one["responses"], 0).sum() for one in others]
    assert found["unit"] == found["clearest"] == int(np.argmax(lengths))


@pytest.mark.parametrize(("unit", "orientation", "contrast"), [(1, 70, "light"), (2, 120, "dark")])
def test_a_gabor_filters_orientation_is_found(server, unit, orientation, contrast):
    found = ask(server, "turn", model="gabors", path="C1", unit=unit, width=3, contrast=contrast)
    assert found["selective"]
    assert apart(found["preferred"], orientation) < 5


@pytest.mark.parametrize(
    ("field", "size", "crop"),
    [
        (Box(14, 14, 5, 5), (32, 32), Box(0, 0, 32, 32)),
        (Box(109, 109, 7, 7), (224, 224), Box(96, 96, 32, 32)),
        (Box(-2, 200, 20, 20), (224, 224), Box(0, 144, 80, 80)),
        (Box(-145, -145, 483, 483), (224, 224), Box(0, 0, 224, 224)),
        (Box(5, 5, 3, 3), (16, 40), Box(0, 0, 16, 32)),
    ],
)
def test_the_crop_around_a_receptive_field(field, size, crop):
    assert visible_crop(field, size) == crop


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"model": "no"}, "no model of that name"),
        ({"path": "C9"}, "row 'C9'"),
        ({"path": "../x"}, "there is no row"),
        ({"unit": 6}, "unit: expected a whole number from 0 to 5, as row C1 has 6"),
        ({"unit": -1}, "unit: expected a whole number"),
        ({"unit": "one"}, "unit: expected a whole number"),
        ({"width": 0}, "width: expected a number"),
        ({"width": "nan"}, "width: expected a number"),
        ({"width": "inf"}, "width: expected a number"),
        ({"position": 1e9}, "position: expected a number"),
        ({"contrast": "grey"}, "contrast: expected light or dark"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_an_error(server, query, line):
    assert line in ask(server, "turn", **{"model": "lenet5", "path": "C1", **BAR, **query})


@pytest.mark.parametrize("missing", ["model", "path", "width"])
def test_parameters_that_are_required(server, missing):
    query = {"model": "lenet5", "path": "C1", "width": 2}
    del query[missing]
    assert ask(server, "turn", **query) == f"{missing}: is missing"
