"""Slices and intervals: against a peer, on data that are wrong in one slice only, and on what has no slices."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.signal import convolve2d
from scipy.stats import binomtest

from striate.data import ArrayPictures, ImageSet, load_dataset, preprocessed_batches
from striate.studies import difference_interval, picture_properties, slice_accuracy, wilson_interval
from striate.tables import load_table

TABLE = load_table("lenet5:tiny")


@given(st.integers(1, 500), st.floats(0, 1))
def test_the_interval_is_scipys(trials, share):
    hits = round(trials * share)
    expected = binomtest(hits, trials).proportion_ci(method="wilson")
    assert wilson_interval(hits, trials) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_difference_is_newcombes_table():
    examples = {(9, 10, 3, 10): (0.1705, 0.8090), (6, 7, 2, 7): (0.0582, 0.8062), (0, 10, 0, 20): (-0.1611, 0.2775)}
    for (a, m, b, n), interval in examples.items():
        assert difference_interval((a, m), (b, n)) == pytest.approx(interval, abs=5e-5)


def test_a_slice_that_is_worse_is_found_and_chance_is_not():
    draw = np.random.default_rng(0)
    values = {"brightness": draw.random(900), "sharpness": draw.random(900)}
    correct = draw.random(900) < np.where(values["sharpness"] < 0.2, 0.5, 0.9)
    slices = slice_accuracy(values, correct)
    assert len(slices) == 10  # fifths of 500 images and more
    assert [(one.measure, one.high < 0.21) for one in slices if one.is_worse] == [("sharpness", True)]
    for one in slices:
        inside = (values[one.measure] >= one.low) & (values[one.measure] <= one.high)
        assert (one.images, one.correct) == (inside.sum(), correct[inside].sum())
    assert sum(one.images for one in slices) == 1800


@pytest.mark.parametrize("counts", [(90, 10), (10, 90)])
def test_equal_values_stay_together_and_one_value_has_no_slices(counts):
    size = np.repeat([28.0, 64.0], counts)
    slices = slice_accuracy({"size": size, "brightness": np.ones(100)}, np.ones(100, bool))
    assert [(one.measure, one.low, one.high, one.images) for one in slices] == [
        ("size", 28, 28, counts[0]),
        ("size", 64, 64, counts[1]),
    ]
    assert slice_accuracy({"brightness": np.ones(1)}, np.ones(1, bool)) == ()


def test_properties_are_those_of_the_input():
    array = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), dtype=np.uint8)
    array[1] //= 4
    images = ImageSet(ArrayPictures(array), torch.tensor([0, 1, 0]))
    properties = picture_properties(images, TABLE)
    inputs = torch.cat(list(preprocessed_batches(images, TABLE)))[:, 0].numpy() / 255
    laplacians = [convolve2d(one, [[0, 1, 0], [1, -4, 1], [0, 1, 0]], mode="valid") for one in inputs]
    assert properties["size"].tolist() == [28, 28, 28]
    assert properties["brightness"] == pytest.approx(inputs.mean(axis=(1, 2)))
    assert properties["sharpness"] == pytest.approx([one.var() for one in laplacians])


def test_size_is_that_of_the_file_where_the_picture_is_scaled_down(tmp_path):
    for name, side in (("a", 40), ("b", 640)):
        (tmp_path / "set" / name).mkdir(parents=True)
        buffer = io.BytesIO()
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side + 8, 3), np.uint8)).save(buffer, "JPEG")
        (tmp_path / "set" / name / "한 글.jpg").write_bytes(buffer.getvalue())
    images = load_dataset(tmp_path / "set", TABLE, classes=("a", "b")).part("all")
    assert images.pictures.shapes.min(axis=1).max() < 640
    assert sorted(picture_properties(images, TABLE)["size"].tolist()) == [40, 640]
    (tmp_path / "set" / "b" / "한 글.jpg").unlink()
    assert max(picture_properties(images, TABLE)["size"]) < 640  # the decoded picture is left
