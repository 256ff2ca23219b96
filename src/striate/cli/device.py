"""The argument that chooses the device, which every command that computes has."""

from __future__ import annotations

import argparse
import os

from striate.errors import StriateError
from striate.runtime import DEVICE_VARIABLE, check_device_name


def add_device_argument(parser: argparse.ArgumentParser) -> None:
    """`--device`."""
    parser.set_defaults(wrong_usage=parser.error)
    parser.add_argument(
        "--device",
        type=_device,
        metavar="DEVICE",
        help="auto, cpu, cuda, cuda:N, mps or xpu: what computes (auto: the GPU if there is one; $STRIATE_DEVICE)",
    )


def device_option(options: argparse.Namespace) -> str | None:
    """The device that was given; None leaves it to $STRIATE_DEVICE, whose text is wrong usage where it is no name."""
    if options.device is None and (text := os.environ.get(DEVICE_VARIABLE)):
        try:
            check_device_name(text)
        except StriateError as error:
            options.wrong_usage(f"${DEVICE_VARIABLE}: {error}")
    name: str | None = options.device
    return name


def _device(text: str) -> str:
    try:
        return check_device_name(text)
    except StriateError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
