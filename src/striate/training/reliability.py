"""A model calibrated on its validation pictures, after training: its temperature, its thresholds, and what they give.

The pictures are divided by content into three parts: one for the temperature, one for the thresholds, one for the
report. So no number of the report is of pictures that it was fitted to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from striate.data import Dataset, Digests, ImageSet, validation_batches
from striate.nn import FeatureDistance, Network, Reliability, WithFeatures, feature_row, unit_length
from striate.runtime import Device, read_behind, run_in_parts
from striate.training.metrics import calibration

COVERAGES = (0.8, 0.9, 0.95, 0.99)
"""Of prediction sets: the shares of pictures whose set has the true class."""
FALSE_ALARMS = 0.01
"""The share of pictures like the training data that are said to be of none of the classes."""
_FOR_TEMPERATURE, _FOR_THRESHOLDS = 0.2, 0.6
"""Where the parts end, in numbers from 0 to 1 that pictures have by their content."""
_LEAST_PICTURES = 100
"""Fewer say nothing of a temperature."""
_TRAINING_IMAGES = 5_000
"""Whose features give the distance: more change it little."""
_RIDGE = 1e-3
"""Of the mean variance, added to each: features that hardly vary would count too much."""


def calibrate(
    network: Network, dataset: Dataset, device: Device, *, false_alarms: float = FALSE_ALARMS
) -> Reliability | None:
    """What the validation pictures of a data set say of a network's answers; None if a logit is not finite.

    A threshold needs 1 / `false_alarms` pictures: with fewer there is none.
    """
    row = feature_row(network.plan)
    logits, features = _outputs(network, dataset.validation, device, row)
    if not (logits.isfinite().all() and features.isfinite().all()):
        return None
    distance = None
    if row is not None:
        train = dataset.train.subsample(_TRAINING_IMAGES)
        distance = fit_distance(row, _outputs(network, train, device, row)[1], train.labels, network.table.classes)
    distances = torch.zeros(len(logits)) if distance is None else distance(features)
    parts = _parts(dataset.validation.digests)
    labels = dataset.validation.labels
    temperature = fit_temperature(logits[parts[0]], labels[parts[0]])
    losses = _losses(logits, labels, temperature)
    found = {
        coverage: threshold
        for coverage in COVERAGES
        if (threshold := conformal_threshold(losses[parts[1]], 1 - coverage)) is not None
    }
    threshold = None if distance is None else conformal_threshold(distances[parts[1]], false_alarms)
    report = {
        "pictures": {"temperature": int(parts[0].sum()), "thresholds": int(parts[1].sum())},
        **_report(
            logits[parts[2]], labels[parts[2]], distances[parts[2]], temperature, threshold, found, dataset.classes
        ),
    }
    return Reliability(temperature, distance, false_alarms, threshold, found, report)


def conformal_threshold(scores: Tensor, rate: float) -> float | None:
    """The threshold that a new picture's score is above with a probability of at most `rate`, if it is drawn as these
    were: their ceil((n + 1)(1 - rate))-th smallest. None if there are too few for the rate.

    Source: Vovk, Gammerman, Shafer 2005; Angelopoulos, Bates 2021, section 1.

    >>> conformal_threshold(torch.arange(1.0, 100.0), 0.01)
    99.0
    >>> conformal_threshold(torch.arange(1.0, 99.0), 0.01)
    """
    rank = math.ceil((len(scores) + 1) * (1 - rate) - 1e-9)
    return float(scores.sort().values[rank - 1]) if rank <= len(scores) else None


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature that minimizes the cross entropy of the logits divided by it; 1 where there are fewer than 100
    pictures, or none is misclassified: nothing bounds it then.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
    """
    if len(labels) < _LEAST_PICTURES or bool((logits.argmax(dim=1) == labels).all()):
        return 1.0
    from scipy.optimize import minimize_scalar

    doubles = logits.double()
    found = minimize_scalar(
        lambda power: functional.cross_entropy(doubles / math.exp(power), labels).item(),
        bounds=(-5, 8),
        method="bounded",
    )
    return math.exp(found.x)


