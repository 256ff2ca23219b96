"""The arguments for a data set, which `train`, `evaluate` and `inspect` share."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import fraction, natural, path_argument, size_in_bytes
from striate.cli.output import print_message

if TYPE_CHECKING:
    from striate.data import DataOptions


def add_data_arguments(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """`--data`, and how it is found, split and cached."""
    names = "digits, mnist, fashion-mnist, cifar10, or a folder of pictures"
    parser.add_argument("--data", required=required, metavar="DATA", type=path_argument, help=names)
    parser.add_argument("--data-dir", metavar="DIR", type=path_argument, help="the folder of a named data set's files")
    parser.add_argument(
        "--val-fraction",
        type=fraction,
        metavar="X",
        help="share of a folder without val/ for validation (0.2 or the model's)",
    )
    parser.add_argument("--max-bad", type=natural, metavar="N", help="pictures that may be unreadable (0)")
    parser.add_argument(
        "--cache-size",
        type=size_in_bytes,
        metavar="SIZE",
        help="most that decoded pictures may take on the disk (20GB)",
    )


def say_listed(line: str) -> None:
    """Say on standard error what a data folder holds; of several processes the first does."""
    from striate.runtime import is_first_process

    if is_first_process():
        print_message(line)


def data_options(options: argparse.Namespace, base: DataOptions | None = None) -> DataOptions:
    """The options that were given, the others as in `base`, or their defaults."""
    from striate.data import DataOptions

    return replace(base or DataOptions(), **given_data_options(options))


def given_data_options(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of `DataOptions` that were given."""
    names = ("data_dir", "val_fraction", "max_bad", "cache_size")
    return {name: value for name in names if (value := getattr(options, name)) is not None}
