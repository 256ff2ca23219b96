"""What a run was told when it began, kept in its directory as run.json: all that going on needs beside a checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from striate.data.pack import CACHE_SIZE
from striate.errors import TableError, TrainingError
from striate.nn.model_file import write_atomically
from striate.tables import Table, toml
from striate.training.machine import Precision

TOLD_NAME, CARD_NAME = "run.json", "README.md"


@dataclass(frozen=True)
class Options:
    """How a training is carried out; none of it changes what is learned but `val_fraction` and `precision`.

    `cache_size` bounds the cache of decoded pictures, in bytes; `workers` are threads that prepare pictures;
    `compiled` says torch.compile; a checkpoint is written every `checkpoint_seconds`.
    """

    data_dir: str | None = None
    val_fraction: float = 0.2
    max_bad: int = 0
    cache_size: int = CACHE_SIZE
    workers: int = 1
    precision: Precision = "auto"
    compiled: bool = False
    tensorboard: bool = False
    checkpoint_seconds: float = 300.0


@dataclass(frozen=True)
class Told:
    """What a run was told when it began: all that going on needs beside a checkpoint."""

    table: Table
    data: str
    pretrained: bool
    options: Options


def load_run(out: Path | str) -> Told:
    """What an unfinished run was told. TrainingError if there is none, or it is finished."""
    out = Path(out)
    try:
        told = json.loads((out / TOLD_NAME).read_text())
        table = toml.from_plain(told["table"], "table")
        run = Told(table, told["data"], told["pretrained"], Options(**told["options"]))
    except (OSError, ValueError, KeyError, TypeError, TableError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{out}: no run to go on with: {TOLD_NAME}: {reason}") from None
    if (out / CARD_NAME).exists():
        raise TrainingError(f"{out}: this run is finished")
    return run


def write_told(out: Path, told: Told) -> None:
    """Write down what `load_run` reads."""
    plain = {
        "format": 1,
        "table": toml.to_plain(told.table, defaults=True),
        "data": told.data,
        "pretrained": told.pretrained,
        "options": asdict(told.options),
    }
    write_atomically(out / TOLD_NAME, json.dumps(plain, indent=1).encode())
