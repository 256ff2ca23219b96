"""Train a network, or resume a training: from a table and a data set to a run directory.

run.json             what is trained, on what, how: with a checkpoint, all that `resume` needs
model.safetensors    the model of the last finished epoch (with `patience`, of the best one)
best.safetensors     the model of the epoch with the highest validation accuracy
checkpoints/         the state of the training, for `resume`
replay/              with `replay`, snapshots of the network along the training, and a picture to look at them with
metrics.jsonl        one line for each epoch
skipped.jsonl        one line for each picture that could not be read
README.md            the model card; curves.png, samples/ and other pictures beside it
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.data import DataSource, data_kind, load_dataset
from striate.errors import DataError, TrainingError
from striate.nn import Network
from striate.paths import user_path
from striate.runtime import ProcessGroup, init_distributed, is_first_process, keep_freed_memory, set_threads
from striate.tables import FINE_TUNING, Recipe, Table, load_table
from striate.training.callbacks import Callback, CallbackList
from striate.training.checkpoint import load_checkpoint
from striate.training.replay import check_snapshots
from striate.training.run_config import Options, RunConfig, change_epochs, load_run_config
from striate.training.run_directory import check_available, lock_run
from striate.training.session import Run, TrainingSession
from striate.training.start_model import describe_start


def train(
    table: Table | str,
    data: DataSource,
    out: Path | str,
    *,
    recipe: Recipe | None = None,
    pretrained: bool = False,
    start_from: Path | str | None = None,
    replay: int = 0,
    options: Options = Options(),
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Train a table on a data set into a new run directory.

    Args:
        table: a table, a network's name, or the path of a .toml table.
        data: the name of a data set, a folder, arrays `(images, labels)`, or a torch Dataset: see
            `striate.data.load_dataset`. A part of the images is for validation.
        out: the run directory, which must not exist yet, or be empty.
        recipe: how it is trained; by default the table's own recipe.
        pretrained: start from torchvision's ImageNet weights (a `:torchvision` table), by the recipe `FINE_TUNING`
            unless one is given.
        start_from: start from the weights of this model: a run directory, a model file, or the name of a model that
            ships, of the same network. Where its classes are others, the rows that name them are initialized anew.
        replay: keep so many snapshots of the network, each as large as the model file: at initialization, then after
            steps in a geometric sequence from 1 to the last (`replay_steps`). `resume` keeps the plan.
        options: how the training is carried out.
        callbacks: called while the network is trained.

    Raises:
        TrainingError: the directory holds something, `start_from` is another network, `replay` is 1 or negative, or
            training fails.
        DataError, TableError, ModelError: the data, the table or the pretrained weights cannot be used.
        TrainingInterrupted: after SIGINT or SIGTERM, with a checkpoint from which `resume` continues.

        striate.train("lenet5", "digits", "runs/first").scores.top1
        striate.train("lenet5", (images, labels), "runs/arrays")
        striate.train("lenet5", "mnist", "runs/second", start_from="runs/first")
    """
    out = user_path(out, TrainingError)
    table = load_table(table) if isinstance(table, str) else table
    table = replace(table, recipe=recipe or (FINE_TUNING if pretrained else table.recipe))
    check_snapshots(replay)
    if pretrained and start_from is not None:
        raise TrainingError("a run starts from torchvision's weights or from those of a model, not from both")
    start = None if start_from is None else describe_start(start_from)
    config = RunConfig(table, data_name(data), data_kind(data), pretrained, options, start, replay)
    with init_distributed(config.options.device) as group:
        if group.is_first:
            check_available(out)
        return _session(out, config, data, group, _callback(group, callbacks)).begin()


