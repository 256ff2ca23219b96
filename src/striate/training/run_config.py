"""A run's configuration, run.json in its directory: with a checkpoint, all that resuming needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from striate.data import DataKind, DataOptions, data_kind
from striate.errors import TableError, TrainingError
from striate.paths import user_path
from striate.runtime import Precision, write_atomically
from striate.tables import Table, table_from_dict, table_to_dict

RUN_CONFIG_NAME, MODEL_CARD_NAME = "run.json", "README.md"


@dataclass(frozen=True)
class Options:
    """How a training is carried out. Only `data.val_fraction` and `precision` change what is learned; another device
    adds numbers in another order.

    Attributes:
        data: how the data set is found, split, decoded and cached.
        workers: threads that prepare batches ahead; 0 prepares them between the steps.
        precision: of products; "auto" is bfloat16 where the hardware is fast at it, else float32.
        device: "cpu", "cuda", "cuda:1", "mps", "xpu", or "auto", which is the GPU if there is one; by default what
            $STRIATE_DEVICE says, else "auto".
        compiled: whether the network goes through torch.compile.
        tensorboard: whether the epochs are written for TensorBoard too (an extra).
        checkpoint_seconds: a checkpoint is written after at most so many seconds, and at the ends of epochs.

    >>> Options(data=DataOptions(val_fraction=0.1), precision="float32").workers
    1
    """

    data: DataOptions = DataOptions()
    workers: int = 1
    precision: Precision = "auto"
    device: str | None = None
    compiled: bool = False
    tensorboard: bool = False
    checkpoint_seconds: float = 300.0


@dataclass(frozen=True)
class RunConfig:
    """What is trained, on what, how. `data` is a name or a path; for data given from Python, the data set's name."""

    table: Table
    data: str
    data_kind: DataKind
    pretrained: bool
    options: Options

    @property
    def from_python(self) -> bool:
        """Whether the data were given from Python, so that they must be given again to resume."""
        return self.data_kind in ("arrays", "torch")


def load_run_config(out: Path | str) -> RunConfig:
    """The configuration of an unfinished run. TrainingError if there is none, or the run is finished."""
    out = user_path(out, TrainingError)
    try:
        document = json.loads((out / RUN_CONFIG_NAME).read_bytes())
        config = RunConfig(
            table_from_dict(document["table"], "table"),
            document["data"],
            document.get("data_kind") or data_kind(document["data"]),  # version 0.1 did not write it
            document["pretrained"],
            _options_from_dict(document["options"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TableError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{out}: no run to resume: {RUN_CONFIG_NAME}: {reason}") from None
    if (out / MODEL_CARD_NAME).exists():
        raise TrainingError(f"{out}: this run is finished")
    return config


def save_run_config(out: Path, config: RunConfig) -> None:
    """Write what `load_run_config` reads."""
    document = {
        "format": 1,
        "table": table_to_dict(config.table, defaults=True),
        "data": config.data,
        "data_kind": config.data_kind,
        "pretrained": config.pretrained,
        "options": _options_to_dict(config.options),
    }
    write_atomically(out / RUN_CONFIG_NAME, json.dumps(document, indent=1, default=str).encode())


def _options_to_dict(options: Options) -> dict[str, Any]:
    """All options, those of the data among the others."""
    flat = asdict(options)
    return {**flat.pop("data"), **flat}


def _options_from_dict(flat: dict[str, Any]) -> Options:
    of_data = {field.name for field in fields(DataOptions)} & flat.keys()
    others = {name: value for name, value in flat.items() if name not in of_data}
    return Options(data=DataOptions(**{name: flat[name] for name in of_data}), **others)
