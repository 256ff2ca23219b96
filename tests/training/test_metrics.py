"""Scores against scikit-learn's, and against counting image by image."""

import pytest
import torch
from batched import image_set
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from striate.nn import build
from striate.runtime import find_device
from striate.tables import Dense, Dropout, Table
from striate.training.metrics import calibration, predict_logits, score


@given(st.integers(2, 12), st.integers(1, 30), st.integers(0, 99))
def test_scores_equal_scikit_learns(classes, images, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(images, classes, generator=generator)
    labels = torch.randint(0, classes, (images,), generator=generator)
    scores = score(logits, labels, torch.nn.functional.cross_entropy)
    predicted, every = logits.argmax(dim=1), list(range(classes))
    assert scores.images == images
    assert scores.top1 == pytest.approx(accuracy_score(labels, predicted))
    assert scores.confusion.tolist() == confusion_matrix(labels, predicted, labels=every).tolist()
    precision, recall, _, support = precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    assert scores.precision == pytest.approx(precision.tolist())
    assert scores.recall == pytest.approx(recall.tolist())
    assert scores.support == support.tolist()
    best = [set(row.argsort(descending=True)[:5].tolist()) for row in logits]
    assert scores.top5 == pytest.approx(
        sum(int(label) in five for label, five in zip(labels, best, strict=True)) / images
    )


def test_very_many_classes_take_no_matrix():
    """Of a million classes the confusion matrix would take 8 TB."""
    logits, labels = torch.zeros(3, 1_000_000), torch.tensor([7, 999_999, 7])
    logits[:, 7] = 1
    scores = score(logits, labels, torch.nn.functional.cross_entropy)
    assert scores.pairs.tolist() == [[7, 7, 2], [999_999, 7, 1]]
    assert (scores.precision[7], scores.recall[7], scores.support[7]) == (pytest.approx(2 / 3), 1, 2)
    assert scores.binned_confusion(1000).nonzero().tolist() == [[0, 0], [999, 0]]


@given(st.integers(2, 10), st.integers(1, 60), st.integers(1, 20), st.integers(0, 99))
def test_calibration_equals_counting_image_by_image(classes, images, bins, seed):
    generator = torch.Generator().manual_seed(seed)
    probabilities = (3 * torch.randn(images, classes, generator=generator)).softmax(dim=1)
    labels = torch.randint(0, classes, (images,), generator=generator)
    inside = {}
    for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True):
        highest = max(row)
        number = next(n for n in range(bins) if highest <= (n + 1) / bins or n == bins - 1)
        inside.setdefault(number, []).append((highest, row.index(highest) == label))
    gaps, expected = 0.0, []
    for _, members in sorted(inside.items()):
        certainty, accuracy = (sum(column) / len(members) for column in zip(*members, strict=True))
        expected.append((certainty, accuracy, len(members)))
        gaps += len(members) * abs(certainty - accuracy)
    found, error = calibration(probabilities, labels, bins)
    assert [(b.certainty, b.accuracy, b.images) for b in found] == [pytest.approx(values) for values in expected]
    assert error == pytest.approx(gaps / images, abs=1e-9)


def test_calibration_when_every_probability_is_one():
    probabilities = torch.eye(2)[torch.tensor([0, 0, 1, 1])]
    assert calibration(probabilities, torch.tensor([0, 0, 1, 0]))[1] == pytest.approx(0.25)
    assert calibration(probabilities, torch.tensor([0, 0, 1, 1]))[1] == 0


@pytest.mark.parametrize("mode", [True, False])
def test_logits_are_those_of_evaluation_and_the_mode_is_restored(mode):
    table = Table("t", (1, 2, 2), (Dropout("d", rate=0.9), Dense("out", units=3)))
    network = build(table, seed=0).train(mode)
    images = torch.arange(4 * 700, dtype=torch.int64).remainder(256).to(torch.uint8).view(700, 1, 2, 2)
    logits = predict_logits(network, image_set(images), find_device("float32"))
    assert network.training is mode
    torch.testing.assert_close(logits, network.eval()(images / 255))
    assert not logits.requires_grad
