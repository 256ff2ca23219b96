"""Class probabilities of pictures (PNG, JPEG and others; any size and mode); a folder is all pictures below it.

--samples takes the pictures that ship with the model in place of one's own, with their true classes.

Of a model that was calibrated (`striate train` does it at its end, `striate calibrate` later) probabilities are
calibrated, and a picture that is less like the training data than nearly all of it is said to be of none of the
classes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import (
    MODEL_HELP,
    RAW_HELP,
    fraction,
    image_argument,
    model_argument,
    path_argument,
    positive,
)
from striate.cli.data import say_listed
from striate.cli.engine import add_calibration, add_engine_arguments, calibrated, check_calibration, engine_options
from striate.cli.output import print_columns, print_json, print_message, print_text
from striate.errors import DataError, ModelError

if TYPE_CHECKING:
    from striate.inference import Prediction, Predictor
    from striate.models import SamplePicture

Show = Callable[[str, int, int], None]

NAME = "predict"
HELP = "class probabilities of pictures, or of a folder of them"
EXAMPLE = "striate predict lenet5 digit.png"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate predict`."""
    parser.add_argument("model", metavar="MODEL", type=model_argument, help=MODEL_HELP)
    images = parser.add_argument(
        "images",
        metavar="IMAGE",
        type=path_argument,
        nargs="+",
        default=[],
        help="pictures, folders, patterns such as '*.jpg', - for standard input",
    )
    images.required = False  # "*" would end at the first option: `predict lenet5 --top 1 photo.jpg`
    parser.add_argument("--samples", action="store_true", help="the sample pictures that ship with the model")
    parser.add_argument("--top", type=positive, default=3, metavar="N", help="classes shown for each picture (3)")
    parser.add_argument("--jsonl", action="store_true", help="a JSON line for each picture, as soon as it is predicted")
    parser.add_argument("--raw", action="store_true", help=RAW_HELP)
    words = "also the set of classes that has the true one with this probability: 0.8, 0.9, 0.95 or 0.99"
    parser.add_argument("--set", type=fraction, metavar="COVERAGE", dest="coverage", help=words)
    add_engine_arguments(parser)
    add_calibration(parser)


def run(options: argparse.Namespace) -> None:
    """Print the likeliest classes of each picture; then DataError if any could not be read."""
    if options.json and options.jsonl:
        options.wrong_usage("--json is one document and --jsonl one for each picture: take one of them")
    if options.samples == bool(options.images):
        options.wrong_usage("pictures are needed: IMAGE, or --samples without IMAGE")
    check_calibration(options)
    from striate.cli.live import counting
    from striate.inference import Predictor, predict_distributed

    loaded = Predictor.load(options.model, raw=options.raw, **engine_options(options))
    if options.coverage is not None:
        loaded.set_threshold(options.coverage)  # an error before any picture is read
    predictor = calibrated(loaded, options.calibrate)
    samples = _samples(options.model, predictor.classes) if options.samples else {}
    images: list[Path | bytes] = [sample.path for sample in samples.values()] or _images(options.images)
    with counting() if not (options.jsonl and sys.stdout.isatty()) else nullcontext(_nothing) as show:
        coming = _counted(predict_distributed(predictor, images, options.top, options.coverage), images, show)
        predictions = _stream(coming, samples) if options.jsonl else list(coming)
    failed = [prediction for prediction in predictions if prediction.error]
    if not options.jsonl:
        _show(predictions, samples, options, predictor)
    sys.stdout.flush()
    if failed:
        raise DataError(_summary(failed, len(images)))
    if not (options.json or options.jsonl) and (predictor.reliability is None or not predictor.reliability.row):
        print_message(f"{options.model}: has no threshold for none of these; `striate calibrate` makes one")


def _samples(model: str, classes: Sequence[str]) -> Mapping[str, SamplePicture]:
    """The pictures that ship for a model of these classes, by their paths. ModelError if there are none."""
    from striate.models import samples_of

    samples = {str(sample.path): sample for sample in samples_of(classes)}
    if not samples:
        raise ModelError(f"{model}: no sample pictures ship for a model of its classes; give pictures of your own")
    return samples


def _images(given: Sequence[str]) -> list[Path | bytes]:
    """The pictures that the arguments name."""
    from striate.data import describe_paths, image_paths

    others: list[Path] = []
    paths = list(image_paths(given, others.append))
    if others or paths != list(map(Path, given)):
        say_listed(describe_paths(given, paths, others))
    return list(map(image_argument, paths))


