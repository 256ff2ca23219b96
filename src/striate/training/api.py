"""A training run: from a table and a data set to a run directory that holds everything about the model.

run.json             what is trained, on what, how: all that `resume` needs beside a checkpoint
model.safetensors    the weights of the last finished epoch (with `patience`, of the best one)
best.safetensors     the weights of the best epoch on the held-out images
checkpoints/         where the training stood, for `resume`
metrics.jsonl        one line for each epoch
README.md            the model card; curves.png, samples/ and other pictures beside it
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from striate.data import NAMED
from striate.errors import TrainingError
from striate.runtime import init_distributed
from striate.tables import FINE_TUNING, Recipe, Table, load_table
from striate.training.callbacks import Callback
from striate.training.run_config import Options, RunConfig, load_run_config
from striate.training.session import Run, TrainingSession


def train(
    table: Table | str,
    data: str,
    out: Path | str,
    *,
    recipe: Recipe | None = None,
    pretrained: bool = False,
    options: Options = Options(),
    callback: Callback = Callback(),
) -> Run:
    """Train a table on a data set, by its own recipe or the one given, into a new directory.

    `pretrained` starts from torchvision's ImageNet weights (a `:torchvision` table), by `FINE_TUNING` unless a
    recipe is given. TrainingError if the directory exists or training fails; DataError, TableError and ModelError
    for what cannot be used; Stopped after SIGINT or SIGTERM, with a checkpoint.

        train("lenet5", "digits", "runs/first").scores.top1
    """
    out = Path(out)
    recipe = recipe or (FINE_TUNING if pretrained else None)
    table = load_table(table) if isinstance(table, str) else table
    config = RunConfig(replace(table, recipe=recipe or table.recipe), _anywhere(data), pretrained, options)
    with init_distributed() as group:
        if group.is_first and out.exists():
            raise TrainingError(f"{out}: exists already, and a run overwrites nothing; give another directory")
        return TrainingSession(out, config, group, callback).begin()


def resume(out: Path | str, *, options: Options | None = None, callback: Callback = Callback()) -> Run:
    """Go on with a training that was stopped or died, from its newest whole checkpoint, to the same weights.

    Where it left none it begins anew. `options` may differ from the run's own in what does not change what is learned.
    TrainingError if the run is finished, or its data are others now; Stopped as `train`.
    """
    config = load_run_config(out)
    with init_distributed() as group:
        return TrainingSession(Path(out), replace(config, options=options or config.options), group, callback).resume()


def _anywhere(data: str) -> str:
    """A folder's name that holds wherever the run is gone on with."""
    path = Path(data).expanduser()
    return str(path.absolute()) if data not in NAMED and path.is_dir() else data
