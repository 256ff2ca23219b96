"""Scores of a model on the validation images of a data set: top-1, top-5, per class, confusion, calibration, mistakes.

Under torchrun the processes share the images, and the first prints.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import MODEL_HELP
from striate.cli.data import add_data_arguments, data_options, say_listed
from striate.cli.engine import add_engine_arguments, engine_options, int8_loss
from striate.cli.output import print_columns, print_json, print_text

if TYPE_CHECKING:
    from striate.data import BadImage, Dataset
    from striate.inference import Evaluation, Mistake, Predictor
    from striate.runtime import ProcessGroup
    from striate.training import Scores

NAME = "evaluate"
HELP = "top-1, top-5, per-class, confusion matrix, calibration, worst mistakes"
EXAMPLE = "striate evaluate runs/first --data digits"

_WORST = 5
_MATRIX_CLASSES = 20
"""Up to so many classes the confusion matrix is printed; of more, the worst classes and pairs. --json has all."""
_SHOWN = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate evaluate`."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    add_data_arguments(parser, required=True)
    words = "of each image: the middle, or the papers' ten, their probabilities averaged (1)"
    parser.add_argument("--crops", type=int, choices=(1, 10), default=1, help=words)
    add_engine_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Print the scores of a model."""
    from striate.data import check_ten_crops
    from striate.inference import Predictor
    from striate.runtime import init_distributed, set_threads

    predictor = Predictor.load(options.model, **engine_options(options))
    if options.crops == 10:
        check_ten_crops(predictor.table)
    with init_distributed(options.device) as group:
        set_threads(group.local_world_size)
        dataset, evaluation, in_float32 = _evaluate(options, predictor, group)
    if not group.is_first:
        return
    if options.json:
        print_json(_json(evaluation, predictor, dataset.skipped, in_float32))
        return
    _print(evaluation, predictor.classes, dataset.name)
    if in_float32 is not None:
        print()
        print_text(int8_loss(evaluation.scores.top1, in_float32.scores.top1))


def _evaluate(
    options: argparse.Namespace, predictor: Predictor, group: ProcessGroup
) -> tuple[Dataset, Evaluation, Evaluation | None]:
    """The data set, the model's evaluation, and for int8 that in float32 too."""
    from striate.cli.live import counting
    from striate.data import load_dataset

    with counting() as show:
        dataset = load_dataset(
            options.data,
            predictor.table,
            data_options(options),
            on_progress=partial(show, "decoding"),
            on_listed=say_listed,
        )
        how: dict[str, Any] = {"crops": options.crops, "group": group, "on_progress": partial(show, "evaluating")}
        in_float32 = predictor.as_float32().evaluate(dataset, **how) if options.precision == "int8" else None
        return dataset, predictor.evaluate(dataset, **how), in_float32


def _json(
    evaluation: Evaluation, predictor: Predictor, skipped: tuple[BadImage, ...], in_float32: Evaluation | None
) -> dict[str, Any]:
    from dataclasses import asdict

    from striate.runtime import Device

    scores, classes, engine = evaluation.scores, predictor.classes, predictor.engine
    assert engine is not None
    return {
        "schema": 1,
        "engine": engine.name,
        "precision": engine.precision,
        "device": Device(engine.device, "float32").name,
        **({} if in_float32 is None else {"float32": {"top1": in_float32.scores.top1, "top5": in_float32.scores.top5}}),
        "images": scores.images,
        "crops": evaluation.crops,
        "top1": scores.top1,
        "top5": scores.top5,
        "loss": scores.loss,
        "classes": [
            {"name": name, "precision": p, "recall": r, "images": n} for name, p, r, n in _rows(scores, classes)
        ],
        "confusion": scores.confusion.tolist(),
        "calibration": {"error": evaluation.calibration_error, "bins": [asdict(part) for part in evaluation.bins]},
        "mistakes": [_mistake_json(mistake) for mistake in evaluation.mistakes],
        "skipped": [{"path": str(bad.path), "reason": bad.reason} for bad in skipped],
    }


