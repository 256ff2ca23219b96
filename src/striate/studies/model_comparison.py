"""Two trained models on the same pictures: what differs in table, recipe, weights, scores and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch

from striate.analysis import Comparison, compare, comparison_to_json
from striate.data import DataOptions, Dataset, DataSource, ImageSet, Part, ProgressCallback
from striate.errors import DataError, ModelError
from striate.inference import Evaluation, Predictor
from striate.nn import Model
from striate.studies.document_differences import Difference, differences
from striate.studies.paired import CONFIDENCE
from striate.studies.paired_answers import PairedAnswers
from striate.studies.weight_distance import WeightDistance, weight_distance
from striate.tables import table_to_dict
from striate.training import TrainedOn, trained_options

ChangeKind = Literal["broken", "mended", "other"]
"""A picture that the first model alone has right, the second alone, or neither, with two wrong answers."""
_IN_WORDS = ("name", "source", "expected")
"""Of a table: how it is called and where it is from, which change nothing that is computed."""
_OF_THE_DAY = ("seconds", "skipped", "skipped_images")
"""Of a training: what is no part of how it was done."""


@dataclass(frozen=True)
class ClassComparison:
    """A class, its number of pictures, and for each model its recall and its precision."""

    name: str
    images: int
    recall: tuple[float, float]
    precision: tuple[float, float]


@dataclass(frozen=True)
class Change:
    """A picture whose answer changed: its index in the part, its path if it has one, its class, and each model's answer
    with its probability."""

    image: int
    path: str | None
    true: str
    first: tuple[str, float]
    second: tuple[str, float]

    @property
    def kind(self) -> ChangeKind:
        """What the change did."""
        return "broken" if self.first[0] == self.true else "mended" if self.second[0] == self.true else "other"


@dataclass(frozen=True)
class ModelComparison:
    """Two models and their answers to the `images` of a data set.

    `tables` compares what the networks cost; `table_differences` and `recipe_differences` are the fields that differ.
    `interval` is that of the difference of top-1, the second's less the first's. `changes` are the broken pictures,
    the mended ones, then the others, each by falling probability of the second's answer.
    """

    names: tuple[str, str]
    tables: Comparison
    table_differences: tuple[Difference, ...]
    recipe_differences: tuple[Difference, ...]
    weights: WeightDistance
    data: str
    images: ImageSet
    evaluations: tuple[Evaluation, Evaluation]
    answers: PairedAnswers
    interval: tuple[float, float]
    classes: tuple[ClassComparison, ...]
    changes: tuple[Change, ...]

    @property
    def is_worse(self) -> bool:
        """Whether the second's top-1 is measurably lower: the whole interval of the difference lies below 0."""
        return self.interval[1] < 0

    @property
    def counts(self) -> dict[ChangeKind, int]:
        """How many changes there are of each kind."""
        found = Counter(change.kind for change in self.changes)
        return {"broken": found["broken"], "mended": found["mended"], "other": found["other"]}


def compare_models(
    first: Path | str,
    second: Path | str,
    data: DataSource,
    *,
    part: Part | None = None,
    options: Mapping[str, Any] | None = None,
    device: str | None = None,
    batch_size: int = 1,
    on_progress: ProgressCallback = lambda _done, _total: None,
    on_listed: Callable[[str], None] = lambda _line: None,
) -> ModelComparison:
    """Compare two models on the same pictures, computed by the plain networks in float32.

    Args:
        first, second: a run directory, a .safetensors file, or the name of a model that ships; of the same classes.
        data: as for `Predictor.evaluate`.
        part: the pictures to compare on; by default those that `Predictor.evaluate` takes for the model that was
            trained on these data, the first if both or neither were. They are split as for that model's training.
        options: fields of `DataOptions` that take precedence.
        device: as for `striate.load`.
        batch_size: for the memory figures of `tables`.
        on_progress: called with how many of how many answers are there, of both models.
        on_listed: called with a line of what a folder holds.

    Raises:
        ModelError: a model cannot be used, or the two do not have the same classes.
        DataError: the data cannot be used, or have no pictures in the part.

        >>> comparison = compare_models("lenet5", "lenet5", "digits")
        >>> comparison.answers.difference, comparison.interval, comparison.changes, comparison.weights.equal
        (0.0, (0.0, 0.0), (), True)
    """
    predictors = [Predictor.load(path, engine="torch", device=device, precision="float32") for path in (first, second)]
    names = _names(first, second)
    _check_classes(predictors, names)
    splits = [replace(trained_options(each.model.training), **(options or {})) for each in predictors]

    def load(index: int, split: DataOptions) -> Dataset:
        return predictors[index].load_dataset(data, split, on_listed=on_listed)

    datasets = [load(index, splits[index]) for index in (0, 1)]
    own = [_is_own(*pair) for pair in zip(predictors, datasets, strict=True)]
    leading = 1 if own[1] and not own[0] else 0
    if splits[0] != splits[1]:
        datasets[1 - leading] = load(1 - leading, splits[leading])
    found: dict[int, Evaluation] = {}
    for done, index in enumerate((leading, 1 - leading)):

        def show(of_one: int, total: int, before: int = done) -> None:
            on_progress(of_one + before * total, 2 * total)

        found[index] = predictors[index].evaluate(datasets[index], part=part, on_progress=show)
        part = found[index].part
    assert part is not None
    images, others = (dataset.part(part) for dataset in datasets)
    if images.names != others.names or not torch.equal(images.labels, others.labels):
        raise DataError(f"{datasets[0].name}: changed while it was read")
    return _comparison(predictors, names, datasets[0], images, (found[0], found[1]), batch_size)


