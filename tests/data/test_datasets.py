"""The named sets: sizes, ranges, and a split that is fixed and fair."""

import pytest
import torch

from striate.data.datasets import load_dataset
from striate.errors import DataError


def test_digits():
    digits = load_dataset("digits")
    train, test = digits.train, digits.test
    assert (len(train.labels), len(test.labels)) == (1437, 360)
    assert train.images_NCHW.shape[1:] == (1, 28, 28)
    assert train.images_NCHW.dtype == torch.uint8
    assert train.images_NCHW.max() == 255
    assert digits.classes == tuple("0123456789")
    assert torch.bincount(test.labels).min() >= 34


def test_the_split_is_fixed_and_no_image_is_on_both_sides():
    first, second = load_dataset("digits"), load_dataset("digits")
    assert torch.equal(first.test.images_NCHW, second.test.images_NCHW)
    rows = [{bytes(image.numpy().tobytes()) for image in part.images_NCHW} for part in (first.train, first.test)]
    assert not rows[0] & rows[1]


def test_an_unknown_name():
    with pytest.raises(DataError, match="unknown data set 'digit'; did you mean 'digits'"):
        load_dataset("digit")
