"""The files of a run that stand beside its directory: what a store and a training process tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATE_FOLDER = ".lab"
"""The folder beside the runs with what is not part of a run directory: requests, progress, logs, the lock."""
REQUEST_SUFFIX = ".order.json"
"""Of the file with the request of a run."""
NEW_SUFFIX = ".new"
"""Of the progress of a run while it is written."""


@dataclass(frozen=True)
class StatePaths:
    """Those files of the run `name` in the folder `runs`.

    >>> StatePaths(Path("runs"), "pets-1").log.as_posix()
    'runs/.lab/pets-1.log'
    """

    runs: Path
    name: str

    @property
    def request(self) -> Path:
        """The request; a run of the command line has none."""
        return self.runs / STATE_FOLDER / f"{self.name}{REQUEST_SUFFIX}"

    @property
    def live(self) -> Path:
        """The progress between two epochs."""
        return self.runs / STATE_FOLDER / f"{self.name}.live.json"

    @property
    def log(self) -> Path:
        """The output of the training process."""
        return self.runs / STATE_FOLDER / f"{self.name}.log"

    @property
    def stop(self) -> Path:
        """Made to ask the training process to stop."""
        return self.runs / STATE_FOLDER / f"{self.name}.stop"
