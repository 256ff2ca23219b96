"""The files of a run: where they are, and readers that accept no more than a bounded size."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.data import decode_side
from striate.nn import MODEL_FILE_NAME, parse_json, read_metadata
from striate.runs.state_files import StatePaths
from striate.tables import Recipe
from striate.text import safe_names
from striate.training import (
    METRICS_NAME,
    MODEL_CARD_NAME,
    REPLAY_FOLDER,
    REPLAY_PICTURE_NAME,
    RUN_CONFIG_NAME,
    SAMPLES_FOLDER,
    find_snapshots,
)

_MOST_BYTES = 4_000_000
_MOST_SAMPLES = 12
_COLUMNS = ("epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy")


@dataclass(frozen=True)
class RunPaths(StatePaths):
    """The files of the run `name` in the folder `runs`: those of its directory too."""

    @property
    def directory(self) -> Path:
        """The run directory, as `striate train --out` makes it."""
        return self.runs / self.name

    @property
    def config(self) -> Path:
        """The configuration that the training started with."""
        return self.directory / RUN_CONFIG_NAME

    @property
    def card(self) -> Path:
        """The model card; only a finished run has one."""
        return self.directory / MODEL_CARD_NAME

    @property
    def metrics(self) -> Path:
        """One line of JSON for each epoch."""
        return self.directory / METRICS_NAME

    @property
    def model(self) -> Path:
        """The model of the last epoch."""
        return self.directory / MODEL_FILE_NAME

    @property
    def replay_picture(self) -> Path:
        """The picture of its replay, if it keeps one."""
        return self.directory / REPLAY_FOLDER / REPLAY_PICTURE_NAME

    @property
    def samples(self) -> Path:
        """A validation picture of each class; only a finished run has them."""
        return self.directory / SAMPLES_FOLDER


@dataclass(frozen=True)
class RunSummary:
    """What a run trains: the table's name, the data set's name, the epochs planned, the loss and the learning rate."""

    table: str
    data: str
    epochs: int
    loss: str
    learning_rate: float


@dataclass(frozen=True)
class RunScores:
    """How far a run is: epochs done, and the best validation accuracy so far."""

    done: int
    best: float | None


@dataclass(frozen=True)
class ReplaySummary:
    """The steps of a run's snapshots; `version` is another number in another run of the same name."""

    steps: tuple[int, ...]
    version: float


@dataclass(frozen=True)
class ModelSummary:
    """A model file: the table's name, its input (channels, height, width), the shorter side, in pixels, to which a
    larger picture is scaled down as it is decoded, and the classes."""

    table: str
    input: tuple[int, int, int]
    side: int
    classes: tuple[str, ...]


def read_json(path: Path) -> Any:
    """The JSON in a file. ValueError if the file is not JSON, or too large."""
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES:,} bytes")
    return parse_json(content.decode())


def read_summary(path: Path) -> RunSummary:
    """The summary of a request, or of a run's configuration; of a data folder only its last name."""
    config = read_json(path)
    table, data = config["table"], Path(str(config["data"])).name
    recipe = table["recipe"]
    name, epochs = str(table["name"]), int(recipe["epochs"])
    loss, learning_rate = recipe.get("loss", Recipe.loss), recipe.get("learning_rate", Recipe.learning_rate)
    return RunSummary(name, data, epochs, str(loss), float(learning_rate))


def read_history(path: Path) -> dict[str, list[float]]:
    """The metrics of a run, a list of numbers for each column; damaged lines are skipped."""
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


def read_scores(path: Path) -> RunScores:
    """The scores in the metrics of a run."""
    accuracies = read_history(path)["test_accuracy"]
    return RunScores(len(accuracies), max(accuracies, default=None))


def read_replay(paths: RunPaths) -> ReplaySummary | None:
    """The snapshots of a run; None if it has none."""
    try:
        return ReplaySummary(tuple(find_snapshots(paths.directory)), paths.replay_picture.stat().st_mtime)
    except OSError:
        return None


def read_model_summary(path: Path) -> ModelSummary:
    """The summary of a model file, from its header alone."""
    metadata = read_metadata(path)
    table = metadata.plan.table
    return ModelSummary(table.name, table.input, decode_side(table), metadata.classes)


def find_samples(paths: RunPaths, classes: Sequence[str]) -> dict[str, Path]:
    """The validation pictures that a run keeps, by their classes: those of the first classes."""
    if not paths.samples.is_dir():
        return {}
    files = {name: paths.samples / f"{stem}.png" for name, stem in zip(classes, safe_names(classes), strict=True)}
    found = ((name, path) for name, path in files.items() if path.is_file())
    return dict(itertools.islice(found, _MOST_SAMPLES))


def read_live(path: Path) -> dict[str, Any] | None:
    """The progress of a training as a recorder wrote it; None if there is none."""
    try:
        live = read_json(path)
    except (OSError, ValueError, RecursionError):
        return None
    return live if isinstance(live, dict) else None


def read_kernels(path: Path) -> Any:
    """The kernels in the progress of a training; None if there are none."""
    return (read_live(path) or {}).get("kernels")
