"""Scores of a model on a data set: top-1, top-5, per class, confusion, calibration, mistakes.

--out writes a page of where the model fails: the confusion matrix with the pictures of each cell, and why the network
predicts what it does; the worst classes; dark and bright, small and large, blurred and sharp pictures; each class along
the training, where the run keeps snapshots (`train --replay`).

Without --data they are those of the validation images of the run. With it, of its test images, if it has any; of the
validation images of a named set, and of the data that the model was trained on, by the same split; else of all images.
--part names another part. How many of the images the model was trained on is said, and warned of.

Under torchrun the processes share the images, and the first prints.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import MODEL_HELP, RAW_HELP, add_language_argument, model_argument, path_argument
from striate.cli.data import add_data_arguments, data_options, say_listed
from striate.cli.engine import add_engine_arguments, engine_options, int8_loss
from striate.cli.output import print_columns, print_json, print_message, print_text
from striate.errors import TrainingError

if TYPE_CHECKING:
    from striate.data import BadImage, Dataset
    from striate.inference import Evaluation, Mistake, Predictor
    from striate.runtime import ProcessGroup
    from striate.studies import ErrorAnalysis
    from striate.training import Scores

NAME = "evaluate"
HELP = "top-1, top-5, per-class, confusion matrix, calibration, worst mistakes"
EXAMPLE = "striate evaluate runs/first"

_KINDS = {"train": "training images", "validation": "validation images", "test": "test images", "all": "images (all)"}
_PARTS = tuple(_KINDS)
_WORST = 5
_MATRIX_CLASSES = 20
"""Up to so many classes the confusion matrix is printed; of more, the worst classes and pairs."""
_JSON_MATRIX_CLASSES = 1000
"""Up to so many classes --json has the confusion matrix; of more, only its entries that are not 0."""
_SHOWN = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate evaluate`."""
    parser.add_argument("model", metavar="MODEL", type=model_argument, help=MODEL_HELP)
    add_data_arguments(parser, required=False)
    parser.add_argument("--part", choices=_PARTS, help="the images to evaluate on (see above)")
    words = "of each image: the middle, or the papers' ten, their probabilities averaged (1)"
    parser.add_argument("--crops", type=int, choices=(1, 10), default=1, help=words)
    parser.add_argument("--raw", action="store_true", help=RAW_HELP)
    parser.add_argument("--out", metavar="DIR", type=path_argument, help="directory of report.html, made if missing")
    add_language_argument(parser, "report.html")
    add_engine_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Print the scores of a model."""
    from striate.data import check_ten_crops
    from striate.inference import Predictor
    from striate.runtime import init_distributed, set_threads

    if options.data is None:
        _check_own_data(options)
    predictor = Predictor.load(options.model, raw=options.raw, **engine_options(options))
    if options.crops == 10:
        check_ten_crops(predictor.table)
    with init_distributed(options.device) as group:
        set_threads(group.local_world_size)
        dataset, evaluation, in_float32 = _evaluate(options, predictor, group)
    if not group.is_first:
        return
    page = None
    if options.json or options.out is not None:
        from striate.studies import analyze_errors

        analysis = analyze_errors(evaluation, dataset, predictor.table)
        page = None if options.out is None else str(_write_page(options, analysis, predictor, dataset))
    if options.json:
        scores = _json(evaluation, predictor, dataset.skipped, in_float32)
        print_json({**scores, **analysis.to_dict(), "report": page})
    else:
        _print(evaluation, predictor.classes, dataset.name)
        if page is not None:
            print()
            print_text(f"where it fails, with the pictures: {page}")
    if evaluation.leak:
        print_message(
            f"{evaluation.trained_on:,} of these {evaluation.scores.images:,} images were trained on: expect lower"
            " scores on new ones"
        )
    if options.json:
        return
    if in_float32 is not None:
        print()
        print_text(int8_loss(evaluation.scores.top1, in_float32.scores.top1))


def _check_own_data(options: argparse.Namespace) -> None:
    """Wrong usage unless the model is a run directory, which says where its data lie; TrainingError if it does not."""
    from striate.training import RUN_CONFIG_NAME, load_run_config

    if not Path(options.model, RUN_CONFIG_NAME).is_file():
        options.wrong_usage("--data is needed: only a run directory says where its data lie")
    if load_run_config(options.model, finished=True).from_python:
        raise TrainingError(f"{options.model}: its data were given from Python: evaluate it there, or give --data")


def _evaluate(
    options: argparse.Namespace, predictor: Predictor, group: ProcessGroup
) -> tuple[Dataset, Evaluation, Evaluation | None]:
    """The data set, the model's evaluation, and for int8 that in float32 too."""
    from striate.cli.live import counting
    from striate.data import DataOptions
    from striate.training import load_run_config, trained_options

    data, base, part = options.data, DataOptions(), options.part
    if data is None:
        config = load_run_config(options.model, finished=True)
        data, base, part = config.source, config.options.data, part or "validation"
    with counting() as show:
        split = data_options(options, trained_options(predictor.model.training, base))
        dataset = predictor.load_dataset(data, split, on_progress=partial(show, "decoding"), on_listed=say_listed)
        how: dict[str, Any] = {
            "part": part,
            "crops": options.crops,
            "group": group,
            "on_progress": partial(show, "evaluating"),
        }
        in_float32 = predictor.as_float32().evaluate(dataset, **how) if options.precision == "int8" else None
        return dataset, predictor.evaluate(dataset, **how), in_float32


