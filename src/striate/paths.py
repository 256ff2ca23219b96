"""Paths as users give them, on the command line, in the environment or from Python."""

from __future__ import annotations

import os
import re
from pathlib import Path

from striate.errors import StriateError
from striate.text import compose

HUB = "hf://"
"""In front of a model on the Hugging Face Hub: hf://OWNER/NAME."""
_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # one slash is what `Path` leaves of two


def user_path(given: str | os.PathLike[str], error: type[StriateError] = StriateError) -> Path:
    """The path that a user means: `expand`ed."""
    return Path(expand(os.fspath(given), error))


def expand(given: str, error: type[StriateError] = StriateError) -> str:
    """A path or a name with `~`, or `~user`, in front replaced by the home folder, as a shell does it.

    A shell leaves it in `--out=~/x` and in `NAME=~/x`, and a variable may hold it. A user who does not exist stays as
    it is: a file may have that name. What exists is found in either form of Unicode (`find_path`).

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
        return _as_written(given)
    expanded = os.path.expanduser(given)  # noqa: PTH111, Path's raises where there is no such user
    if re.match(r"~(?:[/\\]|$)", expanded):
        raise error(f"{given}: there is no home folder; $HOME can name one")
    return _as_written(expanded)


def find_path(name: str) -> Path | None:
    """The path of this name, in whatever form of Unicode it and its folders are written; None if there is none.

    macOS decomposes the names of files (NFD), and on other systems a keyboard types them composed (NFC).
    """
    path = Path(name)
    if os.path.lexists(path) or name.isascii():
        return path if os.path.lexists(path) else None
    found = Path(path.anchor)
    for part in path.relative_to(path.anchor).parts:
        if os.path.lexists(found / part):
            found /= part
        elif (other := _same_name(found, part)) is not None:
            found /= other
        else:
            return None
    return found


def _as_written(name: str) -> str:
    """A path in the form of Unicode that its file has, or else its folder; as it is, if there is neither."""
    if name.isascii() or os.path.lexists(name):
        return name
    path = Path(name)
    if (found := find_path(name)) is not None:
        return str(found)
    folder = find_path(str(path.parent))
    return name if folder in (None, path.parent) else str(folder / path.name)


def _same_name(folder: Path, name: str) -> str | None:
    """The name in a folder that is this one in another form of Unicode."""
    try:
        return next((other for other in sorted(os.listdir(folder)) if compose(other) == compose(name)), None)  # noqa: PTH208
    except OSError:
        return None
