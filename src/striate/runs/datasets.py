"""The data sets that a request may name."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from striate.data import NAMED, is_available
from striate.errors import DataError


@dataclass(frozen=True)
class DatasetCatalog:
    """The named sets that are on this machine, and `folders`: path by the name that is shown.

    A request can name no other data, so that whoever sends one can read no folder that was not offered. `data_dir` is
    where named sets are looked for, as `striate train --data-dir`.
    """

    folders: Mapping[str, str] = field(default_factory=dict)
    data_dir: str | None = None

    def sources(self) -> dict[str, str]:
        """What `striate.training.train` takes as data, by the name that is shown."""
        data_dir = None if self.data_dir is None else Path(self.data_dir)
        available = {}
        for name in NAMED:
            with contextlib.suppress(DataError):  # there is no such folder
                if is_available(name, data_dir):
                    available[name] = name
        return {**available, **self.folders}
