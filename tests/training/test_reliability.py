"""Calibration: quantiles of split conformal, the temperature, and what a whole calibration keeps and reports."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import betabinom

from striate.data import load_dataset
from striate.nn import build
from striate.runtime import find_device
from striate.tables import load_table
from striate.training import calibrate, conformal_threshold, fit_distance, fit_temperature, prediction_sets


@pytest.mark.parametrize(("number", "rate"), [(99, 0.01), (100, 0.01), (250, 0.05), (19, 0.05), (1, 0.5)])
def test_threshold_is_the_conformal_quantile(number, rate):
    scores = torch.randperm(number, generator=torch.Generator().manual_seed(0)).double()
    rank = math.ceil(round((number + 1) * (1 - rate), 9))
    assert conformal_threshold(scores, rate) == rank - 1


@pytest.mark.parametrize(("number", "rate"), [(98, 0.01), (18, 0.05), (0, 0.5)])
def test_too_few_pictures_give_no_threshold(number, rate):
    assert conformal_threshold(torch.arange(float(number)), rate) is None


def test_false_alarms_have_their_distribution():
    """The mean over many draws is that of the Beta-binomial, to five standard errors."""
    random, counts, calibrated, tested, rate = np.random.default_rng(0), [], 200, 300, 0.05
    for _draw in range(400):
        scores = torch.from_numpy(random.standard_exponential(calibrated + tested))
        counts.append(int((scores[calibrated:] > conformal_threshold(scores[:calibrated], rate)).sum()))
    rank = math.ceil((calibrated + 1) * (1 - rate))
    expected = betabinom(tested, calibrated + 1 - rank, rank)
    assert abs(np.mean(counts) - expected.mean()) < 5 * expected.std() / math.sqrt(len(counts))


def test_temperature_of_drawn_labels_is_found():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(4000, 5, generator=generator)
    labels = torch.multinomial((logits / 2.5).softmax(dim=1), 1, generator=generator).flatten()
    assert fit_temperature(logits, labels) == pytest.approx(2.5, rel=0.1)
    assert fit_temperature(4 * logits, labels) == pytest.approx(10, rel=0.1)


def test_without_mistakes_or_pictures_the_temperature_is_1():
    logits = torch.eye(5).repeat(40, 1)
    assert fit_temperature(logits, logits.argmax(dim=1)) == 1
    assert fit_temperature(logits[:50], (logits[:50].argmax(dim=1) + 1) % 5) == 1


def test_distance_is_that_of_mahalanobis():
    random = np.random.default_rng(0)
    features = torch.from_numpy(random.normal(size=(300, 4)) @ random.normal(size=(4, 4)) + 3)
    labels = torch.arange(300) % 3
    distance = fit_distance("S4", features, labels, 3)
    unit = (features / features.norm(dim=1, keepdim=True)).numpy()
    means = np.stack([unit[labels == label].mean(axis=0) for label in range(3)])
    covariance = np.cov((unit - means[labels]).T, bias=True)
    inverse = np.linalg.inv(covariance + 1e-3 * np.trace(covariance) / 4 * np.eye(4))
    expected = [min((one - mean) @ inverse @ (one - mean) for mean in means) for one in unit]
    np.testing.assert_allclose(distance(features.float()).numpy(), expected, rtol=1e-3)


def test_features_that_do_not_vary_give_no_distance():
    assert fit_distance("S4", torch.ones(10, 4), torch.arange(10) % 2, 2) is None


def test_sets_have_the_likeliest_class():
    sets = prediction_sets(torch.tensor([[3.0, 5.0, 4.0]]), 1.0)
    assert sets.tolist() == [[True, False, False]]


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits", load_table("lenet5:tiny"))


def calibrated(dataset, rate):
    return calibrate(build("lenet5:tiny", seed=0), dataset, find_device("float32", device="cpu"), false_alarms=rate)


def test_calibration_reports_on_pictures_of_its_own(digits):
    found = calibrated(digits, 0.05)
    parts = found.report["pictures"]
    assert parts["temperature"] + parts["thresholds"] + found.report["images"] == len(digits.validation)
    assert found.threshold > 0
    assert 0 <= found.report["false_alarms"] <= 1
    assert [coverage for coverage, *_ in found.report["sets"]] == list(found.sets)


def test_too_few_pictures_for_the_rate(digits):
    found = calibrated(digits, 0.001)
    assert found.threshold is None
    assert found.row is None
    assert found.report["false_alarms"] is None


def test_the_same_twice(digits):
    first, second = calibrated(digits, 0.05), calibrated(digits, 0.05)
    assert torch.equal(first.distance.whitening, second.distance.whitening)
    assert (first.threshold, first.temperature, first.report) == (second.threshold, second.temperature, second.report)
