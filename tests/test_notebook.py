"""The diagram of a notebook in Python: what it takes, and its traits. `web/page/test_diagram.py` looks at it in a browser."""

import importlib
import io
import sys

import numpy as np
import pytest
from PIL import Image

from striate.errors import DataError, ModelError, StriateError
from striate.inference import Predictor
from striate.nn import Model, build
from striate.notebook import NetworkDiagram


@pytest.fixture(scope="module")
def diagram():
    return NetworkDiagram("lenet5")


def test_its_first_picture_is_a_sample(diagram):
    assert diagram.picture.name == "0.png"
    assert "_page" in diagram.get_state() and "_picture" in diagram.get_state()


def test_a_picture_of_any_kind_is_sent_as_a_small_png(diagram):
    diagram.picture = np.full((900, 600, 3), 77, np.uint8)
    sent = Image.open(io.BytesIO(diagram._picture))
    assert (sent.format, sent.mode) == ("PNG", "L")
    assert max(sent.size) < 900
    with pytest.raises(DataError, match=r"missing\.png: no such file"):
        diagram.picture = "missing.png"
    assert isinstance(diagram.picture, np.ndarray)
    diagram.picture = None
    assert diagram._picture == b""


def test_a_unit_comes_back_as_traits(diagram):
    heard = []
    diagram.observe(heard.append, ["unit"])
    diagram.set_state({"row": "C3", "unit": [4, 2, 7]})
    assert (diagram.row, diagram.unit) == ("C3", [4, 2, 7])
    assert [change.new for change in heard] == [[4, 2, 7]]


def test_a_model_without_samples_waits_for_a_picture():
    predictor = Predictor(Model(build("lenet5:tiny", seed=0).eval(), tuple("abcdefghij"), {}, {}))
    diagram = NetworkDiagram(predictor)
    assert diagram.picture is None and diagram._picture == b""


def test_no_such_model():
    with pytest.raises(ModelError, match="nothing"):
        NetworkDiagram("nothing")


def test_without_the_extra_a_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "striate.notebook")
    with pytest.raises(StriateError, match=r"needs an extra: pip install 'striate\[notebooks\]'"):
        importlib.import_module("striate.notebook")