def _counted(predictions: Iterable[Prediction], images: Sequence[Path | bytes], show: Show) -> Iterator[Prediction]:
    for number, prediction in enumerate(predictions, 1):
        image = images[number - 1]
        yield _of_standard_input(prediction) if isinstance(image, bytes) else _of_path(prediction, image)
        show("predicting", number, len(images))


def _of_path(prediction: Prediction, path: Path) -> Prediction:
    """The prediction of a path; a folder stands for itself only where there is no image in it."""
    if prediction.error and path.is_dir():
        return replace(prediction, error=f"{path}: no image can be found in this folder")
    return prediction


def _of_standard_input(prediction: Prediction) -> Prediction:
    """The prediction of a picture without a path: the one from standard input."""
    error = prediction.error and prediction.error.replace(prediction.name, "standard input", 1)
    return replace(prediction, name="-", error=error)


def _nothing(_what: str, _done: int, _total: int) -> None:
    """No bar where lines are printed on the terminal."""


def _stream(predictions: Iterable[Prediction], samples: Mapping[str, SamplePicture]) -> list[Prediction]:
    """Print each as a JSON line as it comes; returns those that failed."""
    failed = []
    for prediction in predictions:
        print_json(_json(prediction, samples))
        sys.stdout.flush()
        if prediction.error:
            failed.append(prediction)
    return failed


def _show(
    predictions: list[Prediction],
    samples: Mapping[str, SamplePicture],
    options: argparse.Namespace,
    predictor: Predictor,
) -> None:
    if options.json:
        print_json({"schema": 1, "predictions": [_json(prediction, samples) for prediction in predictions]})
        return
    if lines := list(_lines(predictions, samples)):
        beginning = ("Sample", "True class") if samples else ("Image",)
        ranks = [("Class", "Then")[min(rank, 1)] + " " * rank for rank in range(len(lines[0]) - len(beginning))]
        print_columns((*beginning, *ranks), lines)
    for prediction in predictions:
        if prediction.note:
            print_text(f"{prediction.name}: {prediction.note}")
        if prediction.none_of_these:
            assert predictor.reliability is not None
            print_text(f"{prediction.name}: {none_of_these(predictor.reliability.false_alarms)}")
        if prediction.set is not None:
            print_text(f"{prediction.name}: {options.coverage:.0%} set: {', '.join(prediction.set)}")
    failed = [prediction.error for prediction in predictions if prediction.error]
    for error in failed if len(failed) > 1 else ():  # the error of one is the command's last line
        print_text(error)


def none_of_these(false_alarms: float) -> str:
    """What is said of a picture of none of the classes.

    >>> none_of_these(0.01)
    'none of these: less like the training data than 99% of it'
    """
    return f"none of these: less like the training data than {100 * (1 - false_alarms):.3g}% of it"


def _summary(failed: list[Prediction], pictures: int) -> str:
    first = str(failed[0].error)
    return first if pictures == 1 else f"{len(failed):,} of {pictures:,} pictures cannot be read, the first: {first}"


def _json(prediction: Prediction, samples: Mapping[str, SamplePicture]) -> dict[str, Any]:
    if prediction.error:
        return {"path": prediction.name, "error": prediction.error}
    top = [{"class": name, "probability": probability} for name, probability in prediction.top]
    document: dict[str, Any] = {"path": prediction.name, "top": top}
    if prediction.note:
        document["note"] = prediction.note
    if prediction.none_of_these is not None:
        document["none_of_these"] = prediction.none_of_these
    if prediction.set is not None:
        document["set"] = list(prediction.set)
    if (sample := samples.get(prediction.name)) is not None:
        document |= {
            "true": sample.label,
            "author": sample.author,
            "licence": sample.licence,
            "source": sample.source,
        }
    return document


def _lines(predictions: list[Prediction], samples: Mapping[str, SamplePicture]) -> Iterator[tuple[str, ...]]:
    """The lines of a table: the pictures that could be read; a sample by its file's name, with its true class."""
    for prediction in predictions:
        if not prediction.error:
            sample = samples.get(prediction.name)
            beginning = (prediction.name,) if sample is None else (sample.path.name, sample.label or "none of them")
            yield (*beginning, *(f"{name} {probability:.1%}" for name, probability in prediction.top))
