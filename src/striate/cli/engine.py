"""The arguments that say what answers: what `predict`, `evaluate` and `serve` share."""

from __future__ import annotations

import argparse
from typing import Any

ENGINES = ("auto", "torch", "inductor", "onnxruntime", "openvino")
PRECISIONS = ("auto", "float32", "bfloat16", "int8")


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """`--engine` and `--precision`."""
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="what computes (auto: the fastest installed)")
    parser.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="of products (auto: the fastest that answers the same)"
    )


def engine_options(options: argparse.Namespace) -> dict[str, Any]:
    """As `striate.inference.predictor.Predictor.load` takes them."""
    return {"engine": options.engine, "precision": options.precision}
