"""POST /lab/layers and GET /lab/models: the numbers are the network's, and every request is bounded."""

import base64
import math
import threading

import numpy as np
import pytest
import torch
from serving import encoded, eventually, png, serving

from striate.inspection import record_activations
from striate.nn import Model, build
from striate.tables import load_plan
from striate.web.lab import lab
from striate.web.lab.maps import layer_maps
from striate.web.lab.requests import decode_sample


def every(rows):
    for row in rows:
        yield row
        for branch in row.get("branches", ()):
            yield from every(branch)


def values(row):
    """The numbers that a row's bytes stand for."""
    stored = np.frombuffer(base64.b64decode(row["maps"]), np.uint8).astype(float)
    return ((stored - 128) / 127 * row["scale"]).reshape(row["shown"], *row["size"])


@pytest.mark.parametrize("name", ["lenet5:tiny", "alexnet:tiny", "googlenet:tiny", "resnet18:tiny", "minivggnet:tiny"])
def test_every_row_of_every_family_in_the_tables_order(name):
    network = build(load_plan(name), seed=0)
    model = Model(network, tuple(f"class {i}" for i in range(network.table.classes)), {}, {})
    sample = decode_sample(png(3, size=(80, 60), height=40, middle=(40, 30)), network.table)
    response = layer_maps(model, sample, max_maps=4)
    rows = list(every(response["rows"]))
    assert sorted(row["path"] for row in rows) == sorted(step.path for step in network.plan.flat)
    with torch.no_grad():
        activations = record_activations(network, sample.input_NCHW, [row["path"] for row in rows])
    for row in rows:
        output = activations[row["path"]].output[0].numpy()
        assert row["shape"] == list(output.shape)
        got = values(row)
        expected = output.reshape(-1, 1, 1)[:4096] if got.shape[1:] == (1, 1) else output[:4]
        if max(expected.shape[1:]) <= 56:  # larger maps are scaled down
            assert got.shape == expected.shape
            assert np.abs(expected - got).max() <= row["scale"] / 127 / 2 * 1.01
            assert row["signed"] == bool((expected < 0).any())
    probabilities = [row["probability"] for row in response["top"]]
    assert probabilities == sorted(probabilities, reverse=True) and math.isclose(sum(probabilities), 1, abs_tol=1e-6)


def test_the_prediction_is_that_of_the_api(server):
    content = png(7)
    response = server.ask("/lab/layers?model=lenet5", content, "image/png").json
    predicted = server.predict(content).json["predictions"][0]["top"]
    assert response["top"][0]["class"] == predicted[0]["class"] == "7"
    for row, other in zip(response["top"], predicted, strict=False):
        assert math.isclose(row["probability"], other["probability"], abs_tol=1e-5)
    assert response["input"]["shape"] == [1, 32, 32] and len(base64.b64decode(response["input"]["pixels"])) == 1024


@pytest.mark.parametrize(
    ("query", "body", "kind", "status", "line"),
    [
        ("", b"", "image/png", 422, "model: is missing"),
        ("?model=none", None, "image/png", 404, "no model of that name"),
        ("?model=runs/../../etc/passwd", None, "image/png", 404, "no model of that name"),
        ("?model=lenet5&maps=0", None, "image/png", 422, "maps: expected a whole number from 1 to 4096"),
        ("?model=lenet5&maps=9999999999", None, "image/png", 422, "maps: expected a whole number from 1 to 4096"),
        ("?model=lenet5&maps=%C2%B2", None, "image/png", 422, "maps: expected a whole number from 1 to 4096"),
        ("?model=lenet5", b"hello", "image/png", 422, "the image: not an image in a known format (PNG, JPEG, BMP, GIF, WEBP, TIFF, AVIF)"),
        ("?model=lenet5", b"", "image/png", 422, "the image: empty"),
        ("?model=lenet5", b"{}", "application/json", 415, "expected a body of type image/..., application/octet-stream or multipart/form-data"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_used_is_an_error(server, query, body, kind, status, line):
    response = server.ask(f"/lab/layers{query}", encoded() if body is None else body, kind)
    assert response.status == status and response.error.startswith(line)


def test_a_form_of_two_pictures_is_an_error(server):
    form = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + png(3) + b"\r\n"
        for _ in range(2)
    )
    response = server.ask("/lab/layers?model=lenet5", form + b"--b--\r\n", "multipart/form-data; boundary=b")
    assert response.status == 422 and "one picture" in response.error


def test_large_pictures_keep_no_small_ones_waiting(predictor, monkeypatch):
    large = png(7, size=(5000, 5000), height=3600, middle=(2500, 2500), pen=360, ink=0, paper=255)
    go, decoding, real = threading.Event(), [], lab.decode_sample

    def decode(content, table, *, small):
        sample = real(content, table, small=small)
        if not small:
            decoding.append(content)
            go.wait(60)
        return sample

    monkeypatch.setattr(lab, "decode_sample", decode)
    with serving({"lenet5": predictor}) as server:
        found = []

        def ask():
            found.append(server.ask("/lab/layers?model=lenet5", large, "image/png"))

        waiting = threading.Thread(target=ask)
        waiting.start()
        eventually(lambda: decoding)
        for number in (3, 7):
            response = server.ask("/lab/layers?model=lenet5", png(number), "image/png")
            assert response.json["top"][0]["class"] == str(number)
        go.set()
        waiting.join()
    assert found[0].json["top"][0]["class"] == "7" and decoding == [large]


def test_other_methods_are_an_error(server):
    assert server.ask("/lab/layers?model=lenet5").status == 405
    assert server.ask("/lab/models", b"", method="POST").status == 405


def test_the_list_of_models(server):
    (model,) = server.ask("/lab/models").json["models"]
    assert model.pop("side") >= 32  # the shorter side of a picture that is enough
    assert model == {"name": "lenet5", "table": "lenet5:distorted", "input": [1, 32, 32], "samples": "digits"}


def test_no_browser_caches_a_response_of_the_lab(server):
    assert server.ask("/lab/models").headers["cache-control"] == "no-store"


def test_the_metrics_count_the_lab_by_its_routes(server):
    server.ask("/lab/models")
    assert b'striate_requests_total{route="/lab/models",status="200"}' in server.ask("/metrics").body
