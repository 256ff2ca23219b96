"""POST /lab/filters against the notes' convolution, and the size's formula."""

import base64
import json
import urllib.parse

import numpy as np
import pytest
from image_files import encode
from PIL import Image

from striate.equations import output_size, same_padding
from striate.inspection import CLASSIC_KERNELS, classic_kernel
from striate.reference import convolution

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 9, 3), dtype=np.uint8)
SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def png(pixels):
    return encode(Image.fromarray(pixels), "PNG")


def ask(server, body, kernel=SOBEL, **query):
    text = kernel if isinstance(kernel, str) else json.dumps(kernel)
    words = urllib.parse.urlencode({"kernel": text, **query})
    return server.ask(f"/lab/filters?{words}", body, "image/png")


def convolved(channel_HW, kernel, stride, padding):
    w = np.array(kernel, dtype=np.float64)[:, :, None, None]
    x = channel_HW.astype(np.float64)[None, :, :, None]
    return convolution(x, w, np.zeros(1), stride=(stride, stride), padding=padding)[0, :, :, 0]


def test_the_classic_kernels_are_listed(lab):
    kernels = lab.server.ask("/lab/filters").json["kernels"]
    assert list(kernels) == list(CLASSIC_KERNELS)
    for name, kernel in kernels.items():
        assert np.array_equal(kernel, classic_kernel(name))


@pytest.mark.parametrize("padding", ["valid", "same", 2])
@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("side", [1, 3, 7])
def test_the_map_and_its_size(lab, side, stride, padding):
    kernel = np.random.default_rng(side).normal(size=(side, side)).round(3)
    response = ask(
        lab.server, png(PIXELS), kernel.tolist(), stride=stride, padding=padding, channel="green", row=1
    ).json
    cells = [
        same_padding(size, side, stride) if padding == "same" else (2, 2) if padding == 2 else (0, 0)
        for size in (12, 9)
    ]
    expected = convolved(PIXELS[:, :, 1], kernel, stride, tuple(cells))
    assert response["input"]["shape"] == [1, 12, 9]
    assert base64.b64decode(response["input"]["pixels"]) == PIXELS[:, :, 1].tobytes()
    sizes = [output_size(size, side, stride, pads) for size, pads in zip((12, 9), cells, strict=True)]
    assert response["output"]["size"] == sizes == list(expected.shape)
    assert response["window"]["padding"] == [list(pads) for pads in cells]
    assert response["window"]["kernel"] == [side, side] and response["window"]["stride"] == [stride, stride]
    assert response["range"] == pytest.approx([expected.min(), expected.max()], rel=1e-4, abs=1e-2)
    levels = np.frombuffer(base64.b64decode(response["output"]["maps"]), np.uint8).reshape(sizes).astype(float)
    assert (levels - 128) / 127 * response["output"]["scale"] == pytest.approx(
        expected, abs=response["output"]["scale"] / 200
    )
    assert response["output"]["signed"] == (expected.min() < 0)
    place = response["place"]
    row = min(1, sizes[0] - 1)
    assert place["unit"] == [row, 0]
    assert place["corner"] == [row * stride - cells[0][0], -cells[1][0]]
    assert place["value"] == pytest.approx(expected[row, 0], rel=1e-4, abs=1e-2)
    assert np.sum(place["products"]) == pytest.approx(place["value"])
    assert np.array(place["window"]) * kernel == pytest.approx(np.array(place["products"]), rel=1e-4)


def test_channels_are_the_pictures(lab):
    for index, channel in enumerate(("red", "green", "blue")):
        response = ask(lab.server, png(PIXELS), [[1]], channel=channel).json
        assert base64.b64decode(response["input"]["pixels"]) == PIXELS[:, :, index].tobytes()
    gray = ask(lab.server, png(PIXELS), [[1]]).json
    expected = np.asarray(Image.fromarray(PIXELS).convert("L")).astype(int)
    found = np.frombuffer(base64.b64decode(gray["input"]["pixels"]), np.uint8).reshape(12, 9).astype(int)
    assert np.abs(found - expected).max() <= 1
    same = ask(lab.server, png(PIXELS[:, :, 0]), [[1]], channel="blue").json  # a gray picture has it in every channel
    assert base64.b64decode(same["input"]["pixels"]) == PIXELS[:, :, 0].tobytes()


@pytest.mark.parametrize(
    ("size", "side", "expected"), [((300, 100), 64, [64, 21]), ((30, 100), 32, [10, 32]), ((20, 9), 64, [20, 9])]
)
def test_a_large_picture_is_scaled_down(lab, size, side, expected):
    response = ask(lab.server, png(np.full(size, 77, np.uint8)), [[1]], side=side).json
    assert response["input"]["shape"] == [1, *expected]
    assert set(base64.b64decode(response["input"]["pixels"])) == {77}


def test_a_place_outside_the_map_is_its_last_cell(lab):
    place = ask(lab.server, png(PIXELS), row=500, column=500).json["place"]
    assert place["unit"] == [9, 6] and place["corner"] == [9, 6]


def test_a_kernel_that_does_not_fit_is_an_error(lab):
    response = ask(lab.server, png(PIXELS[:4, :9]), np.ones((7, 7)).tolist(), padding=1)
    assert response.status == 422
    assert response.error.endswith("a kernel of 7x7 does not fit into an input of 4x9 with padding 1")
    assert ask(lab.server, png(PIXELS[:4, :9]), np.ones((7, 7)).tolist(), padding=2).json["output"]["size"] == [2, 7]


@pytest.mark.parametrize(
    "kernel",
    ["", "3", "{}", "[]", "[[]]", "[1]", "[[1,2]]", "[[1,2],[3]]", '[["a"]]', "[[[1]]]", "[[1],[2],", str(np.ones((8, 8)).tolist()),
     "[" * 500, "[[" + "9" * 400 + "]]"],
)  # fmt: skip
def test_text_that_is_no_kernel_is_an_error(lab, kernel):
    response = ask(lab.server, png(PIXELS), kernel)
    assert (response.status, response.error) == (422, "kernel: expected 1 to 7 rows of as many numbers, as JSON")


@pytest.mark.parametrize("weight", ["null", "NaN", "Infinity", "1e400", "1000.5", "-1e300"])
def test_weights_are_bounded(lab, weight):
    response = ask(lab.server, png(PIXELS), f"[[{weight}]]")
    assert (response.status, response.error) == (422, "kernel: expected numbers from -1000 to 1000")


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"stride": 0}, "stride: expected a whole number from 1 to 4"),
        ({"padding": "full"}, "padding: expected a whole number from 0 to 8"),
        ({"padding": 9}, "padding: expected a whole number from 0 to 8"),
        ({"side": 1000}, "side: expected a whole number from 16 to 256"),
        ({"channel": "alpha"}, "channel: expected one of gray, red, green, blue"),
        ({"row": -1}, "row: expected a whole number from 0 to 512"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_an_error(lab, query, line):
    response = ask(lab.server, png(PIXELS), **query)
    assert (response.status, response.error) == (422, line)


def test_a_body_must_be_a_picture(lab):
    assert ask(lab.server, b"no picture").error.startswith("the image: not an image in a known format")
