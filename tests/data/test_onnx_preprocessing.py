"""The preprocessing as an ONNX graph makes the input that `read_input` makes, for pictures of any size and channels."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data import normalize, read_input
from striate.tables import Conv, Dense, Preprocessing, Table, load_table

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from striate.data.onnx_preprocessing import PIXELS, put_pixels_before  # noqa: E402

LEVEL = 1 / 255
SIZES = ((32, 32), (28, 28), (97, 61), (40, 300), (5, 9), (2, 2), (40, 1), (700, 500))
"""Square and not, the digits' own, smaller than any input, and larger than what is stored."""
TABLES = {
    "digits": load_table("lenet5").preprocessing,
    "light on dark": Preprocessing(light_on_dark=True),
    "share of the middle": Preprocessing(crop=0.875, mean=(0.4,), std=(0.2,)),
    "whole, in a frame": Preprocessing(content=(20, 26), fit="pad"),
    "digits and colours": Preprocessing(content=(28, 28), fit="pad", light_on_dark=True, figure=(20, 28)),
}


def table(preprocessing, channels):
    size = (32, 30)
    rows = (Conv("c", maps=2, kernel=3), Dense("out", units=2))
    return Table("t", (channels, *size), rows, preprocessing=preprocessing)


def run(of):
    """A model that passes on its images, with pictures as its input."""
    value = onnx.helper.make_tensor_value_info
    images = value("images", onnx.TensorProto.FLOAT, ["batch", *of.input])
    node = onnx.helper.make_node("Identity", ["images"], ["out"])
    graph = onnx.helper.make_graph([node], "g", [images], [value("out", onnx.TensorProto.FLOAT, ["batch", *of.input])])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    content = put_pixels_before(model, of, "images")
    onnx.checker.check_model(content, full_check=True)
    session = onnxruntime.InferenceSession(content.SerializeToString(), providers=["CPUExecutionProvider"])
    return lambda pictures: session.run(["out"], {PIXELS: pictures})[0]


def drawn(height, width, channels, *, light):
    """A ring of one pen's width and colour, on ground of another that is a little uneven."""
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    ring = np.exp(-(((np.hypot(y - 0.1, 1.3 * x) - 0.5) / 0.12) ** 2))[..., None]
    ink, ground = np.array([30, 60, 90])[:channels], np.array([230, 225, 205])[:channels]
    pixels = ground - 10 * x[None, :, None] + (ink - ground) * ring
    return np.round(pixels if light else 255 - pixels).astype(np.uint8)


def expected(picture, of):
    inputs_NCHW = read_input(picture, of).unsqueeze(0)
    return normalize(inputs_NCHW, of.preprocessing).numpy()


@pytest.mark.parametrize("preprocessing", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size(preprocessing, channels):
    of = table(preprocessing, channels)
    made = run(of)
    for height, width in SIZES:
        for given in (1, 3):
            for light in (True, False):
                picture = drawn(height, width, given, light=light)
                off = np.abs(made(picture[None]) - expected(picture, of)) * min(preprocessing.std)
                # Two ways to round a mean of bytes: a level here and there.
                assert off.max() <= 1.01 * LEVEL * (1 if preprocessing.figure is None else 3), (height, width, given)
                assert off.mean() <= 0.2 * LEVEL, (height, width, given, light)


@pytest.mark.parametrize("preprocessing", TABLES.values(), ids=TABLES)
def test_a_batch_is_its_pictures(preprocessing):
    of = table(preprocessing, 1)
    made = run(of)
    pictures = np.stack([drawn(60, 50, 3, light=light) for light in (True, False, True)])
    together = made(pictures)
    for picture, input_CHW in zip(pictures, together, strict=True):
        np.testing.assert_array_equal(made(picture[None])[0], input_CHW)


def test_a_blank_picture_has_no_digit():
    of = table(TABLES["digits"], 1)
    for level in (0, 255):
        picture = np.full((90, 70, 3), level, np.uint8)
        np.testing.assert_allclose(run(of)(picture[None]), expected(picture, of), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_transparent_parts_are_on_white(channels):
    of = table(Preprocessing(), channels)
    picture = np.dstack([drawn(32, 32, 3, light=False), np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))])
    off = np.abs(run(of)(picture[None]) - expected(Image.fromarray(picture), of))
    assert off.max() <= 1.01 * LEVEL


@pytest.mark.parametrize("shape", [(1, 3, 40, 50), (1, 40, 50, 2), (1, 40, 50, 5), (40, 50, 3)])
def test_what_is_no_picture_is_refused(shape):
    made = run(table(Preprocessing(), 3))
    with pytest.raises(Exception, match=r"(?i)expand|rank|dimension"):
        made(np.zeros(shape, np.uint8))


def test_nothing_is_left_over_of_another_type():
    made = run(table(Preprocessing(), 3))
    with pytest.raises(Exception, match="uint8"):
        made(np.zeros((1, 40, 50, 3), np.float32))


def test_every_family_of_tables():
    for name in ("lenet5:tiny", "resnet18:tiny", "googlenet:tiny", "minivggnet:tiny"):
        of = load_table(name)
        if of.input[0] not in (1, 3):
            of = replace(of, input=(3, *of.input[1:]))
        picture = drawn(120, 90, 3, light=True)
        off = torch.from_numpy(np.abs(run(of)(picture[None]) - expected(picture, of)))
        assert float(off.max()) * min(of.preprocessing.std) <= 3.01 * LEVEL, name
