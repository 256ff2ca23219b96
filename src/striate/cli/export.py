"""Export a model for other programs: FILE.onnx (ONNX) or FILE.pt2 (torch.export), checked against the model."""

from __future__ import annotations

import argparse
from pathlib import Path

from striate.cli.arguments import MODEL_HELP, path_argument
from striate.cli.output import print_json, print_text, size

NAME = "export"
HELP = "a model as an .onnx or .pt2 file, checked against the model"
EXAMPLE = "striate export lenet5 lenet5.onnx"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate export`."""
    parser.add_argument("model", metavar="MODEL", type=path_argument, help=MODEL_HELP)
    parser.add_argument("file", metavar="FILE", type=path_argument, help="the file to write; ends in .onnx or .pt2")


def run(options: argparse.Namespace) -> None:
    """Export, and print what was written."""
    from striate.inference import EXPORT_CHECK_BATCHES, export_model
    from striate.nn import load_model

    export_model(load_model(options.model), options.file)
    written = Path(options.file).stat().st_size
    if options.json:
        print_json({"schema": 1, "file": options.file, "bytes": written, "batches_checked": EXPORT_CHECK_BATCHES})
    else:
        batches = ", ".join(map(str, EXPORT_CHECK_BATCHES[:-1]))
        print_text(f"{options.file}: {size(written)}, checked at batch sizes {batches} and {EXPORT_CHECK_BATCHES[-1]}")
