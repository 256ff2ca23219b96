"""The folder for what can be made or fetched again."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from pathlib import Path

from striate.errors import StriateError
from striate.paths import user_path


def cache_home() -> Path:
    """The folder for what can be made or fetched again: $XDG_CACHE_HOME/striate, or ~/.cache/striate.

    Where there is no home folder, as in a container whose user has no account, a folder for temporary files.
    """
    if stated := os.environ.get("XDG_CACHE_HOME"):
        return user_path(stated) / "striate"
    try:
        return user_path("~") / ".cache" / "striate"
    except StriateError:
        return _temporary()


@functools.cache
def _temporary() -> Path:
    """A new folder, for this process and those that it starts: one of a known name could be another user's."""
    folder = tempfile.mkdtemp(prefix="striate-")
    print(
        f"striate: there is no home folder, so the cache is {folder}; $XDG_CACHE_HOME names a lasting one",
        file=sys.stderr,
    )
    os.environ["XDG_CACHE_HOME"] = folder
    os.environ.setdefault("MPLCONFIGDIR", str(Path(folder) / "matplotlib"))  # else matplotlib makes and names its own
    return Path(folder) / "striate"
