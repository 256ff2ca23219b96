"""POST /lab/unit, /lab/row and /lab/slide: a unit's numbers are the library's, and a response stays small."""

import base64
import re
from importlib.resources import files
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from networks import with_statistics
from serving import png

from striate.inspection import (
    TRACE_WORDS,
    load_sample,
    record_activations,
    sample_of,
    strongest_unit,
    theoretical_field,
    unit_arithmetic,
)
from striate.nn import Model, build
from striate.tables import Conv, Dense, Identity, MaxPool, Table
from striate.web.lab.units import row_maps, unit_terms


@pytest.fixture(scope="module")
def model(predictor):
    return predictor.model


@pytest.fixture(scope="module")
def sample(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "3.png"
    path.write_bytes(png(3))
    return load_sample(path, model.network.table)


def ask(lab, route, **query):
    return lab.server.ask(f"/lab/{route}?{urlencode({'model': 'lenet5', **query})}", png(3), "image/png")


def values(packed, scale, size):
    """The numbers that quantized maps stand for."""
    found = np.frombuffer(base64.b64decode(packed), np.uint8).astype(float)
    return ((found - 128) / 127 * scale).reshape(-1, *size)


@pytest.mark.parametrize(
    ("path", "unit"), [("C1", (2, 7, 20)), ("S2", (5, 13, 0)), ("C3", (15, 9, 9)), ("C5", (77, 0, 0)), ("F6", (83,)), ("Out", (3,))]
)  # fmt: skip
def test_the_arithmetic_of_a_unit_is_the_librarys(lab, model, sample, path, unit):
    response = ask(lab, "unit", path=path, unit=",".join(map(str, unit))).json
    found = unit_arithmetic(model.network, sample.input_NCHW, path, unit)
    assert response["unit"] == list(unit)
    assert response["value"] == pytest.approx(found.value, rel=1e-6)
    assert response["network"] == pytest.approx(found.network_value, rel=1e-6)
    assert [stage["kind"] for stage in response["stages"]] == [stage.kind for stage in found.trace.steps]
    assert [stage["value"] for stage in response["stages"]] == pytest.approx(
        [s.value for s in found.trace.steps], rel=1e-6
    )
    box = theoretical_field(model.network.plan, path, unit[1:] or None)
    (height, row_stride, top), (width, column_stride, left) = response["field"]
    i, j = unit[1:] or (0, 0)
    assert (top + i * row_stride, left + j * column_stride, height, width) == (box.top, box.left, box.height, box.width)
    assert response["visible"] == box.to_dict()  # no row of it has padding


def test_the_window_of_a_convolution_is_complete(lab, model, sample):
    grids = ask(lab, "unit", path="C3", unit="15,4,6").json["grids"]
    trace = unit_arithmetic(model.network, sample.input_NCHW, "C3", (15, 4, 6)).trace
    assert sorted(grid["map"] for grid in grids["shown"]) == list(trace.maps) and grids["left"] == 0
    strengths = [np.abs(grid["products"]).sum() for grid in grids["shown"]]
    assert strengths == sorted(strengths, reverse=True)
    for grid in grids["shown"]:
        index = trace.maps.index(grid["map"])
        for name, expected in (("x", trace.window), ("w", trace.weights), ("products", trace.products)):
            assert np.allclose(grid[name], expected[index], rtol=1e-6)
        assert grid["sum"] == pytest.approx(trace.products[index].sum(), rel=1e-6)
    assert grids["places"] == [[4, 5, 6, 7, 8], [6, 7, 8, 9, 10]]


def test_the_default_unit_is_the_strongest(lab, model, sample):
    output = record_activations(model.network, sample.input_NCHW, ["S4"])["S4"].output
    response = ask(lab, "unit", path="S4").json
    assert response["unit"] == list(strongest_unit(output)) and response["network"] == pytest.approx(
        output.max().item()
    )


def wide_model():
    """Rows of many inputs and of padding, dilation and uneven strides, and a pooling larger than is sent cell by cell."""
    table = Table(
        "wide",
        (3, 40, 36),
        (
            Conv("first", maps=20, kernel=(3, 5), stride=(2, 1), padding=((1, 0), (2, 2)), dilation=(2, 1)),
            Conv("second", maps=4, kernel=3, padding="same"),
            Conv("third", maps=300, kernel=1, activation="relu"),
            MaxPool("pool", kernel=16, stride=4, ceil=True),
            Dense("Out", units=5, bias=False),
        ),
    )
    return Model(with_statistics(build(table, seed=0)), tuple("abcde"), {}, {})


@pytest.fixture(scope="module")
def wide():
    model = wide_model()
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (3, 40, 36), generator=generator, dtype=torch.uint8)
    return model, sample_of("noise", pixels, model.network.table)


