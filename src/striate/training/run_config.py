"""A run's configuration, run.json in its directory: with a checkpoint, all that resuming needs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from striate.data import NAMED, DataKind, DataOptions, NamedSet, data_kind
from striate.errors import TableError, TrainingError
from striate.paths import user_path
from striate.runtime import Precision, write_atomically
from striate.tables import Table, table_from_dict, table_to_dict
from striate.text import quantity

RUN_CONFIG_NAME, MODEL_CARD_NAME = "run.json", "README.md"


@dataclass(frozen=True)
class Options:
    """How a training is carried out. Only `val_fraction`, `split` and `images` of the data, and `precision`, change
    what is learned; another device adds numbers in another order.

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
class StartModel:
    """The model whose weights a run starts from: its path, or its name if it ships, and its file's SHA-256."""

    model: str
    sha256: str


@dataclass(frozen=True)
class EpochsChange:
    """From the step after `step` on, counted from 1, a run had another number of epochs than the `planned` before."""

    step: int
    planned: int


@dataclass(frozen=True)
class RunConfig:
    """What is trained, on what, how. `data` is a name or a path; for data given from Python, the data set's name.

    `start_from` is the model whose weights it starts from; `replay` is the number of snapshots that it keeps of a whole
    training; `epochs_changes` are those that `resume` was asked for.
    """

    table: Table
    data: str
    data_kind: DataKind
    pretrained: bool
    options: Options
    start_from: StartModel | None = None
    replay: int = 0
    epochs_changes: tuple[EpochsChange, ...] = ()

    @property
    def source(self) -> NamedSet | Path:
        """The data by name or folder, as `load_dataset` takes them; not for those that were given from Python."""
        return NamedSet(self.data) if self.data_kind == "named" else Path(self.data)

    @property
    def from_python(self) -> bool:
        """Whether the data were given from Python, so that they must be given again to resume."""
        return self.data_kind in ("arrays", "torch")

    def epochs_at(self, step: int) -> int:
        """The number of epochs that the run had planned when it had done so many steps.

        >>> from striate.tables import load_table
        >>> table = load_table("lenet5")  # 20 epochs
        >>> config = RunConfig(table, "digits", "named", False, Options(), epochs_changes=(EpochsChange(30, 10),))
        >>> config.epochs_at(29), config.epochs_at(30)
        (10, 20)
        """
        epochs, since = self.table.recipe.epochs, math.inf
        for change in reversed(self.epochs_changes):
            since = min(since, change.step)  # a run may have gone back to an older checkpoint
            if step < since:
                epochs = change.planned
        return epochs


def _kind_of_version_0_1(data: str) -> DataKind:
    """The kind of data of a run of version 0.1, which did not write it: named sets took precedence over folders."""
    return data_kind(NamedSet(data) if data in NAMED else data)


def load_run_config(out: Path | str, *, finished: bool = False) -> RunConfig:
    """The configuration of an unfinished run; of a `finished` one too. TrainingError if there is none."""
    out = user_path(out, TrainingError)
    try:
        document = json.loads((out / RUN_CONFIG_NAME).read_bytes())
        config = RunConfig(
            table_from_dict(document["table"], "table"),
            document["data"],
            document.get("data_kind") or _kind_of_version_0_1(document["data"]),
            document["pretrained"],
            _options_from_dict(document["options"]),
            StartModel(**start) if (start := document.get("start_from")) else None,
            int(document.get("replay", 0)),
            tuple(EpochsChange(**change) for change in document.get("epochs_changes", ())),
        )
    except FileNotFoundError:
        raise TrainingError(f"{out}: no run to resume: {_why_not(out)}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TableError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{out}: no run to resume: {RUN_CONFIG_NAME}: {reason}") from None
    if not finished and (out / MODEL_CARD_NAME).exists():
        raise TrainingError(f"{out}: this run is finished; --epochs N, with a larger N, trains it for more")
    return config


def _why_not(out: Path) -> str:
    """Why there is no configuration, and what to do."""
    if not out.is_dir():
        return "there is no such directory"
    return f"it has no {RUN_CONFIG_NAME}; if a training was killed before it began, start it again with --out"


def change_epochs(out: Path, config: RunConfig, epochs: int, checkpoint: dict[str, Any] | None) -> RunConfig:
    """The configuration of the run in `out` for another number of epochs, from its newest checkpoint on.

    TrainingError if so many are done, or if a finished run has no checkpoint.
    """
    position: dict[str, Any] = {} if checkpoint is None else checkpoint["trainer"]["position"]
    done, planned = len(position.get("history", ())), config.table.recipe.epochs
    if checkpoint is None and (out / MODEL_CARD_NAME).exists():
        raise TrainingError(
            f"{out}: has no complete checkpoint to continue from; --from {out} starts a new run from its weights"
        )
    if epochs <= done:
        raise TrainingError(f"{out}: trained for {quantity(done, 'epoch')}; --epochs must be more: {epochs}")
    if epochs == planned:
        return config
    recipe = replace(config.table.recipe, epochs=epochs)
    change = EpochsChange(position.get("step", 0), planned)
    table = replace(config.table, recipe=recipe)
    return replace(config, table=table, epochs_changes=(*config.epochs_changes, change))


def save_run_config(out: Path, config: RunConfig) -> None:
    """Write what `load_run_config` reads."""
    document = {
        "format": 1,
        "table": table_to_dict(config.table, defaults=True),
        "data": config.data,
        "data_kind": config.data_kind,
        "pretrained": config.pretrained,
        "options": _options_to_dict(config.options),
        "start_from": config.start_from and asdict(config.start_from),
        "replay": config.replay,
        "epochs_changes": [asdict(change) for change in config.epochs_changes],
    }
    write_atomically(out / RUN_CONFIG_NAME, json.dumps(document, indent=1, default=str).encode())


def _options_to_dict(options: Options) -> dict[str, Any]:
    """All options, those of the data among the others."""
    flat = asdict(options)
    return {**flat.pop("data"), **flat}


def _options_from_dict(flat: dict[str, Any]) -> Options:
    flat = {"split": "position", **flat}  # version 0.1 knew no other rule
    of_data = {field.name for field in fields(DataOptions)} & flat.keys()
    others = {name: value for name, value in flat.items() if name not in of_data}
    return Options(data=DataOptions(**{name: flat[name] for name in of_data}), **others)