def resume(
    out: Path | str,
    data: DataSource | None = None,
    *,
    epochs: int | None = None,
    options: Options | None = None,
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Continue a training that was interrupted or died, from its newest complete checkpoint, to the same weights.

    Without a checkpoint it starts from the beginning. One process at a time trains in a run directory.

    Args:
        out: the run directory.
        data: arrays or a torch Dataset, if the run began with them: they must be given again, the same images in the
            same order. A folder, if it has moved.
        epochs: train until so many epochs are done, more than are done now; of a finished run too. From the next step
            on the learning rate is the one that a run of so many epochs has at that step, by the recipe's schedule.
        options: other options than the run began with, in what does not change what is learned.
        callbacks: called while the network is trained.

    Raises:
        TrainingError: the run is finished and no more epochs are asked for, another process is training it, its data
            were given from Python and are missing, or they are others now.
        TrainingInterrupted: as by `train`.

        striate.resume("runs/arrays", (images, labels))
        striate.resume("runs/first", epochs=20)
    """
    out = user_path(out, TrainingError)
    load_run_config(out, finished=epochs is not None)  # first, so that no lock is made where no run is
    with lock_run(out) if is_first_process() else nullcontext() as no_locks:
        config = load_run_config(out, finished=epochs is not None)  # again: another process may just have finished it
        data = _own_data(out, config) if data is None else data
        checkpoint, problems = load_checkpoint(out)
        changed = None if epochs is None else change_epochs(out, config, epochs, checkpoint)
        config = replace(
            changed or config, data=data_name(data), data_kind=data_kind(data), options=options or config.options
        )
        with init_distributed(config.options.device) as group:
            callback = _callback(group, callbacks)
            instead = "the one before it is used" if checkpoint else "the run starts from the beginning"
            for line in ([no_locks] if no_locks else []) + [f"{problem}; {instead}" for problem in problems]:
                callback.on_warning(line)
            return _session(out, config, data, group, callback, checkpoint).resume(changed)


def recompute(out: Path | str, step: int, data: DataSource | None = None, *, options: Options | None = None) -> Network:
    """The network of a run as it was after a step, trained again from the nearest checkpoint before it, or from the
    beginning; nothing is written.

    On the CPU, in the precision and on the number of processes of the run, it is equal to the snapshot of this step
    bit for bit. Where a recipe has a mean of weights it is the mean, as in the snapshots and the model.

    Args:
        out: the run directory, of a finished run or of one that can be resumed.
        step: after how many steps; 0 is the initialization.
        data: arrays or a torch Dataset, if the run began with them; a folder, if it has moved.
        options: other options than the run began with, as for `resume`.

    Raises:
        TrainingError: there is no such run or step, the data were given from Python and are missing, or others now.

        striate.training.recompute("runs/first", 128)
    """
    out = user_path(out, TrainingError)
    config = load_run_config(out, finished=True)
    data = _own_data(out, config) if data is None else data
    config = replace(config, data=data_name(data), data_kind=data_kind(data), options=options or config.options)
    checkpoint, _ = load_checkpoint(out, latest=step)
    with init_distributed(config.options.device) as group:
        return _session(out, config, data, group, CallbackList(()), checkpoint).recompute(step)


def _own_data(out: Path, config: RunConfig) -> DataSource:
    """The data that a run began with, by name or folder; TrainingError if they were given from Python."""
    if config.from_python:
        raise TrainingError(
            f"{out}: its data ({config.data}) were given from Python; resume it from Python:"
            f" striate.resume({str(out)!r}, data)"
        )
    return config.source


def _session(
    out: Path,
    config: RunConfig,
    data: DataSource,
    group: ProcessGroup,
    callback: Callback,
    checkpoint: dict[str, Any] | None = None,
) -> TrainingSession:
    set_threads(group.local_world_size)
    keep_freed_memory()
    dataset = load_dataset(
        data, config.table, config.options.data, on_progress=callback.on_decoded, on_listed=callback.on_listed
    )
    return TrainingSession(out, config, dataset, group, callback, checkpoint)


def _callback(group: ProcessGroup, callbacks: Sequence[Callback]) -> Callback:
    return CallbackList(callbacks if group.is_first else ())


def data_name(data: DataSource) -> str:
    """What run.json calls the data; a folder by its absolute path, so that the run can be resumed from anywhere."""
    if not isinstance(data, str | Path):
        return "arrays" if isinstance(data, tuple) else type(data).__name__
    if data_kind(data) == "folder" and (path := user_path(data, DataError)).is_dir():
        return str(path.absolute())
    return str(data)
