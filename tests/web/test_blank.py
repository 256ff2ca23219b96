"""A picture with nothing in it is said to be blank, whoever asks."""

import json

import numpy as np
import pytest
from handwriting import digit
from PIL import Image
from running import here
from serving import serving

from striate.inference import Predictor

BLANK = "blank: nothing in it"


def page(seed=0):
    """Paper in uneven light, with its grain, on which nothing is written."""
    grain = np.random.default_rng(seed).normal(0, 1.2, (300, 400))
    return Image.fromarray((200 - np.linspace(0, 40, 400) + grain).astype(np.uint8))


PICTURES = {
    "white": (Image.new("L", (400, 300), 255), True),
    "black": (Image.new("RGB", (28, 28)), True),
    "transparent": (Image.new("RGBA", (80, 60), (0, 0, 0, 0)), True),
    "a page without ink": (page(), True),
    "a seven": (digit(7), False),
}


@pytest.fixture(scope="module")
def server():
    with serving({"lenet5": Predictor.load("lenet5", engine="torch")}) as running:
        yield running


@pytest.mark.parametrize("what", PICTURES)
def test_what_is_blank_is_said_by_all(server, what, tmp_path):
    image, blank = PICTURES[what]
    path = tmp_path / "picture.png"
    image.save(path)
    note = BLANK if blank else ""
    assert Predictor.load("lenet5", engine="torch").predict(path).note == note
    (shown,) = json.loads(here("predict", "lenet5", path, "--json").stdout)["predictions"]
    assert shown.get("note", "") == note and shown["top"]
    assert (f"{path}: {BLANK}" in here("predict", "lenet5", path).stdout) == blank
    (answered,) = server.predict(path.read_bytes()).json["predictions"]
    assert answered.get("note", "") == note and answered["top"]
    assert server.ask("/lab/layers?model=lenet5", path.read_bytes(), "image/png").json.get("note", "") == note
