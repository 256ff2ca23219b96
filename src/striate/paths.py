"""Paths as users give them, on the command line, in the environment or from Python."""

from __future__ import annotations

import os
import re
from pathlib import Path

from striate.errors import StriateError

_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # one slash is what `Path` leaves of two


def user_path(given: str | os.PathLike[str], error: type[StriateError] = StriateError) -> Path:
    """The path that a user means: `expand`ed."""
    return Path(expand(os.fspath(given), error))


def expand(given: str, error: type[StriateError] = StriateError) -> str:
    """A path or a name with `~`, or `~user`, in front replaced by the home folder, as a shell does it.

    A shell leaves it in `--out=~/x` and in `NAME=~/x`, and a variable may hold it. A user who does not exist stays as
    it is: a file may have that name.

    Args:
        given: what the user gave.
        error: the error that is raised.

    Raises:
        StriateError: it is a URL, or there is no home folder.

    >>> expand("runs/~x"), expand("lenet5")
    ('runs/~x', 'lenet5')
    >>> expand("https://example.com/cat.jpg")
    Traceback (most recent call last):
    striate.errors.StriateError: https://example.com/cat.jpg: a URL; download it, and give the path of the file
    """
    if _URL.match(given) and not os.path.lexists(given):
        raise error(f"{given}: a URL; download it, and give the path of the file")
    if not given.startswith("~"):
        return given
    expanded = os.path.expanduser(given)  # noqa: PTH111, Path's raises where there is no such user
    if re.match(r"~(?:[/\\]|$)", expanded):
        raise error(f"{given}: there is no home folder; $HOME can name one")
    return expanded