def _mistake_json(mistake: Mistake) -> dict[str, Any]:
    return {
        "image": mistake.image,
        "path": mistake.path,
        "true": mistake.true,
        "taken_for": mistake.predicted,
        "probability": mistake.probability,
    }


def _print(evaluation: Evaluation, classes: tuple[str, ...], name: str) -> None:
    scores = evaluation.scores
    print_text(f"{name}: top-1 {scores.top1:.2%}, top-5 {scores.top5:.2%}, loss {scores.loss:.4f}")
    print(f"{scores.images} validation images{', ten crops of each' if evaluation.crops == 10 else ''}")
    probability = sum(part.certainty * part.images for part in evaluation.bins) / scores.images
    print_text(
        f"calibration error {evaluation.calibration_error:.2%}: mean probability {probability:.2%},"
        f" accuracy {scores.top1:.2%}"
    )
    print()
    if len(classes) <= _MATRIX_CLASSES:
        _print_matrix(scores, classes)
    else:
        _print_worst_classes(scores, classes)
        _print_most_confused(scores, classes)
    _print_mistakes(evaluation)


def _rows(scores: Scores, classes: tuple[str, ...]) -> list[tuple[str, float, float, int]]:
    """For each class its name, precision, recall and images."""
    return list(zip(classes, scores.precision, scores.recall, scores.support, strict=True))


def _print_matrix(scores: Scores, classes: tuple[str, ...]) -> None:
    """A line for each class: its rates, and how many of its images were predicted as each class."""
    # A leading space makes a class's column differ from the others, whatever the class is called.
    header = ("Class", "Precision", "Recall", "Images", "Predicted:", *(f" {name}" for name in classes))
    lines = [
        (name, f"{precision:.1%}", f"{recall:.1%}", str(images), "", *(str(count or "·") for count in counts))
        for (name, precision, recall, images), counts in zip(
            _rows(scores, classes), scores.confusion.tolist(), strict=True
        )
    ]
    print_columns(header, lines, right=header[1:], hide_first=("Predicted:", *header[:4:-1]))


def _print_worst_classes(scores: Scores, classes: tuple[str, ...]) -> None:
    """A line for each of the classes of the lowest recall."""
    print(f"The {_SHOWN} classes of {len(classes)} with the lowest recall:")
    present = [row for row in _rows(scores, classes) if row[3]]
    worst = sorted(present, key=lambda row: (row[2], row[1]))[:_SHOWN]
    header = ("Class", "Precision", "Recall", "Images")
    lines = [(name, f"{precision:.1%}", f"{recall:.1%}", str(images)) for name, precision, recall, images in worst]
    print_columns(header, lines, right=header[1:])


def _print_most_confused(scores: Scores, classes: tuple[str, ...]) -> None:
    """A line for each of the pairs of classes that are confused most."""
    wrong = scores.confusion.clone().fill_diagonal_(0).flatten()
    pairs = wrong.argsort(descending=True, stable=True)[:_SHOWN].tolist()
    lines = [(classes[p // len(classes)], classes[p % len(classes)], str(int(wrong[p]))) for p in pairs if wrong[p]]
    if lines:
        print("\nMost often confused:")
        print_columns(("Class", "Predicted", "Images"), lines, right=("Images",))


def _print_mistakes(evaluation: Evaluation) -> None:
    """The mistakes of the highest probability."""
    if not evaluation.mistakes:
        print("\nNo mistakes.")
        return
    print(f"\nWorst of {len(evaluation.mistakes)} mistakes:")
    for mistake in evaluation.mistakes[:_WORST]:
        where = mistake.path or f"validation image {mistake.image}"
        print_text(f"  {where}: {mistake.true}, predicted {mistake.predicted} with {mistake.probability:.1%}", indent=4)
