"""Class probabilities of pictures (PNG, JPEG and others; any size and mode); a folder is all pictures below it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import MODEL_HELP, image_argument, path_argument, positive
from striate.cli.data import say_listed
from striate.cli.engine import add_calibration, add_engine_arguments, calibrated, check_calibration, engine_options
from striate.cli.output import print_columns, print_json, print_text
from striate.errors import DataError

if TYPE_CHECKING:
    from striate.inference import Prediction

Show = Callable[[str, int, int], None]

NAME = "predict"
HELP = "class probabilities of pictures, or of a folder of them"
EXAMPLE = "striate predict lenet5 digit.png"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate predict`."""
    parser.add_argument("model", metavar="MODEL", type=path_argument, help=MODEL_HELP)
    parser.add_argument(
        "images",
        metavar="IMAGE",
        type=path_argument,
        nargs="+",
        help="pictures, folders, patterns such as '*.jpg', - for standard input",
    )
    parser.add_argument("--top", type=positive, default=3, metavar="N", help="classes shown for each picture (3)")
    parser.add_argument("--jsonl", action="store_true", help="a JSON line for each picture, as soon as it is predicted")
    add_engine_arguments(parser)
    add_calibration(parser)


def run(options: argparse.Namespace) -> None:
    """Print the likeliest classes of each picture; then DataError if any could not be read."""
    if options.json and options.jsonl:
        options.wrong_usage("--json is one document and --jsonl one for each picture: take one of them")
    check_calibration(options)
    from striate.cli.live import counting
    from striate.data import describe_paths, image_paths
    from striate.inference import Predictor, predict_distributed

    predictor = calibrated(Predictor.load(options.model, **engine_options(options)), options.calibrate)
    others: list[Path] = []
    paths = list(image_paths(options.images, others.append))
    if others or paths != list(map(Path, options.images)):
        say_listed(describe_paths(options.images, paths, others))
    images = list(map(image_argument, paths))
    with counting() if not (options.jsonl and sys.stdout.isatty()) else nullcontext(_nothing) as show:
        coming = _counted(predict_distributed(predictor, images, options.top), images, show)
        predictions = _stream(coming) if options.jsonl else list(coming)
    failed = [prediction for prediction in predictions if prediction.error]
    if not options.jsonl:
        _show(predictions, options)
    sys.stdout.flush()
    if failed:
        raise DataError(_summary(failed, len(images)))


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


def _stream(predictions: Iterable[Prediction]) -> list[Prediction]:
    """Print each as a JSON line as it comes; returns those that failed."""
    failed = []
    for prediction in predictions:
        print_json(_json(prediction))
        sys.stdout.flush()
        if prediction.error:
            failed.append(prediction)
    return failed


def _show(predictions: list[Prediction], options: argparse.Namespace) -> None:
    if options.json:
        print_json({"schema": 1, "predictions": list(map(_json, predictions))})
        return
    if lines := list(_lines(predictions)):
        ranks = [("Class", "Then")[min(rank, 1)] + " " * rank for rank in range(len(lines[0]) - 1)]
        print_columns(("Image", *ranks), lines)
    for prediction in predictions:
        if prediction.note:
            print_text(f"{prediction.name}: {prediction.note}")
    failed = [prediction.error for prediction in predictions if prediction.error]
    for error in failed if len(failed) > 1 else ():  # the error of one is the command's last line
        print_text(error)


def _summary(failed: list[Prediction], pictures: int) -> str:
    first = str(failed[0].error)
    return first if pictures == 1 else f"{len(failed):,} of {pictures:,} pictures cannot be read, the first: {first}"


def _json(prediction: Prediction) -> dict[str, Any]:
    if prediction.error:
        return {"path": prediction.name, "error": prediction.error}
    top = [{"class": name, "probability": probability} for name, probability in prediction.top]
    return {"path": prediction.name, "top": top, **({"note": prediction.note} if prediction.note else {})}


def _lines(predictions: list[Prediction]) -> Iterator[tuple[str, ...]]:
    """The lines of a table: the pictures that could be read."""
    for prediction in predictions:
        if not prediction.error:
            yield (prediction.name, *(f"{name} {probability:.1%}" for name, probability in prediction.top))
