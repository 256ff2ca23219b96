"""The arguments that say which pictures: what `train`, `evaluate` and `check` share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from striate.cli.arguments import fraction, natural, size_in_bytes


def add_data_arguments(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """`--data` and how it is found, split and kept."""
    names = "digits, mnist, fashion-mnist, cifar10, or a folder of pictures"
    parser.add_argument("--data", required=required, metavar="DATA", help=names)
    parser.add_argument("--data-dir", metavar="DIR", help="where a named data set lies")
    parser.add_argument("--val-fraction", type=fraction, metavar="X", help="of a folder without val/, held out (0.2)")
    parser.add_argument("--max-bad", type=natural, metavar="N", help="pictures that may be unreadable (0)")
    parser.add_argument("--cache-size", type=size_in_bytes, metavar="SIZE", help="of all decoded pictures kept (20GB)")


def data_options(options: argparse.Namespace) -> dict[str, Any]:
    """Those that were given, as `striate.data.sources.load` takes them."""
    names = ("data_dir", "val_fraction", "max_bad", "cache_size")
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    return given | ({"data_dir": Path(given["data_dir"])} if "data_dir" in given else {})
