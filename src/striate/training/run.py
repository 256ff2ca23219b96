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

from striate.data.named import NAMED
from striate.errors import TrainingError
from striate.tables import Recipe, Table, load_table
from striate.tables.recipe import FINE_TUNING
from striate.training.ranks import joined
from striate.training.sitting import Run, Sitting
from striate.training.told import Options, Told, load_run
from striate.training.watching import Watcher


def train(
    table: Table | str,
    data: str,
    out: Path | str,
    *,
    recipe: Recipe | None = None,
    pretrained: bool = False,
    options: Options = Options(),
    watcher: Watcher = Watcher(),
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
    told = Told(replace(table, recipe=recipe or table.recipe), _anywhere(data), pretrained, options)
    with joined() as ranks:
        if ranks.first and out.exists():
            raise TrainingError(f"{out}: exists already, and a run overwrites nothing; give another directory")
        return Sitting(out, told, ranks, watcher).begin()


def resume(out: Path | str, *, options: Options | None = None, watcher: Watcher = Watcher()) -> Run:
    """Go on with a training that was stopped or died, from its newest whole checkpoint, to the same weights.

    Where it left none it begins anew. `options` may differ from the run's own in what does not change what is learned.
    TrainingError if the run is finished, or its data are others now; Stopped as `train`.
    """
    told = load_run(out)
    with joined() as ranks:
        return Sitting(Path(out), replace(told, options=options or told.options), ranks, watcher).go_on()


def _anywhere(data: str) -> str:
    """A folder's name that holds wherever the run is gone on with."""
    path = Path(data).expanduser()
    return str(path.absolute()) if data not in NAMED and path.is_dir() else data
