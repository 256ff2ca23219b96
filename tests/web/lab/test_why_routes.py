"""POST /lab/why and GET /lab/gradient-flow: the library's numbers."""

import base64
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from serving import png, serving

from striate.inference import Predictor
from striate.inspection import (
    ATTRIBUTION_METHODS,
    attribute,
    default_layer,
    gradient_by_depth,
    gradient_flow,
    gradient_growth,
    gradient_spread,
    load_sample,
)
from striate.nn import Model, build
from striate.tables import Dense, Table, load_table


def model_of(table):
    network = build(table, seed=0).eval()
    return Predictor(Model(network, tuple(f"<b>{i}" for i in range(network.table.classes)), {}, {}), engine="torch")


@pytest.fixture(scope="module")
def models():
    flat = Table("flat", (1, 12, 12), (Dense("Out", units=3),))
    tiny = {name: model_of(name) for name in ("googlenet:tiny", "resnet18:tiny")}
    return {"lenet5": Predictor.load("lenet5"), "flat": model_of(flat), **tiny}


@pytest.fixture(scope="module")
def server(models):
    with serving(models) as running:
        yield running


def ask(server, content=None, **query):
    return server.ask(f"/lab/why?{urlencode(query)}", png() if content is None else content, "image/png")


def values_of(found):
    data = np.frombuffer(base64.b64decode(found["map"]["maps"]), np.uint8).reshape(found["map"]["size"])
    return (data.astype(float) - 128) / 127 * found["map"]["scale"]


@pytest.mark.parametrize("method", ATTRIBUTION_METHODS)
@pytest.mark.parametrize(
    ("name", "target"), [("lenet5", 3), ("lenet5", 8), ("googlenet:tiny", 1), ("resnet18:tiny", 2)]
)
def test_the_map_is_the_librarys(server, models, tmp_path, name, target, method):
    found = ask(server, model=name, method=method, **{"class": target}).json
    path = tmp_path / "3.png"
    path.write_bytes(png())
    network = models[name].model.network
    expected = attribute(network, load_sample(path, network.table).input_NCHW, target, method)
    scale = float(np.abs(expected.summed).max()) or 1.0
    assert found["map"]["size"] == list(network.table.input[1:])
    assert found["map"]["scale"] == pytest.approx(scale, rel=1e-3)
    np.testing.assert_allclose(values_of(found), expected.summed, atol=scale * 0.006)
    for place, value in (("most", float(expected.summed.max())), ("least", float(expected.summed.min()))):
        assert found[place]["value"] == pytest.approx(value, abs=1e-3 * scale)
        assert expected.summed[found[place]["row"], found[place]["column"]] == pytest.approx(value, abs=1e-3 * scale)
    assert found["class"] == {"index": target, "name": models[name].classes[target]}
    assert found["path"] == (default_layer(network.plan) if method == "grad_cam" else None)


def test_the_default_class_is_the_most_probable(server, models, tmp_path):
    found = ask(server, png(7), model="lenet5", method="saliency").json
    path = tmp_path / "7.png"
    path.write_bytes(png(7))
    (expected,) = models["lenet5"].predict([path], top=2)
    assert found["class"]["name"] == expected.top[0][0] == "7"
    assert found["top"][0]["class"] == "7"  # the others are 0 to the last digit, in any order
    assert found["top"][0]["probability"] == pytest.approx(expected.top[0][1], abs=1e-4)
    sent = np.frombuffer(base64.b64decode(found["input"]["pixels"]), np.uint8).reshape(found["input"]["shape"])
    table = models["lenet5"].table
    np.testing.assert_array_equal(sent, load_sample(path, table).fitted_CHW)


def test_a_table_without_maps_has_no_grad_cam(server):
    assert "grad_cam" not in ask(server, model="flat", method="saliency").json["methods"]
    assert "which Grad-CAM needs" in ask(server, model="flat", method="grad_cam").error
    assert set(ask(server, model="lenet5", method="saliency").json["methods"]) == set(ATTRIBUTION_METHODS)


@pytest.mark.parametrize(
    ("query", "status", "line"),
    [
        ({"model": "no"}, 404, "no model of that name"),
        ({"method": "magic"}, 422, "method: expected one of saliency"),
        ({"class": 10}, 422, "class: expected a whole number from 0 to 9"),
        ({"class": -1}, 422, "class: expected a whole number"),
        ({"class": "3.5"}, 422, "class: expected a whole number"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_an_error(server, query, status, line):
    response = ask(server, **{"model": "lenet5", "method": "saliency", **query})
    assert (response.status, response.error[: len(line)]) == (status, line)


def test_a_body_that_is_no_picture_is_an_error(server):
    assert ask(server, b"no picture", model="lenet5", method="saliency").status == 422


def test_gradients_are_the_librarys(server):
    state = torch.random.get_rng_state()
    found = server.ask("/lab/gradient-flow?tables=plain20,resnet20").json["networks"]
    assert [network["name"] for network in found] == ["plain20", "resnet20"]
    assert [network["shortcuts"] for network in found] == [False, True]
    for network in found:
        flow = gradient_flow(load_table(network["name"]))
        depths, gradients = gradient_by_depth(flow)
        assert network["depths"] == depths
        np.testing.assert_allclose(network["gradients"], gradients, rtol=1e-3)
        assert network["growth"] == pytest.approx(gradient_growth(flow), rel=1e-3)
        assert network["spread"] == pytest.approx(gradient_spread(flow), rel=1e-3)
    assert found == server.ask("/lab/gradient-flow?tables=plain20,resnet20").json["networks"]
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("tables", "line"),
    [
        ("", "expected names"),
        ("../plain20", "expected names"),
        ("plain20,<b>", "expected names"),
        ("plain20,plain20,plain20,plain20,plain20", "4 names at most"),
        ("resnet152", "resnet152 takes too long here"),
    ],
)
def test_tables_that_cannot_be_used_are_an_error(server, tables, line):
    response = server.ask(f"/lab/gradient-flow?{urlencode({'tables': tables})}")
    assert response.status == 422
    assert line in response.error
