"""A model that answers: pictures of every kind, one bad picture among good ones, the wrong data set."""

from dataclasses import replace

import pytest
import torch
from PIL import Image, ImageOps

from striate.data import Dataset, load_named
from striate.errors import ModelError, StriateError
from striate.inference.predictor import Predictor
from striate.nn import Model, build
from striate.tables import load_table

DIGITS = tuple("0123456789")


@pytest.fixture(scope="module")
def predictor():
    table = load_table("lenet5:modern")
    table = replace(table, preprocessing=replace(table.preprocessing, light_on_dark=True))
    return Predictor(Model(build(table, seed=0).eval(), DIGITS, {}, {}))


@pytest.fixture(scope="module")
def digit():
    return Image.fromarray(load_named("digits").validation.pictures[0].squeeze(2))


def probabilities(predictor, image, path, **options):
    image.save(path, **options)
    (prediction,) = predictor.predict([path], top=10)
    return dict(prediction.top)


def test_probabilities_sum_to_one_and_come_in_order(predictor, digit, tmp_path):
    digit.save(tmp_path / "d.png")
    (prediction,) = predictor.predict([tmp_path / "d.png"])
    shares = [share for _, share in prediction.top]
    assert len(shares) == 5
    assert shares == sorted(shares, reverse=True)
    assert predictor.probabilities(torch.zeros(3, 1, 9, 9, dtype=torch.uint8)).sum(dim=1).tolist() == pytest.approx(
        [1] * 3
    )


def test_one_digit_in_many_forms_has_one_answer(predictor, digit, tmp_path):
    expected = probabilities(predictor, digit, tmp_path / "d.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    forms = {
        "rgb.png": (digit.convert("RGB"), {}),
        "ink_on_paper.png": (ImageOps.invert(digit), {}),
        "turned.png": (digit.transpose(Image.Transpose.ROTATE_90), {"exif": exif}),
        "palette.png": (digit.convert("P"), {}),
    }
    for name, (image, options) in forms.items():
        assert probabilities(predictor, image, tmp_path / name, **options) == pytest.approx(expected, abs=1e-5), name
    large = probabilities(predictor, digit.resize((560, 560), Image.Resampling.BILINEAR), tmp_path / "large.png")
    assert large == pytest.approx(expected, abs=0.05)


def test_a_bad_picture_does_not_stop_the_others(predictor, digit, tmp_path):
    digit.save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_text("hello")
    good, bad = predictor.predict([tmp_path / "good.png", tmp_path / "bad.png"])
    assert good.top
    assert good.error is None
    assert bad.top == ()
    assert bad.error.startswith(str(tmp_path / "bad.png"))


def test_evaluation_counts_every_image_once(predictor):
    digits = load_named("digits")
    scores = predictor.evaluate(digits).scores
    assert scores.images == len(digits.validation.labels) == int(scores.confusion.sum())


def test_another_data_set_is_refused(predictor):
    digits = load_named("digits")
    other = Dataset("pets", "", ("cat", "dog"), digits.train, digits.validation)
    with pytest.raises(StriateError, match=r"the model tells 10 classes \(0, 1, 2, ...\) apart, but pets holds 2"):
        predictor.evaluate(other)


def test_no_model(tmp_path):
    with pytest.raises(ModelError, match="no such model"):
        Predictor.load(tmp_path)
