"""POST /lab/stress against the library's perturbations, one after the other, and the network itself."""

import base64
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from handwriting import digit
from image_files import encode
from serving import png

from striate.analysis import total_cost
from striate.data import normalize
from striate.inspection import add_noise, fill_mode, load_sample, rotate, sample_of, scale, shift, thicken
from striate.nn import Model, build, load_model
from striate.tables import load_plan, load_table
from striate.web.lab import stress as lab_stress
from striate.web.lab.stress import sliders, stressed

LENET = load_model(Path("lenet5"))
AMOUNTS = {"shift": 1.6, "scale": 0.88, "rotation": 21, "thickness": -0.3, "noise": 16}
ROUNDING = 1e-4  # of probabilities in float32, as between engines: a batch of 41 is summed in another order than one
PLAIN = {"shift": 0.0, "scale": 1.0, "rotation": 0.0, "thickness": 0.0, "noise": 0.0}


def ask(server, body, **query):
    words = "&".join(f"{name}={value}" for name, value in {"model": "lenet5", **query}.items())
    return server.ask(f"/lab/stress?{words}", body, "image/png")


def changed(fitted_NCHW, amounts, table):
    """A picture after the library's five perturbations, in the route's order."""
    ground = fill_mode(table.preprocessing)
    fitted_NCHW = scale(thicken(fitted_NCHW, amounts["thickness"], ground), amounts["scale"], ground)
    fitted_NCHW = shift(rotate(fitted_NCHW, amounts["rotation"], ground), amounts["shift"], ground)
    return add_noise(fitted_NCHW, amounts["noise"], ground)


def probabilities(model, fitted_NCHW):
    with torch.no_grad():
        logits = model.network.eval()(normalize(fitted_NCHW, model.network.table.preprocessing))
    return (logits.double() / model.temperature).softmax(dim=1)[0].numpy()


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    path = tmp_path_factory.mktemp("stress") / "7.png"
    path.write_bytes(png(7))
    return load_sample(path, LENET.network.table)


def test_the_picture_and_the_prediction_are_the_librarys(lab, seven):
    response = ask(lab.server, png(7), **AMOUNTS).json
    expected = changed(seven.fitted_CHW[None], AMOUNTS, LENET.network.table)
    assert response["input"]["shape"] == [1, 32, 32]
    assert base64.b64decode(response["input"]["pixels"]) == expected.numpy().tobytes()
    expected_probabilities = probabilities(LENET, expected)
    assert [row["index"] for row in response["top"]] == np.argsort(-expected_probabilities, kind="stable")[:5].tolist()
    for row in response["top"]:
        assert row["probability"] == pytest.approx(expected_probabilities[row["index"]], abs=ROUNDING)
        assert row["class"] == LENET.classes[row["index"]]
    assert "curve" not in response


@pytest.mark.parametrize("sweep", AMOUNTS)
def test_a_curve_sweeps_one_perturbation_and_fixes_the_others(lab, seven, sweep):
    curve = ask(lab.server, png(7), **AMOUNTS, sweep=sweep).json["curve"]
    assert curve["change"] == sweep and curve["plain"] == {"class": "7", "index": 7}
    assert len(curve["amounts"]) == 41 and PLAIN[sweep] in curve["amounts"]
    table = LENET.network.table
    expected = np.stack(
        [
            probabilities(LENET, changed(seven.fitted_CHW[None], {**AMOUNTS, sweep: amount}, table))
            for amount in curve["amounts"]
        ]
    )
    indices = [line["index"] for line in curve["lines"]]
    assert indices[0] == 7
    for line in curve["lines"]:
        assert line["probabilities"] == pytest.approx(expected[:, line["index"]].tolist(), abs=ROUNDING)
    left_out = [index for index in range(10) if index not in indices]
    assert len(indices) == 5 or expected[:, left_out].max() < 0.01
    assert expected[:, left_out].max() <= min(expected[:, index].max() for index in indices[1:] or [7])
    recognised = [amount for amount, best in zip(curve["amounts"], expected.argmax(axis=1), strict=True) if best == 7]
    if PLAIN[sweep] not in recognised:
        assert curve["still"] is None
    else:
        low, high = curve["still"]
        assert low <= PLAIN[sweep] <= high
        within = [amount for amount in curve["amounts"] if low <= amount <= high]
        assert set(within) <= set(recognised)
        place = curve["amounts"].index(high)
        assert place == 40 or curve["amounts"][place + 1] not in recognised


def test_the_sliders_fit_the_table(lab):
    found = lab.server.ask("/lab/stress?model=lenet5").json["sliders"]
    assert found["rotation"] == {"least": -60.0, "most": 60.0, "step": 3.0, "neutral": 0.0}
    assert found["scale"] == {"least": 0.4, "most": 1.6, "step": 0.03, "neutral": 1.0}
    large = sliders(load_table("alexnet"))
    assert large["shift"].most == 56 and large["thickness"].least == -14 and asdict(large["noise"]) == found["noise"]


@pytest.mark.parametrize("name", ["googlenet:tiny", "resnet18:tiny", "minivggnet:tiny"])
def test_any_network_can_be_stressed(name):
    network = build(name, seed=0).eval()
    table, names = network.table, [f"<b>{index}" for index in range(network.table.classes)]
    fitted = torch.randint(0, 256, table.input, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    model = Model(network, tuple(names), {}, {})
    response = stressed(model, sample_of("noise", fitted, table), AMOUNTS, "thickness")
    expected_probabilities = probabilities(model, changed(fitted[None], AMOUNTS, table))
    best = response["top"][0]
    assert (best["index"], best["class"]) == (expected_probabilities.argmax(), names[expected_probabilities.argmax()])
    assert best["probability"] == pytest.approx(expected_probabilities.max(), abs=ROUNDING)
    assert json.dumps(response)


def test_a_slow_network_has_fewer_amounts(monkeypatch, seven):
    assert total_cost(load_plan("lenet5")).macs < lab_stress._CHEAP < total_cost(load_plan("alexnet")).macs
    monkeypatch.setattr(lab_stress, "_CHEAP", 1)
    curve = stressed(LENET, sample_of("7", seven.fitted_CHW, LENET.network.table), PLAIN, "shift")["curve"]
    assert curve["amounts"] == [-8, -6, -4, -2, 0, 2, 4, 6, 8]


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"rotation": 61}, "rotation: expected a number from -60 to 60"),
        ({"scale": 0}, "scale: expected a number from 0.4 to 1.6"),
        ({"shift": "nan"}, "shift: expected a number from -10000 to 10000"),
        ({"noise": "many"}, "noise: expected a number from -10000 to 10000"),
        ({"sweep": "blur"}, "sweep: expected one of thickness, scale, rotation, shift, noise"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_an_error(lab, query, line):
    response = ask(lab.server, png(7), **query)
    assert (response.status, response.error) == (422, line)


def test_no_model_and_no_picture(lab):
    assert ask(lab.server, png(7), model="none").status == 404
    assert lab.server.ask("/lab/stress?model=none").status == 404
    assert ask(lab.server, b"no picture").error.startswith("the image: not an image in a known format")


def test_a_photo_of_a_digit_is_preprocessed_first(lab):
    photo = digit(4, noise=4)
    assert photo.size == (640, 480)
    response = ask(lab.server, encode(photo, "PNG"), sweep="noise").json
    assert response["curve"]["plain"]["class"] == response["top"][0]["class"] == "4"
