"""A run's configuration, run.json in its directory: with a checkpoint, all that resuming needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from striate.data import CACHE_SIZE
from striate.errors import TableError, TrainingError
from striate.runtime import Precision, write_atomically
from striate.tables import Table, table_from_dict, table_to_dict

RUN_CONFIG_NAME, MODEL_CARD_NAME = "run.json", "README.md"


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
class RunConfig:
    """A run's configuration: with a checkpoint, all that resuming needs."""

    table: Table
    data: str
    pretrained: bool
    options: Options


def load_run_config(out: Path | str) -> RunConfig:
    """The configuration of an unfinished run. TrainingError if there is none, or it is finished."""
    out = Path(out)
    try:
        config = json.loads((out / RUN_CONFIG_NAME).read_text())
        table = table_from_dict(config["table"], "table")
        run = RunConfig(table, config["data"], config["pretrained"], Options(**config["options"]))
    except (OSError, ValueError, KeyError, TypeError, TableError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{out}: no run to go on with: {RUN_CONFIG_NAME}: {reason}") from None
    if (out / MODEL_CARD_NAME).exists():
        raise TrainingError(f"{out}: this run is finished")
    return run


def save_run_config(out: Path, config: RunConfig) -> None:
    """Write down what `load_run_config` reads."""
    plain = {
        "format": 1,
        "table": table_to_dict(config.table, defaults=True),
        "data": config.data,
        "pretrained": config.pretrained,
        "options": asdict(config.options),
    }
    write_atomically(out / RUN_CONFIG_NAME, json.dumps(plain, indent=1).encode())
