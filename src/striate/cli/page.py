"""Write the lab's page as one file that needs no server: it carries the model, samples, and the code that computes.

The file opens from a disk, a mail or a chat, on a device without a network on which nothing is installed. With a
folder in its place, for a web server to hand out, it may carry several models, and a browser can install it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.arguments import MODEL_HELP, path_argument
from striate.cli.named_models import model_paths
from striate.cli.output import print_json, print_text, size

if TYPE_CHECKING:
    from striate.web import WrittenPage

NAME = "page"
HELP = "the lab as one file that opens anywhere, without a server"
EXAMPLE = "striate page lenet5 -o lenet5.html"

_SHOWN = 12  # digits of a digest


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate page`."""
    parser.set_defaults(wrong_usage=parser.error)
    parser.add_argument("models", metavar="MODEL", nargs="+", help=f"{MODEL_HELP}, or NAME=MODEL")
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="OUT",
        type=path_argument,
        help="the file to write, which ends in .html and carries one model; or a folder",
    )


def run(options: argparse.Namespace) -> None:
    """Write the page, and print what was written."""
    paths = model_paths(options.models, options.wrong_usage)
    out = Path(options.out)
    is_file = out.suffix.lower() in (".html", ".htm") and not options.out.endswith(("/", os.sep)) and not out.is_dir()
    if is_file and len(paths) > 1:
        options.wrong_usage(f"{options.out}: a file carries one model; give a folder for {len(paths)}")
    if not is_file and out.exists() and not out.is_dir():
        options.wrong_usage(f"{options.out}: expected a file that ends in .html, or a folder")
    from striate.inference import Predictor
    from striate.web import write_page, write_site

    models = {name: Predictor.load(path) for name, path in paths.items()}
    written = write_page(out, *next(iter(models.items()))) if is_file else write_site(out, models)
    _show(written, list(models), as_json=options.json)


def _show(written: WrittenPage, models: list[str], *, as_json: bool) -> None:
    if as_json:
        document = {"file": str(written.path), "bytes": written.bytes, "digest": written.digest, "models": models}
        print_json({"schema": 1, **document})
    else:
        print_text(f"{written.path}: {size(written.bytes)}, digest {written.digest[:_SHOWN]}")
