"""GET /lab/network: the numbers by which the page draws a network are the plan's, and its arithmetic is the library's."""

import base64
import copy
import math
import random

import numpy as np
import pytest
import torch
from browser import visit
from serving import png

from striate.inspection import visible_field
from striate.nn import Model, build
from striate.tables import Concat, Conv, load_plan
from striate.web.lab.maps import layer_maps
from striate.web.lab.network import network_document, shown_maps
from striate.web.lab.requests import decode_sample

TABLES = ("lenet5", "alexnet:tiny", "googlenet:tiny", "resnet18:tiny", "resnet20", "minivggnet:tiny")


def model_of(name):
    network = build(load_plan(name), seed=0).eval()
    return Model(network, tuple(f"class {i}" for i in range(network.table.classes)), {}, {})


def every(rows):
    for row in rows:
        for branch in row.get("branches", ()):
            yield from every(branch)
        yield row


@pytest.fixture(scope="module")
def models():
    return {name: model_of(name) for name in TABLES}


@pytest.fixture(scope="module")
def geometry(chromium, lab):
    """The page's arithmetic: a function of a network's document and of calls, each a name and its arguments."""
    script = """async ([network, calls]) => {
        const geometry = await import("/static/lib/network-geometry.js");
        const rows = new Map();
        const add = (row) => { (row.branches ?? []).flat().forEach(add); rows.set(row.path, row); };
        network.rows.forEach(add);
        return calls.map(([name, path, [map, i, j]]) => {
            const cells = geometry.oneCell(map, i, j);
            return name === "pixels" ? geometry.pixelsRead(network, path, cells) : geometry[name](rows.get(path), cells);
        });
    }"""
    with visit(chromium, lab.address) as page:
        yield lambda network, calls: page.evaluate(script, [network, calls])


def test_the_document_has_every_row_of_the_plan(models):
    for name, model in models.items():
        document, plan = network_document(model), model.network.plan
        rows = list(every(document["rows"]))
        assert [row["path"] for row in rows] == [step.path for step in plan.flat], name
        assert document["input"] == list(plan.table.input) and document["classes"] == list(model.classes)
        assert document["towers"] == plan.table.towers
        for row, step in zip(rows, plan.flat, strict=True):
            assert (row["input"], row["shape"]) == (list(step.input), list(step.output))
            assert ("cells" in row) == (not step.branches)


def test_the_strength_of_a_connection_is_the_norm_of_its_kernel_with_the_sign_of_its_sum(models):
    network = models["lenet5"].network
    rows = {row["path"]: row for row in network_document(models["lenet5"])["rows"]}
    strengths = np.frombuffer(base64.b64decode(rows["C3"]["strengths"]), np.uint8).reshape(16, 6) - 128.0
    kernels = network.C3.dense_weight().detach().double().numpy()
    norms = np.sqrt((kernels**2).sum(axis=(2, 3)))
    expected = 127 * norms / norms.max() * np.where(kernels.sum(axis=(2, 3)) < 0, -1, 1)
    assert np.abs(strengths - expected).max() <= 0.5
    assert np.array_equal(
        strengths != 0, np.array([[i in row for i in range(6)] for row in rows["C3"]["maps"]["inputs"]])
    )
    assert rows["S2"]["strengths"] is None  # no connection has a weight of its own


@pytest.mark.parametrize("name", TABLES)
def test_the_pixels_that_a_unit_reads_are_the_librarys(models, geometry, name):
    draw, plan = random.Random(name), models[name].network.plan
    calls = []
    for step in plan.flat:
        maps, *size = step.output
        calls.append(["pixels", step.path, [draw.randrange(maps), *(draw.randrange(side) for side in size or (1, 1))]])
    found = geometry(network_document(models[name]), calls)
    for (_, path, (map_index, *place)), box in zip(calls, found, strict=True):
        at = tuple(place) if len(plan.step(path).output) == 3 else None
        assert box == visible_field(plan, path, at, map_index=map_index).to_dict(), path


