"""A prediction shows itself in a notebook: the picture, the classes with bars; no name becomes markup."""

from pathlib import Path

import numpy as np
import pytest
from own_pages import HOSTILE
from PIL import Image

from striate.inference.prediction import Prediction
from striate.inference.predictor import Predictor


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load("lenet5", engine="torch", precision="float32")


def test_one_picture_is_shown_as_the_network_takes_it(predictor):
    prediction = predictor.predict(Image.new("L", (40, 30), 200), top=3)
    assert prediction.input_CHW.shape == (1, 32, 32)
    html = prediction._repr_html_()
    assert '<td rowspan="3"><img src="data:image/png;base64,' in html
    assert html.count("<tr>") == 3
    assert f"<td>{prediction.top[0][0]}</td><td>{prediction.top[0][1]:.1%}</td>" in html
    assert "blank" in html


def test_of_many_pictures_no_pixels_are_kept(predictor):
    predictions = predictor.predict([np.zeros((28, 28), np.uint8)] * 2)
    assert [prediction.input_CHW for prediction in predictions] == [None, None]
    assert "<img" not in predictions[0]._repr_html_()


def test_an_error_is_a_line(predictor):
    (prediction,) = predictor.predict(["<missing>.png"])
    assert prediction._repr_html_() == "<p>&lt;missing&gt;.png: no such file</p>"


def test_names_stay_text():
    html = Prediction(HOSTILE[0], None, tuple((name, 0.2) for name in HOSTILE))._repr_html_()
    assert "<script" not in html and "<img" not in html and "<!--" not in html
    assert "고양이" in html


def test_bars_are_as_long_as_the_probabilities():
    html = Prediction("a", None, (("cat", 0.75), ("dog", 0.25)))._repr_html_()
    assert "width: 9.00rem" in html and "width: 3.00rem" in html


def test_of_a_path_the_files_name_is_shown():
    assert "<caption>cat.png: blank</caption>" in Prediction("a/cat.png", Path("a/cat.png"), note="blank")._repr_html_()