def _names(first: Path | str, second: Path | str) -> tuple[str, str]:
    """What the models are called: as they were given, numbered if that is the same."""
    names = (str(first), str(second))
    return names if names[0] != names[1] else (f"{names[0]} (1)", f"{names[1]} (2)")


def _check_classes(predictors: list[Predictor], names: tuple[str, str]) -> None:
    one, other = (predictor.classes for predictor in predictors)
    if one == other:
        return
    lacking = [name for name in one if name not in other]
    said = f"{names[1]} has no {lacking[0]!r}" if lacking else f"{names[1]} has {len(other)} in another order"
    raise ModelError(f"models of the same classes are compared; {names[0]} has {len(one)}, and {said}")


def _is_own(predictor: Predictor, dataset: Dataset) -> bool:
    return TrainedOn.load(predictor.path, predictor.model.training).is_own(dataset)


def _comparison(
    predictors: list[Predictor],
    names: tuple[str, str],
    dataset: Dataset,
    images: ImageSet,
    evaluations: tuple[Evaluation, Evaluation],
    batch_size: int,
) -> ModelComparison:
    one, other = (predictor.model for predictor in predictors)
    tables, recipes = zip(*map(_documents, (one, other)), strict=True)
    table_differences = tuple(differences(tables[0], tables[1]))
    weights = weight_distance(one.network, other.network)
    answers = _answers(images, *evaluations)
    changes = tuple(_changes(dataset.classes, images, *evaluations))
    is_one_model = weights.equal and not table_differences and not changes  # then nothing is left to chance
    return ModelComparison(
        names,
        compare(one.network.plan, other.network.plan, batch_size),
        table_differences,
        tuple(differences(recipes[0], recipes[1])),
        weights,
        dataset.name,
        images,
        evaluations,
        answers,
        (0.0, 0.0) if is_one_model else answers.interval,
        tuple(_by_class(dataset.classes, *evaluations)),
        changes,
    )


def _documents(model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """A model's table, and its recipe with what its file says of the training, as plain data."""
    table = table_to_dict(model.network.table, defaults=True)
    recipe = {**table.pop("recipe"), "training": _without(model.training, _OF_THE_DAY)}
    return _without(table, _IN_WORDS), _without(recipe, _IN_WORDS)


def _without(document: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def _answers(images: ImageSet, first: Evaluation, second: Evaluation) -> PairedAnswers:
    one, other = (evaluation.predicted == images.labels for evaluation in (first, second))
    both, either = int((one & other).sum()), int((one | other).sum())
    return PairedAnswers(both, int((one & ~other).sum()), int((other & ~one).sum()), len(images) - either)


def _by_class(classes: tuple[str, ...], first: Evaluation, second: Evaluation) -> list[ClassComparison]:
    one, other = first.scores, second.scores
    recalls, precisions = (
        zip(a, b, strict=True) for a, b in ((one.recall, other.recall), (one.precision, other.precision))
    )
    return [ClassComparison(*row) for row in zip(classes, one.support, recalls, precisions, strict=True)]


def _changes(classes: tuple[str, ...], images: ImageSet, first: Evaluation, second: Evaluation) -> list[Change]:
    changed = (first.predicted != second.predicted).nonzero().flatten().tolist()
    changes = [
        Change(
            index,
            None if images.names is None else images.names[index],
            classes[int(images.labels[index])],
            *(
                (classes[int(evaluation.predicted[index])], float(evaluation.probabilities[index]))
                for evaluation in (first, second)
            ),
        )
        for index in changed
    ]
    order = ("broken", "mended", "other")
    return sorted(changes, key=lambda change: (order.index(change.kind), -change.second[1]))


def model_comparison_to_json(comparison: ModelComparison) -> dict[str, Any]:
    """The comparison as plain data: that of the tables, and below "models" that of the models."""
    weights, answers = comparison.weights, comparison.answers
    return {
        **comparison_to_json(comparison.tables),
        "models": {
            "names": list(comparison.names),
            "data": comparison.data,
            "part": comparison.evaluations[0].part,
            "images": answers.pictures,
            "table_differences": [_difference(difference) for difference in comparison.table_differences],
            "recipe_differences": [_difference(difference) for difference in comparison.recipe_differences],
            "weights": {
                "equal": weights.equal,
                "relative": weights.relative,
                "tensors": [
                    {"name": tensor.name, "largest": tensor.largest, "relative": tensor.relative}
                    for tensor in weights.shared
                ],
                "alone": list(weights.alone),
            },
            "first": _scores(comparison.evaluations[0]),
            "second": _scores(comparison.evaluations[1]),
            "difference": {
                "top1": answers.difference,
                "confidence": CONFIDENCE,
                "interval": list(comparison.interval),
                "worse": comparison.is_worse,
            },
            "mcnemar": {
                "both": answers.both,
                "first_only": answers.first_only,
                "second_only": answers.second_only,
                "neither": answers.neither,
                "p": answers.p_value,
            },
            "classes": [
                {"name": row.name, "images": row.images, "recall": list(row.recall), "precision": list(row.precision)}
                for row in comparison.classes
            ],
            "changes": [_change(change) for change in comparison.changes],
        },
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {"field": difference.field, "first": difference.first, "second": difference.second}


def _scores(evaluation: Evaluation) -> dict[str, Any]:
    scores = evaluation.scores
    return {
        "top1": scores.top1,
        "top5": scores.top5,
        "loss": scores.loss,
        "calibration_error": evaluation.calibration_error,
        "trained_on": evaluation.trained_on,
    }


def _change(change: Change) -> dict[str, Any]:
    first, second = ({"class": name, "probability": probability} for name, probability in (change.first, change.second))
    return {
        "image": change.image,
        "path": change.path,
        "true": change.true,
        "kind": change.kind,
        "first": first,
        "second": second,
    }
