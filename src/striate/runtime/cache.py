"""The folder for what can be made or fetched again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_home() -> Path:
    """The folder for what can be made or fetched again: $XDG_CACHE_HOME/striate, or ~/.cache/striate."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "striate"
