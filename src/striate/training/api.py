"""Train a network, or resume a training: from a table and a data set to a run directory.

run.json             what is trained, on what, how: with a checkpoint, all that `resume` needs
model.safetensors    the model of the last finished epoch (with `patience`, of the best one)
best.safetensors     the model of the epoch with the highest validation accuracy
checkpoints/         the state of the training, for `resume`
metrics.jsonl        one line for each epoch
README.md            the model card; curves.png, samples/ and other pictures beside it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from striate.data import DataSource, NamedSet, data_kind, load_dataset
from striate.errors import TrainingError
from striate.runtime import ProcessGroup, init_distributed, set_threads
from striate.tables import FINE_TUNING, Recipe, Table, load_table
from striate.training.callbacks import Callback, CallbackList
from striate.training.run_config import Options, RunConfig, load_run_config
from striate.training.session import Run, TrainingSession


def train(
    table: Table | str,
    data: DataSource,
    out: Path | str,
    *,
    recipe: Recipe | None = None,
    pretrained: bool = False,
    options: Options = Options(),
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Train a table on a data set into a new run directory.

    Args:
        table: a table, a network's name, or the path of a .toml table.
        data: the name of a data set, a folder, arrays `(images, labels)`, or a torch Dataset: see
            `striate.data.load_dataset`. A part of the images is for validation.
        out: the run directory, which must not exist yet.
        recipe: how it is trained; by default the table's own recipe.
        pretrained: start from torchvision's ImageNet weights (a `:torchvision` table), by the recipe `FINE_TUNING`
            unless one is given.
        options: how the training is carried out.
        callbacks: called while the network is trained.

    Raises:
        TrainingError: the directory exists, or training fails.
        DataError, TableError, ModelError: the data, the table or the pretrained weights cannot be used.
        TrainingInterrupted: after SIGINT or SIGTERM, with a checkpoint from which `resume` continues.

        striate.train("lenet5", "digits", "runs/first").scores.top1
        striate.train("lenet5", (images, labels), "runs/arrays")
    """
    out = Path(out)
    table = load_table(table) if isinstance(table, str) else table
    table = replace(table, recipe=recipe or (FINE_TUNING if pretrained else table.recipe))
    data = _absolute(data)
    config = RunConfig(table, _name(data), data_kind(data), pretrained, options)
    with init_distributed(config.options.device) as group:
        if group.is_first and out.exists():
            raise TrainingError(f"{out}: exists already, and a run overwrites nothing; give another directory")
        return _session(out, config, data, group, callbacks).begin()


def resume(
    out: Path | str,
    data: DataSource | None = None,
    *,
    options: Options | None = None,
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Continue a training that was interrupted or died, from its newest complete checkpoint, to the same weights.

    Without a checkpoint it starts from the beginning.

    Args:
        out: the run directory.
        data: arrays or a torch Dataset, if the run began with them: they must be given again, the same images in the
            same order. A folder, if it has moved.
        options: other options than the run began with, in what does not change what is learned.
        callbacks: called while the network is trained.

    Raises:
        TrainingError: the run is finished, its data were given from Python and are missing, or they are others now.
        TrainingInterrupted: as by `train`.

        striate.resume("runs/arrays", (images, labels))
    """
    out, config = Path(out), load_run_config(out)
    if data is None and config.from_python:
        raise TrainingError(
            f"{out}: its data ({config.data}) were given from Python; resume it from Python:"
            f" striate.resume({str(out)!r}, data)"
        )
    if data is None:
        data = NamedSet(config.data) if config.data_kind == "named" else Path(config.data)
    config = replace(config, data=_name(data), data_kind=data_kind(data), options=options or config.options)
    with init_distributed(config.options.device) as group:
        return _session(out, config, data, group, callbacks).resume()


def _session(
    out: Path, config: RunConfig, data: DataSource, group: ProcessGroup, callbacks: Sequence[Callback]
) -> TrainingSession:
    callback = CallbackList(callbacks if group.is_first else ())
    set_threads(group.local_world_size)
    dataset = load_dataset(
        data, config.table, config.options.data, on_progress=callback.on_decoded, on_listed=callback.on_listed
    )
    return TrainingSession(out, config, dataset, group, callback)


def _name(data: DataSource) -> str:
    """What run.json calls the data."""
    if isinstance(data, str | Path):
        return str(data)
    return "arrays" if isinstance(data, tuple) else type(data).__name__


def _absolute(data: DataSource) -> DataSource:
    """The data; a folder by its absolute path, so that the run can be resumed from any working directory."""
    if isinstance(data, str | Path) and data_kind(data) == "folder":
        path = Path(data).expanduser()
        return path.absolute() if path.is_dir() else data
    return data
