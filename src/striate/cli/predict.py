"""Class probabilities of pictures (PNG, JPEG and others; any size and mode); a folder is all pictures in it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import MODEL_HELP, positive
from striate.cli.output import print_columns, print_json
from striate.errors import DataError

if TYPE_CHECKING:
    from striate.inference.predictor import Prediction

NAME = "predict"
HELP = "class probabilities of pictures, or of a folder of them"
EXAMPLE = "striate predict lenet5 digit.png"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate predict`."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="pictures or folders of pictures")
    parser.add_argument("--top", type=positive, default=3, metavar="N", help="classes shown for each picture (3)")


def run(options: argparse.Namespace) -> None:
    """Print the likeliest classes of each picture; DataError if any could not be read, after all others."""
    from striate.data.folders import image_paths
    from striate.inference.predictor import Predictor

    predictor = Predictor.load(options.model)
    predictions = predictor.predict(image_paths(options.images), options.top)
    unreadable = [prediction for prediction in predictions if prediction.error]
    if options.json:
        print_json({"schema": 1, "predictions": list(map(_json, predictions))})
    elif len(unreadable) < len(predictions):
        _print([prediction for prediction in predictions if not prediction.error])
    sys.stdout.flush()
    for prediction in unreadable[:-1]:
        print(f"striate: {prediction.error}", file=sys.stderr)
    if unreadable:
        raise DataError(str(unreadable[-1].error))


def _json(prediction: Prediction) -> dict[str, Any]:
    if prediction.error:
        return {"path": str(prediction.path), "error": prediction.error}
    top = [{"class": name, "probability": probability} for name, probability in prediction.top]
    return {"path": str(prediction.path), "top": top}


def _print(predictions: list[Prediction]) -> None:
    lines = [
        (str(prediction.path), *(f"{name} {probability:.1%}" for name, probability in prediction.top))
        for prediction in predictions
    ]
    ranks = [("Class", "Then")[min(rank, 1)] + " " * rank for rank in range(len(lines[0]) - 1)]
    print_columns(("Image", *ranks), lines)
