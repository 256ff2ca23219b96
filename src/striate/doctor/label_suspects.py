"""Label suspects: pictures that a classifier which has not learned from them surely takes for another class.

The classifier is a linear discriminant on features, fitted k times, each time on all folds but one. So the probability
of each picture's class is out of fold. Which probability counts as sure is taken from the classes themselves, as in
confident learning: the mean of a class's probability over the pictures that are labelled so.

Source: Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FOLDS = 5
UNLIKELY = 0.05
"""The probability of a picture's own class below which the picture can be a suspect."""
_SHRINKAGE = 0.1


@dataclass(frozen=True)
class LabelSuspect:
    """A picture by index, the class that it probably is of, and the out-of-fold probabilities of its own class and of
    that one."""

    index: int
    label: int
    own: float
    other: float


def find_label_suspects(probabilities_NC: Floats, labels: Integers) -> tuple[LabelSuspect, ...]:
    """The suspects by out-of-fold probabilities (N, classes), the surest first.

    A picture is one if its own class has a probability of at most `UNLIKELY`, and another class at least the mean
    probability that this class has for its own pictures.

    >>> sure = np.array([[0.9, 0.1]] * 8 + [[0.01, 0.99]] + [[0.1, 0.9]] * 8)
    >>> [suspect.index for suspect in find_label_suspects(sure, np.array([0] * 9 + [1] * 8))]
    [8]
    """
    count, classes = probabilities_NC.shape
    rows = np.arange(count)
    own = probabilities_NC[rows, labels]
    sums = np.bincount(labels, weights=own, minlength=classes)
    counts = np.bincount(labels, minlength=classes)
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    confident = np.where(probabilities_NC >= thresholds, probabilities_NC, -1.0)
    confident[rows, labels] = -1.0
    best = confident.argmax(axis=1)
    other = confident[rows, best]
    found = np.flatnonzero((own <= UNLIKELY) & (other > own))
    ordered = found[np.argsort(own[found] - other[found], kind="stable")]
    return tuple(LabelSuspect(i, int(best[i]), float(own[i]), float(other[i])) for i in ordered.tolist())


def out_of_fold_probabilities(
    features_NF: NDArray[np.float32], labels: Integers, classes: int, seed: int = 0
) -> Floats:
    """Each picture's probabilities (N, classes) by a linear discriminant that has learned from the other folds.

    The logits' temperature is the one of the least loss over all pictures: the discriminant alone is too sure.
    Pictures of classes of fewer than `FOLDS` pictures have the probability 1 of their own class: none is a suspect.
    """
    from scipy.special import softmax

    centred = features_NF - features_NF.mean(axis=0)
    values = np.asarray(centred / np.maximum(features_NF.std(axis=0), 1e-6), np.float32)
    counts = np.bincount(labels, minlength=classes)
    usable = np.flatnonzero(counts[labels] >= FOLDS)
    logits = np.full((len(labels), classes), -np.inf)
    logits[np.arange(len(labels)), labels] = 0.0
    if len(np.unique(labels[usable])) > 1:
        logits[usable] = _out_of_fold_logits(values[usable], labels[usable], classes, seed)
        logits[usable] /= _temperature(logits[usable], labels[usable])
    probabilities: Floats = softmax(logits, axis=1)
    return probabilities


def _out_of_fold_logits(values_NF: NDArray[np.float32], labels: Integers, classes: int, seed: int) -> Floats:
    from sklearn.model_selection import StratifiedKFold

    logits = np.empty((len(labels), classes))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for learned, left_out in folds.split(labels, labels):
        logits[left_out] = _discriminant(values_NF[learned], labels[learned], values_NF[left_out], classes)
    return logits


def _discriminant(
    learned_NF: NDArray[np.float32], labels: Integers, asked_MF: NDArray[np.float32], classes: int
) -> Floats:
    """Logits (M, classes) of a linear discriminant with one covariance for all classes, shrunk towards a sphere."""
    counts = np.bincount(labels, minlength=classes)
    members = np.eye(classes, dtype=np.float32)[labels]
    means_CF = members.T @ learned_NF / np.maximum(counts, 1)[:, None]
    rest = learned_NF - means_CF[labels]
    covariance: Floats = (rest.T @ rest / len(rest)).astype(np.float64)
    sphere = float(np.trace(covariance)) / len(covariance)
    covariance = (1 - _SHRINKAGE) * covariance + (_SHRINKAGE * sphere + 1e-9) * np.eye(len(covariance))
    weights_FC = np.linalg.solve(covariance, means_CF.T.astype(np.float64))
    offsets = np.where(counts > 0, np.log(np.maximum(counts, 1)) - 0.5 * (means_CF.T * weights_FC).sum(axis=0), -np.inf)
    logits: Floats = asked_MF @ weights_FC + offsets
    return logits


def _temperature(logits_NC: Floats, labels: Integers) -> float:
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(temperature: float) -> float:
        return -float(log_softmax(logits_NC / temperature, axis=1)[np.arange(len(labels)), labels].mean())

    return float(minimize_scalar(loss, bounds=(0.2, 50.0), method="bounded").x)
