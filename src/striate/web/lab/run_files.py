"""What lies on the disk of a run, read within bounds; what is damaged is as if it were not there."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from striate.errors import StriateError
from striate.nn import MODEL_FILE_NAME, parse_json, read_metadata
from striate.training import METRICS_NAME, MODEL_CARD_NAME, RUN_CONFIG_NAME
from striate.web.lab.train_worker import FAILED, STOPPED

T = TypeVar("T")
FOLDER = ".lab"  # beside the runs: what the page keeps of them
ENDED = "its process was ended"  # from without, or before it could say why
_MOST_BYTES = 4_000_000  # of a file that is read
_MOST_LETTERS = 1000  # of a reason
_TAIL = 16_000  # bytes of a log; what Python warns of as it ends may stand below a reason
_FOLDERS = re.compile(r"(?<![\w.~/-])/(?:[^/\s'\"]+/)*(?=[^/\s])")
"""Of a path that begins at the root, all but its last name."""
_COLUMNS = ("epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy")


@dataclass(frozen=True)
class RunPaths:
    """Where a run is, and what the page keeps of it."""

    runs: Path
    name: str

    @property
    def out(self) -> Path:
        """The run directory."""
        return self.runs / self.name

    @property
    def told(self) -> Path:
        """What the run was told when it began."""
        return self.out / RUN_CONFIG_NAME

    @property
    def card(self) -> Path:
        """The model card, which a finished run has."""
        return self.out / MODEL_CARD_NAME

    @property
    def metrics(self) -> Path:
        """A line for each epoch."""
        return self.out / METRICS_NAME

    @property
    def model(self) -> Path:
        """The model of the last epoch."""
        return self.out / MODEL_FILE_NAME

    @property
    def order(self) -> Path:
        """What the page ordered; a run that was begun elsewhere has none."""
        return self.runs / FOLDER / f"{self.name}.order.json"

    @property
    def live(self) -> Path:
        """How the training goes between two epochs."""
        return self.runs / FOLDER / f"{self.name}.live.json"

    @property
    def log(self) -> Path:
        """What the process that trains has said."""
        return self.runs / FOLDER / f"{self.name}.log"


class FileCache(Generic[T]):
    """What `read` makes of files, until they are others; of the `most` that were asked for last."""

    def __init__(self, read: Callable[[Path], T], most: int) -> None:
        self._read, self._most = read, most
        self._kept: OrderedDict[Path, tuple[object, T | None]] = OrderedDict()

    def of(self, path: Path) -> T | None:
        """What it says; None if there is no such file, or it cannot be read."""
        try:
            status = path.stat()
        except OSError:
            return None
        stamp = status.st_mtime_ns, status.st_size, status.st_ino
        before = self._kept.pop(path, None)
        value = before[1] if before is not None and before[0] == stamp else self._value(path)
        self._kept[path] = stamp, value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def _value(self, path: Path) -> T | None:
        try:
            return self._read(path)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, StriateError):
            return None


def read_json(path: Path) -> Any:
    """The JSON in a file. ValueError if it is none, or too large."""
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES:,} bytes")
    return parse_json(content.decode())


@dataclass(frozen=True)
class RunSummary:
    """What a run trains, on what, how long at most."""

    table: str
    data: str
    epochs: int


def read_summary(path: Path) -> RunSummary:
    """From what the page ordered, or from what a run was told; of a folder its name alone."""
    told = read_json(path)
    return RunSummary(str(told["table"]["name"]), Path(str(told["data"])).name, int(told["table"]["recipe"]["epochs"]))


def read_history(path: Path) -> dict[str, list[float]]:
    """The epochs of a run, a list for each column; a line that is not whole is left out."""
    columns: dict[str, list[float]] = {name: [] for name in _COLUMNS}
    with path.open("rb") as file:
        lines = file.read(_MOST_BYTES).splitlines()
    for line in lines:
        try:
            epoch = parse_json(line.decode())
            numbers = [float(f"{float(epoch[name]):.6g}") for name in _COLUMNS]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        for name, number in zip(_COLUMNS, numbers, strict=True):
            columns[name].append(number)
    return columns


def read_scores(path: Path) -> tuple[int, float | None]:
    """How many epochs are done, and the best accuracy on the held-out images."""
    accuracies = read_history(path)["test_accuracy"]
    return len(accuracies), max(accuracies, default=None)


def read_model(path: Path) -> dict[str, Any]:
    """What the page needs to know of a model, from its file's beginning."""
    plan = read_metadata(path).plan
    return {"table": plan.table.name, "input": list(plan.table.input)}


def read_reason(path: Path) -> str | None:
    """Why a training failed, or what is known of it, from the end of its log; None if it stopped as it was asked to.

    No path of this machine: the page shows this.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    said = next((line for line in reversed(lines) if line == STOPPED or line.startswith(FAILED)), None)
    if said == STOPPED:
        return None
    if said is None:
        said = f"{ENDED}; it said last: {lines[-1].strip()}" if lines else ENDED
    reason = _FOLDERS.sub("", said.removeprefix(FAILED))
    return "".join(letter if letter.isprintable() else "?" for letter in reason)[:_MOST_LETTERS]
