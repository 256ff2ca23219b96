"""A model in use: images of every kind, one bad image among good ones, the wrong data set, how its engine is chosen."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from striate.data import Dataset, load_named
from striate.errors import DataError, ModelError, StriateError
from striate.inference.engines import Engine
from striate.inference.predictor import Predictor, load
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
    (tmp_path / "bad.png").write_text("hello", encoding="utf-8")
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
    with pytest.raises(StriateError, match=r"the model has 10 classes \(0, 1, 2, ...\), but pets has 2"):
        predictor.evaluate(other)


def test_no_model(tmp_path):
    with pytest.raises(ModelError, match="no such model"):
        Predictor.load(tmp_path)


def test_one_image_gives_one_prediction_and_many_a_list(predictor, digit, tmp_path):
    path = tmp_path / "d.png"
    digit.save(path)
    one = predictor.predict(str(path))
    assert (one.name, one.path) == (str(path), path)
    assert one.top[0][0] in DIGITS
    assert predictor.predict(path) == one
    assert predictor.predict([str(path)]) == [one]
    assert [each.name for each in predictor.predict(iter([path, path]))] == [str(path)] * 2
    assert predictor.predict([]) == []
    array = np.array(digit)
    for image in (digit, array, array[..., None], torch.from_numpy(array), path.read_bytes()):
        found = predictor.predict(image)
        assert (found.name, found.path, found.top) == ("the image", None, one.top)
        assert [each.name for each in predictor.predict([image, image])] == ["image 1", "image 2"]


def test_the_one_image_that_cannot_be_read_is_an_error(predictor, tmp_path):
    with pytest.raises(DataError, match=r"none.png: no such file"):
        predictor.predict(tmp_path / "none.png")
    with pytest.raises(DataError, match="the image: expected uint8, or floats from 0 to 1"):
        predictor.predict(np.full((28, 28), 255.0))
    (prediction,) = predictor.predict([tmp_path / "none.png"])
    assert prediction.error == f"{tmp_path / 'none.png'}: no such file"


def test_load_is_the_predictor_of_a_model():
    assert load("lenet5").classes == Predictor.load("lenet5").classes == DIGITS
    assert load("lenet5", engine="torch").predict(np.zeros((28, 28), np.uint8)).top


@pytest.fixture
def choices(monkeypatch):
    """The images that each engine is chosen for; engines give zeros."""
    made = []

    def choose_engine(_network, _images_NCHW, *, work, **_options):
        made.append(work)
        return Engine("torch", "float32", lambda images_NCHW: torch.zeros(len(images_NCHW), 10))

    monkeypatch.setattr("striate.inference.predictor.choose_engine", choose_engine)
    return made


def digits(count):
    return [np.zeros((28, 28), np.uint8)] * count


def test_an_engine_for_few_images_is_chosen_anew_for_many(predictor, choices):
    predictor = Predictor(predictor.model)
    predictor.predict(digits(1)[0])
    assert choices == [1]
    predictor.predict(digits(10))
    assert choices == [1]  # not many more
    predictor.predict(digits(70))
    assert choices == [1, 70]  # once for all batches of a call
    predictor.predict(digits(700))
    assert choices == [1, 70]
    predictor.forward(torch.zeros(701, 1, 32, 32, dtype=torch.uint8))
    assert choices == [1, 70, 701]
    predictor.choose_engine()
    predictor.predict(digits(10_000))
    assert choices == [1, 70, 701, math.inf]


def test_evaluation_of_many_images_chooses_anew_too(predictor, choices):
    predictor = Predictor(predictor.model)
    predictor.predict(digits(1)[0])
    predictor.evaluate(load_named("digits"))
    assert choices == [1, 360]


@pytest.mark.parametrize("requested", [{"engine": "torch"}, {"precision": "int8"}], ids=str)
def test_a_requested_engine_and_a_calibrated_one_stay(predictor, choices, requested):
    predictor = Predictor(predictor.model, **requested)
    predictor.predict(digits(1)[0])
    predictor.predict(digits(100))
    assert choices == [1]
