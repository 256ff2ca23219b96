"""POST /lab/unit, /lab/row and /lab/slide: a unit's numbers are the library's, and an answer stays small."""

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
from striate.tables import Conv, Dense, MaxPool, Table
from striate.web.lab.units import arithmetic_of, whole_row


@pytest.fixture(scope="module")
def model(predictor):
    return predictor.model


@pytest.fixture(scope="module")
def seen(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "3.png"
    path.write_bytes(png(3))
    return load_sample(path, model.network.table)


def ask(lab, route, **query):
    return lab.server.ask(f"/lab/{route}?{urlencode({'model': 'lenet5', **query})}", png(3), "image/png")


def values(packed, scale, size):
    """Packed maps as numbers."""
    found = np.frombuffer(base64.b64decode(packed), np.uint8).astype(float)
    return ((found - 128) / 127 * scale).reshape(-1, *size)


@pytest.mark.parametrize(
    ("path", "unit"), [("C1", (2, 7, 20)), ("S2", (5, 13, 0)), ("C3", (15, 9, 9)), ("C5", (77, 0, 0)), ("F6", (83,)), ("Out", (3,))]
)  # fmt: skip
def test_a_unit_is_worked_out_as_by_the_library(lab, model, seen, path, unit):
    answer = ask(lab, "unit", path=path, unit=",".join(map(str, unit))).json
    found = unit_arithmetic(model.network, seen.input_NCHW, path, unit)
    assert answer["unit"] == list(unit)
    assert answer["value"] == pytest.approx(found.value, rel=1e-6)
    assert answer["network"] == pytest.approx(found.network_value, rel=1e-6)
    assert [stage["kind"] for stage in answer["stages"]] == [stage.kind for stage in found.trace.steps]
    assert [stage["value"] for stage in answer["stages"]] == pytest.approx(
        [s.value for s in found.trace.steps], rel=1e-6
    )
    box = theoretical_field(model.network.plan, path, unit[1:] or None)
    (height, row_stride, top), (width, column_stride, left) = answer["field"]
    i, j = unit[1:] or (0, 0)
    assert (top + i * row_stride, left + j * column_stride, height, width) == (box.top, box.left, box.height, box.width)


def test_the_window_of_a_convolution_comes_whole(lab, model, seen):
    grids = ask(lab, "unit", path="C3", unit="15,4,6").json["grids"]
    working = unit_arithmetic(model.network, seen.input_NCHW, "C3", (15, 4, 6)).trace
    assert sorted(grid["map"] for grid in grids["shown"]) == list(working.maps) and grids["left"] == 0
    strengths = [np.abs(grid["products"]).sum() for grid in grids["shown"]]
    assert strengths == sorted(strengths, reverse=True)
    for grid in grids["shown"]:
        index = working.maps.index(grid["map"])
        for name, expected in (("x", working.window), ("w", working.weights), ("products", working.products)):
            assert np.allclose(grid[name], expected[index], rtol=1e-6)
        assert grid["sum"] == pytest.approx(working.products[index].sum(), rel=1e-6)
    assert grids["places"] == [[4, 5, 6, 7, 8], [6, 7, 8, 9, 10]]


def test_without_a_unit_it_is_the_strongest(lab, model, seen):
    output = record_activations(model.network, seen.input_NCHW, ["S4"])["S4"].output
    answer = ask(lab, "unit", path="S4").json
    assert answer["unit"] == list(strongest_unit(output)) and answer["network"] == pytest.approx(output.max().item())


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
    model, seen = wide
    working = unit_arithmetic(model.network, seen.input_NCHW, "second", (1, 5, 5)).trace
    grids = arithmetic_of(model, seen, "second", (1, 5, 5), None)["grids"]
    assert len(grids["shown"]) == 8 and grids["left"] == 12
    assert sum(grid["sum"] for grid in grids["shown"]) + grids["rest"] == pytest.approx(
        working.products.sum(), rel=1e-5
    )
    unseen = next(iter(set(range(20)) - {grid["map"] for grid in grids["shown"]}))
    again = arithmetic_of(model, seen, "second", (1, 5, 5), unseen)["grids"]
    assert unseen in [grid["map"] for grid in again["shown"]] and len(again["shown"]) == 8

    found = unit_arithmetic(model.network, seen.input_NCHW, "Out", (2,))
    terms = arithmetic_of(model, seen, "Out", (2,), None)["terms"]
    assert len(terms["shown"]) == 24 and terms["left"] == found.trace.products.size - 24
    assert sum(term["product"] for term in terms["shown"]) + terms["rest"] == pytest.approx(found.value, rel=1e-4)
    smallest = min(abs(term["product"]) for term in terms["shown"])
    assert (np.abs(found.trace.products) > smallest * (1 + 1e-6)).sum() < 24
    inputs = record_activations(model.network, seen.input_NCHW, ["Out"])["Out"].input[0]
    for term in terms["shown"]:
        assert term["x"] == pytest.approx(inputs[tuple(term["at"])].item(), rel=1e-6)


def test_a_window_of_many_cells_comes_as_single_terms(wide):
    model, seen = wide
    answer = arithmetic_of(model, seen, "pool", (7, 0, 0), None)
    assert "grids" not in answer and answer["terms"]["left"] == 16 * 16 - 24
    assert max(term["x"] for term in answer["terms"]["shown"]) == pytest.approx(answer["value"])
    at = max(answer["terms"]["shown"], key=lambda term: term["x"])["at"]
    output = record_activations(model.network, seen.input_NCHW, ["third"])["third"].output[0]
    assert output[tuple(at)].item() == pytest.approx(answer["value"]) and at[0] == 7


def test_windows_lie_where_the_arithmetic_takes_its_cells(wide):
    """Padding, dilation, uneven strides: the box that the page draws is where the window's numbers come from."""
    model, seen = wide
    for path in ("first", "second", "third", "pool"):
        step = model.network.plan.step(path)
        for place in ((0, 0), (step.output[1] - 1, step.output[2] - 1), (1, 2)):
            answer = arithmetic_of(model, seen, path, (0, *place), None)
            working = unit_arithmetic(model.network, seen.input_NCHW, path, (0, *place)).trace
            over, reach = answer["window"]["over"], answer["window"]["reach"]
            assert tuple(over[axis][2] + place[axis] * over[axis][1] for axis in (0, 1)) == working.corner
            assert [size for size, _, _ in over] == reach
            if "grids" in answer:
                assert [places[0] for places in answer["grids"]["places"]] == list(working.corner)
                assert [places[-1] - places[0] + 1 for places in answer["grids"]["places"]] == reach
    window = arithmetic_of(model, seen, "first", (0, 0, 0), None)["window"]
    assert (window["padding"], window["dilation"], window["rounds"]) == ([[1, 0], [2, 2]], [2, 1], "floor")
    assert arithmetic_of(model, seen, "pool", (0, 0, 0), None)["window"]["rounds"] == "ceil"


def test_what_is_no_number_is_sent_as_none(wide):
    model, seen = wide_model(), wide[1]
    with torch.no_grad():
        model.network.first.bias.fill_(torch.inf)
    answer = arithmetic_of(model, seen, "first", (0, 3, 3), None)
    assert answer["value"] is None and answer["network"] is None and answer["stages"][0]["value"] is not None


@pytest.mark.parametrize("name", ["googlenet:tiny", "resnet18:tiny", "resnet20"])
def test_every_kind_of_row_can_be_asked_for_inside_branches_too(name):
    network = build(name, seed=0)
    model = Model(network, (), {}, {})
    black = torch.zeros(network.table.input, dtype=torch.uint8)
    seen = sample_of("black", black, network.table)
    last_of_kind = {type(step.row): step.path for step in network.plan.flat}
    inner = next(step.path for step in network.plan.flat if "." in step.path)
    for path in (*last_of_kind.values(), inner):
        answer = arithmetic_of(model, seen, path, None, None)
        assert answer["value"] == pytest.approx(answer["network"], abs=1e-3)
        assert ("grids" in answer) != ("terms" in answer)


def test_the_page_has_words_for_every_stage():
    strings = files("striate.web").joinpath("static/strings/en.js").read_text()
    assert set(re.findall(r'"layers\.stage\.(\w+)":', strings)) == set(TRACE_WORDS)


def test_all_maps_of_a_row_come_at_full_size(lab, model, seen):
    answer = ask(lab, "row", path="C1").json
    output = record_activations(model.network, seen.input_NCHW, ["C1"])["C1"].output[0].numpy()
    assert answer["shape"] == [6, 28, 28] and answer["shown"] == 6
    assert np.abs(values(answer["maps"], answer["scale"], answer["size"]) - output).max() < answer["scale"] / 100


def test_a_row_of_many_numbers_is_scaled_down(wide):
    model, seen = wide
    answer = whole_row(model, seen, "third")
    assert answer["shown"] == 300 and answer["size"] == list(model.network.plan.step("third").output[1:])
    model = Model(
        build(Table("large", (1, 300, 300), (Conv("C", maps=64, kernel=3), Dense("Out", units=2)))), (), {}, {}
    )
    pixels = torch.zeros(1, 300, 300, dtype=torch.uint8)
    answer = whole_row(model, sample_of("black", pixels, model.network.table), "C")
    assert answer["shown"] == 64 and len(base64.b64decode(answer["maps"])) < 600_000


def test_the_maps_under_a_kernel(lab, model, seen):
    answer = ask(lab, "slide", path="C3", input=4, map=15).json
    passed = record_activations(model.network, seen.input_NCHW, ["C3"])["C3"]
    for name, expected in (("input", passed.input[0, 4]), ("output", passed.output[0, 15])):
        found = values(answer[name]["maps"], answer[name]["scale"], answer[name]["size"])[0]
        assert np.abs(found - expected.numpy()).max() < answer[name]["scale"] / 100


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
def test_what_cannot_be_is_refused_with_a_line(lab, route, query, line):
    answer = ask(lab, route, **query)
    assert answer.status == 422 and answer.error == line


def test_no_model_and_no_picture(lab):
    assert lab.server.ask("/lab/unit?model=x&path=C1", png(3), "image/png").status == 404
    assert lab.server.ask("/lab/unit?model=lenet5&path=C1", b"nothing", "image/png").status == 422