@pytest.mark.parametrize("name", TABLES)
def test_a_cell_feeds_the_units_that_it_makes_not_a_number(models, geometry, name):
    """The oracle is the network: a value that is not a number spreads to every unit that reads it, and to no other."""
    draw, network = random.Random(name), copy.deepcopy(models[name].network).double()
    calls, expected = [], []
    for step in network.plan.flat:
        maps, *size = step.input
        at = [draw.randrange(maps), *(draw.randrange(side) for side in size)]
        values = torch.rand(1, *step.input, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        values[(0, *at)] = math.nan
        with torch.inference_mode():
            spread = network.get_submodule(step.path)(values)[0].isnan()
        fed = spread.reshape(len(spread), -1).any(dim=1).nonzero().flatten().tolist()
        if (
            isinstance(step.row, Conv) and step.row.connections is not None
        ):  # there zero weights stand for no connection
            fed = [index for index, inputs in enumerate(step.row.connections) if at[0] in inputs]
        calls.append(["cellsFed", step.path, [*at, 0, 0][:3]])
        expected.append((fed, hull(spread)))
    found = geometry(network_document(models[name]), calls)
    for call, cells, (maps, box) in zip(calls, found, expected, strict=True):
        if maps:
            assert (cells["maps"], cells["box"]) == (maps, box), call
        else:
            assert not cells["maps"] or not cells["box"]["height"] * cells["box"]["width"], call


def hull(cells):
    """The box around the cells of any map that are true."""
    if cells.dim() == 1:
        return {"top": 0, "left": 0, "height": 1, "width": 1}
    rows, columns = (cells.any(dim=0).any(dim=axis).nonzero().flatten() for axis in (1, 0))
    if not len(rows):
        return {"top": 0, "left": 0, "height": 0, "width": 0}
    return {
        "top": int(rows[0]),
        "left": int(columns[0]),
        "height": int(rows[-1] - rows[0]) + 1,
        "width": int(columns[-1] - columns[0]) + 1,
    }


def test_the_shown_maps_are_some_of_every_tower_and_branch():
    plan = load_plan("googlenet")
    step = plan.step("inception_3a")
    ends = np.cumsum([branch[-1].output[0] for branch in step.branches])
    assert isinstance(step.row, Concat)
    assert np.bincount(np.searchsorted(ends, shown_maps(plan, step), side="right")).tolist() == [4, 4, 4, 4]
    assert len(shown_maps(plan, plan.step("classifier"))) == 1000
    alexnet = load_plan("alexnet")
    assert [map_ >= 48 for map_ in shown_maps(alexnet, alexnet.step("C1"))] == [False] * 8 + [True] * 8


@pytest.mark.parametrize("name", ["alexnet:tiny", "googlenet:tiny"])
def test_the_maps_of_named_rows_are_those_that_the_document_names(models, name):
    model = models[name]
    sample = decode_sample(png(3), model.network.table)
    rows = list(every(network_document(model)["rows"]))
    some = [row for row in rows if len(row["shape"]) == 3 and row["shape"][1] > 1][::3]
    found = layer_maps(model, sample, paths=[row["path"] for row in some])["rows"]
    whole = {row["path"]: row for row in every(layer_maps(model, sample, max_maps=4096)["rows"])}
    assert [row["path"] for row in found] == [row["path"] for row in some]
    for row, document in zip(found, some, strict=True):
        shown, every_map = (
            np.frombuffer(base64.b64decode(one["maps"]), np.uint8).reshape(one["shown"], -1).astype(float) - 128
            for one in (row, whole[row["path"]])
        )
        expected = every_map[document["shown"]] * whole[row["path"]]["scale"] / row["scale"]
        assert np.abs(shown - expected).max() <= 0.51 * (1 + whole[row["path"]]["scale"] / row["scale"])


def test_a_few_units_come_as_numbers_too(server):
    response = server.ask("/lab/layers?model=lenet5&rows=F6,Out,C1", png(3), "image/png").json
    f6, out, c1 = response["rows"]
    assert len(f6["values"]) == 84 and len(out["values"]) == 10 and "values" not in c1
    assert out["values"].index(max(out["values"])) == 3


@pytest.mark.parametrize(
    ("path", "status", "line"),
    [
        ("network", 422, "model: is missing"),
        ("network?model=none", 404, "no model of that name"),
    ],
)
def test_a_request_that_cannot_be_used_is_an_error(server, path, status, line):
    response = server.ask(f"/lab/{path}")
    assert response.status == status and response.error.startswith(line)


def test_a_row_that_is_named_twice_comes_once(server):
    rows = server.ask("/lab/layers?model=lenet5&rows=C1,S2,C1", png(3), "image/png").json["rows"]
    assert [row["path"] for row in rows] == ["C1", "S2"]


def test_a_row_that_is_not_there_is_an_error(server):
    response = server.ask("/lab/layers?model=lenet5&rows=C1,C9", png(3), "image/png")
    assert response.status == 422 and "there is no row 'C9'" in response.error