def test_only_the_strongest_are_sent_and_the_rest_is_summed(wide):
    model, sample = wide
    trace = unit_arithmetic(model.network, sample.input_NCHW, "second", (1, 5, 5)).trace
    grids = unit_terms(model, sample, "second", (1, 5, 5), None)["grids"]
    assert len(grids["shown"]) == 8 and grids["left"] == 12
    assert sum(grid["sum"] for grid in grids["shown"]) + grids["rest"] == pytest.approx(trace.products.sum(), rel=1e-5)
    unseen = next(iter(set(range(20)) - {grid["map"] for grid in grids["shown"]}))
    again = unit_terms(model, sample, "second", (1, 5, 5), unseen)["grids"]
    assert unseen in [grid["map"] for grid in again["shown"]] and len(again["shown"]) == 8

    found = unit_arithmetic(model.network, sample.input_NCHW, "Out", (2,))
    terms = unit_terms(model, sample, "Out", (2,), None)["terms"]
    assert len(terms["shown"]) == 24 and terms["left"] == found.trace.products.size - 24
    assert sum(term["product"] for term in terms["shown"]) + terms["rest"] == pytest.approx(found.value, rel=1e-4)
    smallest = min(abs(term["product"]) for term in terms["shown"])
    assert (np.abs(found.trace.products) > smallest * (1 + 1e-6)).sum() < 24
    inputs = record_activations(model.network, sample.input_NCHW, ["Out"])["Out"].input[0]
    for term in terms["shown"]:
        assert term["x"] == pytest.approx(inputs[tuple(term["at"])].item(), rel=1e-6)


def test_a_window_of_many_cells_is_sent_as_single_terms(wide):
    model, sample = wide
    response = unit_terms(model, sample, "pool", (7, 0, 0), None)
    assert "grids" not in response and response["terms"]["left"] == 16 * 16 - 24
    assert max(term["x"] for term in response["terms"]["shown"]) == pytest.approx(response["value"])
    at = max(response["terms"]["shown"], key=lambda term: term["x"])["at"]
    output = record_activations(model.network, sample.input_NCHW, ["third"])["third"].output[0]
    assert output[tuple(at)].item() == pytest.approx(response["value"]) and at[0] == 7


def test_the_place_of_a_window_is_that_of_its_cells(wide):
    """Padding, dilation, uneven strides: the box that the page draws is where the window's numbers come from."""
    model, sample = wide
    for path in ("first", "second", "third", "pool"):
        step = model.network.plan.step(path)
        for place in ((0, 0), (step.output[1] - 1, step.output[2] - 1), (1, 2)):
            response = unit_terms(model, sample, path, (0, *place), None)
            trace = unit_arithmetic(model.network, sample.input_NCHW, path, (0, *place)).trace
            over, reach = response["window"]["over"], response["window"]["reach"]
            assert tuple(over[axis][2] + place[axis] * over[axis][1] for axis in (0, 1)) == trace.corner
            assert [size for size, _, _ in over] == reach
            if "grids" in response:
                assert [places[0] for places in response["grids"]["places"]] == list(trace.corner)
                assert [places[-1] - places[0] + 1 for places in response["grids"]["places"]] == reach
    window = unit_terms(model, sample, "first", (0, 0, 0), None)["window"]
    assert (window["padding"], window["dilation"], window["rounds"]) == ([[1, 0], [2, 2]], [2, 1], "floor")
    assert unit_terms(model, sample, "pool", (0, 0, 0), None)["window"]["rounds"] == "ceil"


def test_numbers_that_are_not_finite_are_sent_as_null(wide):
    model, sample = wide_model(), wide[1]
    with torch.no_grad():
        model.network.first.bias.fill_(torch.inf)
    response = unit_terms(model, sample, "first", (0, 3, 3), None)
    assert response["value"] is None and response["network"] is None and response["stages"][0]["value"] is not None


@pytest.mark.parametrize("name", ["googlenet:tiny", "resnet18:tiny", "resnet20"])
def test_every_row_type_has_an_arithmetic_inside_branches_too(name):
    network = build(name, seed=0)
    model = Model(network, (), {}, {})
    black = torch.zeros(network.table.input, dtype=torch.uint8)
    sample = sample_of("black", black, network.table)
    last_of_kind = {type(step.row): step.path for step in network.plan.flat}
    inner = next(step.path for step in network.plan.flat if "." in step.path)
    for path in (*last_of_kind.values(), inner):
        response = unit_terms(model, sample, path, None, None)
        assert response["value"] == pytest.approx(response["network"], abs=1e-3)
        assert ("grids" in response) != ("terms" in response)


