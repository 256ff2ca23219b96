"""The arguments that choose the engine, which `predict`, `evaluate` and `serve` share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import path_argument
from striate.cli.data import say_listed
from striate.cli.device import add_device_argument, device_option
from striate.cli.output import print_message

if TYPE_CHECKING:
    from striate.inference import Predictor

_ENGINES = ("auto", "torch", "inductor", "onnxruntime", "openvino")
_PRECISIONS = ("auto", "float32", "bfloat16", "int8")


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """`--engine`, `--precision` and `--device`."""
    parser.add_argument(
        "--engine", choices=_ENGINES, default="auto", help="what computes (auto: the fastest installed)"
    )
    words = "of products (auto: the fastest that gives the same predictions)"
    parser.add_argument("--precision", choices=_PRECISIONS, default="auto", help=words)
    add_device_argument(parser)


def add_calibration(parser: argparse.ArgumentParser) -> None:
    """`--calibrate`, for commands without another data set."""
    parser.set_defaults(wrong_usage=parser.error)
    words = "for int8: a data set as of `evaluate`, to set ranges by and to measure the loss of accuracy on"
    parser.add_argument("--calibrate", metavar="DATA", type=path_argument, help=words)


def engine_options(options: argparse.Namespace) -> dict[str, Any]:
    """As `striate.load` takes them."""
    return {"engine": options.engine, "precision": options.precision, "device": device_option(options)}


def check_calibration(options: argparse.Namespace) -> None:
    """Wrong usage unless `--calibrate` comes with int8, and int8 with it."""
    if (options.precision == "int8") != (options.calibrate is not None):
        options.wrong_usage("--precision int8 and --calibrate DATA go together")


def calibrated(predictor: Predictor, data: str | None) -> Predictor:
    """The predictor, calibrated on a data set if there is one; a line on standard error states the loss of accuracy."""
    if data is None:
        return predictor
    from striate.runtime import is_first_process

    dataset = predictor.load_dataset(data, on_listed=say_listed)
    top1, in_float32 = (
        each.evaluate(dataset, part="validation").scores.top1 for each in (predictor, predictor.as_float32())
    )
    if is_first_process():
        print_message(f"{dataset.name}: {int8_loss(top1, in_float32)}")
    return predictor


def int8_loss(top1: float, in_float32: float) -> str:
    """The loss of accuracy by int8, as a line.

    >>> int8_loss(0.98, 0.99)
    'int8: top-1 98.00%, in float32 99.00%: -1.00%'
    """
    return f"int8: top-1 {top1:.2%}, in float32 {in_float32:.2%}: {top1 - in_float32:+.2%}"