def _write_page(options: argparse.Namespace, analysis: ErrorAnalysis, predictor: Predictor, dataset: Dataset) -> Path:
    """Write the page of where the model fails; returns its path."""
    from striate.cli.live import counting
    from striate.studies import snapshot_accuracy
    from striate.studies.error_page import ErrorPage, write_error_page

    with counting() as show:
        training = snapshot_accuracy(
            Path(options.model), analysis.images, device=predictor.device, on_progress=partial(show, "snapshots")
        )
    page = ErrorPage(analysis, predictor.model, Path(options.model).name, dataset.name, training)
    return write_error_page(page, Path(options.out))


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
        "part": evaluation.part,
        "images": scores.images,
        "trained_on": evaluation.trained_on,
        "crops": evaluation.crops,
        "top1": scores.top1,
        "top5": scores.top5,
        "loss": scores.loss,
        "classes": [
            {"name": name, "precision": p, "recall": r, "images": n} for name, p, r, n in _rows(scores, classes)
        ],
        "confusion": scores.confusion.tolist() if scores.classes <= _JSON_MATRIX_CLASSES else None,
        "confusion_pairs": [
            {"true": classes[true], "predicted": classes[predicted], "images": images}
            for true, predicted, images in scores.pairs.tolist()
        ],
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
    print_text(f"{_images(evaluation)}{', ten crops of each' if evaluation.crops == 10 else ''}")
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


def _images(evaluation: Evaluation) -> str:
    """How many images, of which part, and how many of them were trained on."""
    number, trained_on = evaluation.scores.images, evaluation.trained_on
    if trained_on is None:
        known = "which of them were trained on is not known"
    else:
        known = (
            f"{'none' if trained_on == 0 else 'all' if trained_on == number else f'{trained_on:,}'} of them trained on"
        )
    return f"{number:,} {_KINDS[evaluation.part]}, {known}"


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
    wrong = scores.pairs[scores.pairs[:, 0] != scores.pairs[:, 1]]
    most = wrong[wrong[:, 2].argsort(descending=True, stable=True)][:_SHOWN].tolist()
    lines = [(classes[true], classes[predicted], str(images)) for true, predicted, images in most]
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
        where = mistake.path or f"image {mistake.image}"
        print_text(f"  {where}: {mistake.true}, predicted {mistake.predicted} with {mistake.probability:.1%}", indent=4)
