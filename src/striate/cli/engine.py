"""The arguments that say what answers: what `predict`, `evaluate` and `serve` share."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from striate.cli.output import printable

if TYPE_CHECKING:
    from striate.inference import Predictor

_ENGINES = ("auto", "torch", "inductor", "onnxruntime", "openvino")
_PRECISIONS = ("auto", "float32", "bfloat16", "int8")


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """`--engine` and `--precision`."""
    parser.add_argument("--engine", choices=_ENGINES, default="auto", help="what computes (auto: the fastest there is)")
    words = "of products (auto: the fastest that gives the same answers)"
    parser.add_argument("--precision", choices=_PRECISIONS, default="auto", help=words)


def add_calibration(parser: argparse.ArgumentParser) -> None:
    """`--calibrate`, where no data set is given otherwise."""
    parser.set_defaults(wrong_usage=parser.error)
    words = "for int8: a data set as of `evaluate`, by which ranges are set and the accuracy lost is measured"
    parser.add_argument("--calibrate", metavar="DATA", help=words)


def engine_options(options: argparse.Namespace) -> dict[str, Any]:
    """As `striate.inference.predictor.Predictor.load` takes them."""
    return {"engine": options.engine, "precision": options.precision}


def check_calibration(options: argparse.Namespace) -> None:
    """Wrong usage unless `--calibrate` comes with int8, and int8 with it."""
    if (options.precision == "int8") != (options.calibrate is not None):
        options.wrong_usage("--precision int8 and --calibrate DATA go together")


def calibrated(predictor: Predictor, data: str | None) -> Predictor:
    """The predictor, calibrated if it is to be in int8; one line on standard error says what that costs."""
    if data is None:
        return predictor
    from striate.data import load_dataset
    from striate.runtime import is_first_process

    dataset = load_dataset(data, table=predictor.table)
    top1, exact = predictor.evaluate(dataset).scores.top1, predictor.as_float32().evaluate(dataset).scores.top1
    if is_first_process():
        print(f"striate: {printable(dataset.name)}: {lost(top1, exact)}", file=sys.stderr)
    return predictor


def lost(top1: float, exact: float) -> str:
    """What int8 costs, in words.

    >>> lost(0.98, 0.99)
    'int8: top-1 98.00%, in float32 99.00%: -1.00%'
    """
    return f"int8: top-1 {top1:.2%}, in float32 {exact:.2%}: {top1 - exact:+.2%}"
