"""Where a model fails: each class with the interval of its scores, slices of the pictures, the pictures of a cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from striate.data import Dataset, ImageSet
from striate.inference import Evaluation
from striate.studies.proportions import Interval, wilson_interval
from striate.studies.slices import Slice, picture_properties, slice_accuracy
from striate.tables import Table

_SHOWN = 10


@dataclass(frozen=True)
class ClassRates:
    """A class: its images, how many are predicted as it, and how many of both; recall and precision are the shares of
    these, each with its 95 % interval (Wilson). A share of no image is 0, its interval 0 to 1."""

    name: str
    images: int
    predicted: int
    correct: int

    @property
    def recall(self) -> float:
        """Of its images, the share that is predicted as it."""
        return self.correct / self.images if self.images else 0.0

    @property
    def precision(self) -> float:
        """Of the images predicted as it, the share that is of it."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall_interval(self) -> Interval:
        """The interval of the recall."""
        return wilson_interval(self.correct, self.images)

    @property
    def precision_interval(self) -> Interval:
        """The interval of the precision."""
        return wilson_interval(self.correct, self.predicted)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        names = ("name", "images", "predicted", "correct", "recall", "recall_interval", "precision")
        values = {name: getattr(self, name) for name in (*names, "precision_interval")}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


@dataclass(frozen=True)
class ErrorAnalysis:
    """An evaluation with the images that it is of, the slices of these, and the rates of each class."""

    evaluation: Evaluation
    images: ImageSet
    classes: tuple[ClassRates, ...]
    slices: tuple[Slice, ...]

    def worst_by_recall(self, most: int = _SHOWN) -> list[ClassRates]:
        """The classes that are found least, the lowest recall first, among those that have images and mistakes."""
        found = [rates for rates in self.classes if rates.correct < rates.images]
        return sorted(found, key=lambda rates: (rates.recall, -rates.images))[:most]

    def worst_by_precision(self, most: int = _SHOWN) -> list[ClassRates]:
        """The classes whose name is wrong most often, the lowest precision first."""
        found = [rates for rates in self.classes if rates.correct < rates.predicted]
        return sorted(found, key=lambda rates: (rates.precision, -rates.predicted))[:most]

    def cells(self) -> dict[tuple[int, int], list[int]]:
        """The images of each cell of the confusion matrix that has any, by true and predicted class: of mistakes those
        of the highest probability first, of the others those of the lowest, which are the nearest to a mistake."""
        evaluation, found = self.evaluation, defaultdict(list)
        pairs = zip(self.images.labels.tolist(), evaluation.predicted.tolist(), strict=True)
        for index, cell in enumerate(pairs):
            found[cell].append(index)
        probabilities = evaluation.probabilities.tolist()
        for (true, predicted), indices in found.items():
            indices.sort(key=probabilities.__getitem__, reverse=true != predicted)
        return dict(found)

    def to_dict(self) -> dict[str, Any]:
        """The slices and the worst classes as JSON has them."""
        return {
            "slices": [one.to_dict() for one in self.slices],
            "worst_classes": {
                "recall": [rates.to_dict() for rates in self.worst_by_recall()],
                "precision": [rates.to_dict() for rates in self.worst_by_precision()],
            },
        }


def analyze_errors(evaluation: Evaluation, dataset: Dataset, table: Table) -> ErrorAnalysis:
    """Where a model failed on the part of a data set that it was evaluated on. The images are read once more, for their
    brightness, size and sharpness.

    >>> from striate.inference import Predictor
    >>> predictor = Predictor.load("lenet5")
    >>> digits = predictor.load_dataset("digits")
    >>> analysis = analyze_errors(predictor.evaluate(digits), digits, predictor.table)
    >>> len(analysis.classes), sorted({one.measure for one in analysis.slices})
    (10, ['brightness', 'sharpness'])
    """
    images = dataset.part(evaluation.part)
    correct = (evaluation.predicted == images.labels).numpy()
    slices = slice_accuracy(picture_properties(images, table), correct)
    return ErrorAnalysis(evaluation, images, class_rates(evaluation, dataset.classes), slices)


def class_rates(evaluation: Evaluation, names: Sequence[str]) -> tuple[ClassRates, ...]:
    """The rates of each class."""
    images, predicted, correct = ([0] * len(names) for _ in range(3))
    for true, answer, count in evaluation.scores.pairs.tolist():
        images[true] += count
        predicted[answer] += count
        correct[true] += count if true == answer else 0
    return tuple(ClassRates(*values) for values in zip(names, images, predicted, correct, strict=True))
