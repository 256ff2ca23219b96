"""Starting from the weights of a model: those of a run of one's own, or of a model file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from torch import Tensor

from striate.errors import TrainingError
from striate.models import shipped_models
from striate.nn import Network, class_rows, find_model, load_model, read_metadata
from striate.tables import Table, format_shape
from striate.training.run_config import StartModel
from striate.training.trained_on import TrainedOn


def describe_start(model: Path | str) -> StartModel:
    """The model at a path, or that ships under a name. ModelError if there is none."""
    path = find_model(model)
    shipped = {file: name for name, file in shipped_models().items()}
    return StartModel(shipped.get(path) or str(path.absolute()), _digest(path))


def start_state(network: Network, start: StartModel, classes: tuple[str, ...]) -> dict[str, Tensor]:
    """The state of a network that starts from a model: the model's weights.

    Where the model has other classes, the rows that name them stay as the network has them. TrainingError if the model
    is another network, or no longer the file that it was; ModelError if it cannot be read.
    """
    path = find_model(Path(start.model))
    if _digest(path) != start.sha256:
        raise TrainingError(f"{path}: is no longer the file that the run starts from")
    model = load_model(path)
    if (difference := _difference(network.table, model.network.table)) is not None:
        raise TrainingError(f"{path}: its network is not that of table {network.table.name}: {difference}")
    own = network.state_dict()
    return {**model.network.state_dict(), **({} if model.classes == classes else class_rows(network.table, own))}


def trained_before(start: StartModel) -> tuple[bytes, ...] | None:
    """The digests of the pictures that a model to start from was trained on, in order; None if they are not known."""
    path = find_model(Path(start.model))
    pictures = TrainedOn.load(path, read_metadata(path).training).pictures
    return None if pictures is None or pictures.trained is None else tuple(sorted(pictures.trained))


def _difference(table: Table, other: Table) -> str | None:
    """Where two networks differ, but for their classes; None if they do not."""
    table = table.with_classes(other.classes)
    if table.input != other.input:
        return f"its input is {format_shape(other.input)}, not {format_shape(table.input)}"
    for row, others in zip_longest(table.rows, other.rows):
        if row != others:
            return f"row {(row or others).name} is another"
    if table.heads != other.heads:
        return "its auxiliary heads are others"
    ours, theirs = (replace(each.preprocessing, light_on_dark=False, figure=None) for each in (table, other))
    return None if ours == theirs else "its preprocessing is another"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
