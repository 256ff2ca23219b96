"""POST /lab/layers and /lab/models, without a browser: the numbers are the network's, and every request is bounded."""

import base64
import math

import numpy as np
import pytest
import torch
from serving import encoded, png, serving

from striate.inference import Predictor
from striate.inspection import record_activations
from striate.nn import Model, build
from striate.tables import load_table
from striate.web.lab.maps import look, quantize_maps
from striate.web.lab.requests import picture
from striate.web.settings import Settings


def every(rows):
    for row in rows:
        yield row
        for branch in row.get("branches", ()):
            yield from every(branch)


def values(row):
    """The numbers that a row's bytes stand for."""
    stored = np.frombuffer(base64.b64decode(row["maps"]), np.uint8).astype(float)
    return ((stored - 128) / 127 * row["scale"]).reshape(row["shown"], *row["size"])


def untrained(name):
    network = build(load_table(name), seed=0)
    return Model(network, tuple(f"class {i}" for i in range(network.table.classes)), {}, {})


@pytest.mark.parametrize("name", ["lenet5:tiny", "alexnet:tiny", "googlenet:tiny", "resnet18:tiny", "minivggnet:tiny"])
def test_every_row_of_every_family_in_the_tables_order(name):
    model = untrained(name)
    seen = picture(png(3, size=(80, 60), height=40, middle=(40, 30)), model.network.table, Settings())
    told = look(model, seen, most=4)
    assert [row["path"] for row in every(told["rows"])] != []
    assert sorted(row["path"] for row in every(told["rows"])) == sorted(step.path for step in model.network.plan.flat)
    with torch.no_grad():
        passed = record_activations(model.network, seen.input_NCHW, [row["path"] for row in every(told["rows"])])
    for row in every(told["rows"]):
        output = passed[row["path"]].output[0].numpy()
        assert row["shape"] == list(output.shape)
        got = values(row)
        expected = output.reshape(-1, 1, 1)[:4096] if got.shape[1:] == (1, 1) else output[:4]
        if expected.shape == got.shape:
            assert np.abs(expected - got).max() <= row["scale"] / 127 / 2 * 1.01
            assert row["signed"] == bool((expected < 0).any())
    shares = [rank["probability"] for rank in told["top"]]
    assert shares == sorted(shares, reverse=True) and math.isclose(sum(shares), 1, abs_tol=1e-6)


def test_large_maps_are_scaled_down_to_means():
    output = torch.arange(2 * 112 * 112.0).reshape(2, 112, 112)
    row = quantize_maps(output, 1, side=56)
    assert row["shown"] == 1 and row["size"] == [56, 56]
    means = output[0].reshape(56, 2, 56, 2).mean(dim=(1, 3)).numpy()
    assert np.abs(values({**row, "shape": None})[0] - means).max() <= row["scale"] / 127


def test_numbers_that_are_none_do_not_break_the_answer():
    row = quantize_maps(torch.tensor([[[1.0, math.nan], [math.inf, -2.0]]]), 1)
    assert row["scale"] == 2.0 and row["signed"]


def test_the_answer_is_that_of_the_api(server):
    content = png(7)
    told = server.ask("/lab/layers?model=lenet5", content, "image/png").json
    first = server.predict(content).json["predictions"][0]["top"]
    assert told["top"][0]["class"] == first[0]["class"] == "7"
    for rank, other in zip(told["top"], first, strict=False):
        assert math.isclose(rank["probability"], other["probability"], abs_tol=1e-5)
    assert told["input"]["shape"] == [1, 32, 32] and len(base64.b64decode(told["input"]["pixels"])) == 1024


@pytest.mark.parametrize(
    ("query", "body", "kind", "status", "line"),
    [
        ("", b"", "image/png", 422, "model: is missing"),
        ("?model=none", None, "image/png", 404, "no model of that name"),
        ("?model=runs/../../etc/passwd", None, "image/png", 404, "no model of that name"),
        ("?model=lenet5&maps=0", None, "image/png", 422, "maps: expected a whole number from 1 to 4096"),
        ("?model=lenet5&maps=9999999999", None, "image/png", 422, "maps: expected a whole number from 1 to 4096"),
        ("?model=lenet5&maps=%C2%B2", None, "image/png", 422, "maps: expected a whole number from 1 to 4096"),
        ("?model=lenet5", b"hello", "image/png", 422, "the image: not an image in a known format (PNG, JPEG, BMP, GIF, WEBP)"),
        ("?model=lenet5", b"", "image/png", 422, "the image: empty"),
        ("?model=lenet5", b"{}", "application/json", 415, "expected a body of type image/..., application/octet-stream or multipart/form-data"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_in_one_line(server, query, body, kind, status, line):
    answer = server.ask(f"/lab/layers{query}", encoded() if body is None else body, kind)
    assert answer.status == status and answer.error.startswith(line)


def test_a_form_of_two_pictures_is_refused(server):
    form = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + png(3) + b"\r\n"
        for _ in range(2)
    )
    answer = server.ask("/lab/layers?model=lenet5", form + b"--b--\r\n", "multipart/form-data; boundary=b")
    assert answer.status == 422 and "one picture" in answer.error


def test_other_methods_are_refused(server):
    assert server.ask("/lab/layers?model=lenet5").status == 405
    assert server.ask("/lab/models", b"", method="POST").status == 405


def test_the_models_are_told(server):
    (told,) = server.ask("/lab/models").json["models"]
    assert (told["name"], told["table"]) == ("lenet5", "lenet5:distorted") and told["input"] == [1, 32, 32]


def test_a_lane_is_bounded_and_answers_all_that_it_took(predictor):
    with serving({"lenet5": predictor}) as server:
        lane = server.service.lab.quick
        lane._waiting = 64
        answer = server.ask("/lab/layers?model=lenet5", png(3), "image/png")
        assert answer.status == 503 and answer.headers["retry-after"] == "1"
        lane._waiting = 0
        assert server.ask("/lab/layers?model=lenet5", png(3), "image/png").status == 200


def test_a_lane_keeps_the_last_few_models_only():
    models = {f"m{i}": Predictor(untrained("lenet5:tiny")) for i in range(6)}
    with serving(models) as server:
        for name in models:
            assert server.ask(f"/lab/layers?model={name}", png(3), "image/png").status == 200
        assert list(server.service.lab.quick._models) == ["m3", "m4", "m5"]
