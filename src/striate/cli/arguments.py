"""Types of arguments that several commands share; an invalid value is wrong usage, exit code 2."""

from __future__ import annotations

import argparse
import math
import re
import sys
from pathlib import Path

from striate.errors import DataError, StriateError
from striate.paths import HUB, expand
from striate.words import LANGUAGES

MODEL_HELP = (
    "a run directory, a .safetensors model file, the name of a model that ships (see `striate list`), or hf://OWNER/NAME"
    " of the Hugging Face Hub"
)
RAW_HELP = "the softmax of the logits, not calibrated"


def add_language_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """--language of `what` a command writes; `main` sets it."""
    parser.add_argument("--language", choices=LANGUAGES, default="en", help=f"of {what} (en)")


def path_argument(text: str) -> str:
    """A path, or a name; `~` in front is the home folder, and a URL is wrong usage."""
    try:
        return expand(text)
    except StriateError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def model_argument(text: str) -> str:
    """A path, a name, or the address of a model on the Hub; another URL is wrong usage."""
    return text if text.startswith(HUB) else path_argument(text)


def image_argument(image: Path) -> Path | bytes:
    """A picture's path; for `-`, unless there is such a file, the content of standard input. DataError if it has none,
    or more than any picture."""
    if str(image) != "-" or image.exists():
        return image
    content = sys.stdin.buffer.read(_MOST_BYTES + 1) if sys.stdin is not None else b""
    if not content:
        raise DataError("standard input: is empty, where a picture was expected")
    if len(content) > _MOST_BYTES:
        raise DataError(f"standard input: has more than {_MOST_BYTES:,} bytes, which no picture has")
    return content


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def natural(text: str) -> int:
    """A whole number of at least 0 that a random number generator accepts as its seed."""
    number = 0 if text == "0" else positive(text)
    if number >= 2**63:
        raise argparse.ArgumentTypeError(f"expected a whole number below 2^63, got {text!r}")
    return number


def positive_real(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number


def fraction(text: str) -> float:
    """A number between 0 and 1, both excluded."""
    if (number := positive_real(text)) >= 1:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text!r}")
    return number


def size_in_bytes(text: str) -> int:
    """A number of bytes, with or without a decimal unit.

    >>> size_in_bytes("20GB"), size_in_bytes("1.5 MB"), size_in_bytes("4096")
    (20000000000, 1500000, 4096)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)B?", text.upper())
    if found is None:
        raise argparse.ArgumentTypeError(f"expected a size such as 500MB or 20GB, got {text!r}")
    return round(float(found[1]) * 1e3 ** _UNITS.index(found[2]))


_MOST_BYTES = 500_000_000
_UNITS = ("", "K", "M", "G", "T")