@pytest.mark.parametrize("name", ["alexnet:tiny", "googlenet:tiny", "resnet20"])
def test_what_is_sent_as_visible_changes_the_unit_at_the_edge_and_nothing_else_does(name):
    network = with_statistics(build(name, seed=0)).eval()
    sample = sample_of("black", torch.zeros(network.table.input, dtype=torch.uint8), network.table)
    noise = torch.randn(8, *network.table.input, generator=torch.Generator().manual_seed(0))
    for step in [step for step in network.plan.flat if len(step.output) == 3][1:8]:
        unit = (step.output[0] - 1, 0, step.output[2] - 1)
        box = unit_terms(Model(network, (), {}, {}), sample, step.path, unit, None)["visible"]
        rows = slice(box["top"], box["top"] + box["height"])
        columns = slice(box["left"], box["left"] + box["width"])
        outside, inside = noise.clone(), noise.clone()
        outside[:, :, rows, columns] = noise[:1, :, rows, columns]
        inside[:] = noise[:1]
        inside[:, :, rows, columns] = noise[:, :, rows, columns]
        changed = [
            record_activations(network, images, [step.path])[step.path].output[:, *unit].std().item()
            for images in (outside, inside)
        ]
        assert changed[0] < 1e-5 * max(1, changed[1]), step.path
        assert changed[1] > 1e-3 or "relu" in str(step.row), step.path


def test_a_unit_of_a_map_of_zeros_has_no_terms():
    network = build("resnet20", seed=0).eval()
    sample = sample_of("black", torch.zeros(network.table.input, dtype=torch.uint8), network.table)
    path = next(step.path for step in network.plan.flat if isinstance(step.row, Identity))
    maps, _, _ = network.plan.step(path).output
    response = unit_terms(Model(network, (), {}, {}), sample, path, (maps - 1, 0, 0), None)
    assert response["value"] == 0 and response["terms"] == {"shown": [], "left": 0, "rest": 0}


def test_the_page_has_a_text_for_every_trace_step():
    strings = files("striate.web").joinpath("static/strings/layers.en.js").read_text(encoding="utf-8")
    assert set(re.findall(r'"layers\.stage\.(\w+)":', strings)) == set(TRACE_WORDS)


def test_all_maps_of_a_row_are_sent_at_full_size(lab, model, sample):
    response = ask(lab, "row", path="C1").json
    output = record_activations(model.network, sample.input_NCHW, ["C1"])["C1"].output[0].numpy()
    assert response["shape"] == [6, 28, 28] and response["shown"] == 6
    assert (
        np.abs(values(response["maps"], response["scale"], response["size"]) - output).max() < response["scale"] / 100
    )


def test_a_row_of_many_numbers_is_scaled_down(wide):
    model, sample = wide
    response = row_maps(model, sample, "third")
    assert response["shown"] == 300 and response["size"] == list(model.network.plan.step("third").output[1:])
    model = Model(
        build(Table("large", (1, 300, 300), (Conv("C", maps=64, kernel=3), Dense("Out", units=2)))), (), {}, {}
    )
    pixels = torch.zeros(1, 300, 300, dtype=torch.uint8)
    response = row_maps(model, sample_of("black", pixels, model.network.table), "C")
    assert response["shown"] == 64 and len(base64.b64decode(response["maps"])) < 600_000


def test_the_maps_under_a_kernel(lab, model, sample):
    response = ask(lab, "slide", path="C3", input=4, map=15).json
    activations = record_activations(model.network, sample.input_NCHW, ["C3"])["C3"]
    for name, expected in (("input", activations.input[0, 4]), ("output", activations.output[0, 15])):
        found = values(response[name]["maps"], response[name]["scale"], response[name]["size"])[0]
        assert np.abs(found - expected.numpy()).max() < response[name]["scale"] / 100


@pytest.mark.parametrize(
    ("route", "query", "line"),
    [
        ("unit", {}, "path: is missing"),
        ("unit", {"path": "C9"}, "table lenet5:distorted: there is no row 'C9': expected one of C1, S2, C3, S4, C5, F6, Out"),
        ("unit", {"path": "C1", "unit": "6,0,0"}, "row C1: there is no unit [6, 0, 0]; expected map, row and column from 0 to 5, 27, 27"),
        ("unit", {"path": "F6", "unit": "1,2"}, "row F6: there is no unit [1, 2]; expected number from 0 to 83"),
        ("unit", {"path": "C1", "unit": "-1,0,0"}, "unit: expected map,row,column, or the number of a unit"),
        ("unit", {"path": "C1", "unit": "1" * 7}, "unit: expected map,row,column, or the number of a unit"),
        ("unit", {"path": "C1", "input": "x"}, "input: expected a whole number from 0 to 1000000"),
        ("slide", {"path": "F6", "input": 0, "map": 0}, "row F6: no kernel slides over its input"),
        ("slide", {"path": "C1", "input": 1, "map": 0}, "input: expected a whole number from 0 to 0"),
        ("slide", {"path": "C1", "input": 0, "map": 6}, "map: expected a whole number from 0 to 5"),
        ("row", {"path": "<b>"}, "table lenet5:distorted: there is no row '<b>': expected one of C1, S2, C3, S4, C5, F6, Out"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_used_is_an_error(lab, route, query, line):
    response = ask(lab, route, **query)
    assert response.status == 422 and response.error == line


def test_no_model_and_no_picture(lab):
    assert lab.server.ask("/lab/unit?model=x&path=C1", png(3), "image/png").status == 404
    assert lab.server.ask("/lab/unit?model=lenet5&path=C1", b"nothing", "image/png").status == 422
