"""What a device is called, on the command line, in $STRIATE_DEVICE and from Python. No torch is needed."""

from __future__ import annotations

import os
import re

from striate.errors import StriateError

DEVICE_VARIABLE = "STRIATE_DEVICE"
"""The environment variable that names the device where nothing else does."""
DEVICE_NAMES = "auto, cpu, cuda, cuda:N, mps or xpu"
_NAME = re.compile(r"auto|cpu|(cuda|mps|xpu)(:(0|[1-9][0-9]?))?")


def check_device_name(name: str) -> str:
    """The name, if it is that of a device that may exist. StriateError if it is not.

    >>> check_device_name("cuda:1")
    'cuda:1'
    >>> check_device_name("gpu")
    Traceback (most recent call last):
    striate.errors.StriateError: expected auto, cpu, cuda, cuda:N, mps or xpu, got 'gpu'
    """
    if _NAME.fullmatch(name) is None:
        raise StriateError(f"expected {DEVICE_NAMES}, got {name!r}")
    return name


def stated_device(name: str | None) -> tuple[str, str]:
    """Where the device is named, for error messages, and its name: the one given, else $STRIATE_DEVICE, else "auto".

    >>> stated_device("cpu")
    ('device', 'cpu')
    """
    if name is None and (text := os.environ.get(DEVICE_VARIABLE)):
        return f"${DEVICE_VARIABLE}", text
    return "device", name or "auto"
