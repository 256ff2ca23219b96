"""A picture becomes a network's input in the page as it does in `striate predict`: to one of 255, of which 0 is expected."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from engine_tensors import check_close
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from striate.data import decode_side, normalize, read_noted_input
from striate.models import shipped_models
from striate.nn import read_metadata
from striate.tables import Table, load_table, table_to_dict

Pixels = NDArray[np.uint8]
TABLES = {
    **{name: read_metadata(path).plan.table for name, path in shipped_models().items()},
    **{name: load_table(name) for name in ("lenet5:modern", "googlenet:tiny", "minivggnet", "resnet18:tiny")},
}


def check_equal(engine: Any, pixels_HWC: Pixels, table: Table, apart: float = 1) -> None:
    height, width, _ = pixels_HWC.shape
    rgba = np.dstack([pixels_HWC, np.full((height, width), 255, np.uint8)])
    wanted_CHW, note = read_noted_input(Image.fromarray(pixels_HWC), table)
    answer = engine.ask(
        {
            "kind": "picture", "table": table_to_dict(table, defaults=True), "side": decode_side(table),
            "width": width, "height": height, "pixels": base64.b64encode(rgba.tobytes()).decode(),
        }
    )  # fmt: skip
    fitted_CHW = np.frombuffer(base64.b64decode(answer["fitted"]), np.uint8).reshape(wanted_CHW.shape)
    difference = np.abs(fitted_CHW.astype(int) - wanted_CHW.numpy().astype(int)).max()
    assert difference <= apart, difference
    assert answer["isBlank"] == note.startswith("blank")
    if difference == 0:
        check_close(answer["input"], normalize(wanted_CHW.unsqueeze(0), table.preprocessing), "input")


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.preprocessing.figure is None])
@given(size=st.tuples(st.integers(1, 90), st.integers(1, 90)), seed=st.integers(0, 9), scale=st.sampled_from([1, 7]))
@settings(max_examples=25, deadline=None)
def test_pictures_of_any_size(engine, name, size, seed, scale):
    random = np.random.default_rng(seed)
    check_equal(engine, random.integers(0, 256, (size[0] * scale, size[1], 3), dtype=np.uint8), TABLES[name])


@pytest.mark.parametrize("light", [False, True], ids=["dark on light", "light on dark"])
@given(
    seed=st.integers(0, 999), size=st.tuples(st.integers(40, 500), st.integers(40, 500)), pen=st.integers(2, 9),
    shade=st.integers(0, 30),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_digits_drawn_on_uneven_ground(engine, seed, size, pen, shade, light):
    """To 2 of 255: the plane of the ground is fitted in single precision there, and in double here. No drawing is symmetric:
    of one whose centre of mass lies between two pixels either is as good."""
    image = Image.new("L", size, 235)
    points = np.random.default_rng(seed).uniform(0.15, 0.85, (5, 2)) * size
    ImageDraw.Draw(image).line([tuple(point) for point in points], fill=20, width=pen)
    gray = np.asarray(image) * (1 - shade / 100 * np.linspace(0, 1, size[0]))
    pixels = (255 - gray if light else gray).round().astype(np.uint8)
    check_equal(engine, np.dstack([pixels] * 3), TABLES["lenet5"], apart=2)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("value", [0, 128, 255])
def test_blank_pictures(engine, name, value):
    check_equal(engine, np.full((40, 60, 3), value, np.uint8), TABLES[name])


def test_transparent_pixels_are_on_white(engine):
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[5:15, 5:15, 3] = 255
    table = TABLES["resnet20"]
    ask = {"kind": "picture", "table": table_to_dict(table, defaults=True), "side": 20, "width": 20, "height": 20}
    given = engine.ask({**ask, "pixels": base64.b64encode(rgba.tobytes()).decode()})
    opaque = np.dstack([np.where(rgba[..., 3:] == 255, rgba[..., :3], 255), np.full((20, 20), 255)]).astype(np.uint8)
    wanted = engine.ask({**ask, "pixels": base64.b64encode(opaque.tobytes()).decode()})
    assert given == wanted and not given["isBlank"]