def fit_distance(row: str, features: Tensor, labels: Tensor, classes: int) -> FeatureDistance | None:
    """The distance from features (N, maps) of training pictures; None if they do not vary."""
    lengthened = unit_length(features.double())
    centres = lengthened.mean(dim=0).repeat(classes, 1)
    for label in sorted(set(labels.tolist())):
        centres[label] = lengthened[labels == label].mean(dim=0)
    deviations = lengthened - centres[labels]
    covariance = deviations.T @ deviations / len(labels)
    variance = float(covariance.diagonal().mean())
    if not variance > 0:
        return None
    factor = torch.linalg.cholesky(covariance + _RIDGE * variance * torch.eye(len(covariance)))
    whitening = torch.linalg.solve_triangular(factor, torch.eye(len(factor), dtype=torch.float64), upper=False)
    return FeatureDistance(row, whitening.float(), (centres @ whitening.T).float())


def _outputs(network: Network, images: ImageSet, device: Device, row: str | None) -> tuple[Tensor, Tensor]:
    """Logits (N, classes) and features (N, maps) of pictures, in float32 on the CPU."""
    classes = network.table.classes
    module = network if row is None else WithFeatures(network, row)
    training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            batches = validation_batches(images, network.table, device=device.device)
            parts = list(read_behind(run_in_parts(module, batch, device.device) for batch in batches))
    finally:
        network.train(training)
    outputs = torch.cat([torch.empty(0, parts[0].shape[1]), *parts]).float()
    return outputs[:, :classes], outputs[:, classes:]


def _parts(digests: Digests) -> tuple[Tensor, Tensor, Tensor]:
    """Which pictures are for the temperature, for the thresholds, and for the report. The second half of a digest
    decides: the first drew the validation pictures."""
    numbers: NDArray[np.float64] = digests[:, 8:].copy().view(">u8").ravel() / 2.0**64
    place = torch.from_numpy(numbers)
    first, second = place < _FOR_TEMPERATURE, place < _FOR_THRESHOLDS
    return first, second & ~first, ~second


def _losses(logits: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """-log of the probability of the true class (N,)."""
    return functional.cross_entropy(logits / temperature, labels, reduction="none")


def _report(
    logits: Tensor,
    labels: Tensor,
    distances: Tensor,
    temperature: float,
    threshold: float | None,
    sets: Mapping[float, float],
    classes: tuple[str, ...],
) -> dict[str, Any]:
    """What the pictures of the last part say."""
    if not len(labels):
        return {"images": 0}
    before, after = logits.softmax(dim=1), (logits / temperature).softmax(dim=1)
    predicted, losses = logits.argmax(dim=1), -(logits / temperature).log_softmax(dim=1)
    by_class = {}
    for number, name in enumerate(classes):
        of_class = predicted == number
        if of_class.any():
            by_class[name] = [round(calibration(each[of_class], labels[of_class])[1], 6) for each in (before, after)]
    in_sets = {coverage: prediction_sets(losses, limit) for coverage, limit in sets.items()}
    return {
        "images": len(labels),
        "calibration_error": [round(calibration(each, labels)[1], 6) for each in (before, after)],
        "calibration_error_by_class": by_class,
        "false_alarms": None if threshold is None else round(float((distances > threshold).double().mean()), 6),
        "sets": [
            [coverage, round(float(inside.gather(1, labels[:, None]).double().mean()), 6),
             round(float(inside.sum(dim=1).double().mean()), 4)]
            for coverage, inside in in_sets.items()
        ],
    }  # fmt: skip


def prediction_sets(losses: Tensor, threshold: float) -> Tensor:
    """Which classes are in each picture's set, bool (N, classes): those whose -log(probability), `losses`, is not above
    the threshold, and the likeliest.

    >>> prediction_sets(torch.tensor([[0.1, 2.0, 4.0], [3.0, 3.5, 4.0]]), 2.5)
    tensor([[ True,  True, False],
            [ True, False, False]])
    """
    best = functional.one_hot(losses.argmin(dim=1), losses.shape[1]).bool()
    return (losses <= threshold) | best
