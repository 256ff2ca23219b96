"""One training of a study: made, continued where it was interrupted, or read where it is finished."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from striate.data import DataSource
from striate.errors import TrainingError
from striate.tables import Table
from striate.training import (
    METRICS_NAME,
    MODEL_CARD_NAME,
    RUN_CONFIG_NAME,
    Callback,
    Epoch,
    Options,
    load_run_config,
    resume,
    train,
)


def trained(
    table: Table, data: DataSource, out: Path, options: Options, callbacks: Sequence[Callback] = ()
) -> tuple[Epoch, ...]:
    """The epochs of the training of a table by its recipe in the run directory `out`.

    TrainingError if `out` holds a training of another table or recipe; TrainingInterrupted and others as `train`.
    """
    if not (out / RUN_CONFIG_NAME).exists():
        return train(table, data, out, options=options, callbacks=callbacks).history
    if load_run_config(out, finished=True).table != table:
        raise TrainingError(f"{out}: holds another training, of other epochs or another table: choose another folder")
    if not (out / MODEL_CARD_NAME).exists():
        return resume(out, callbacks=callbacks).history
    lines = (out / METRICS_NAME).read_text(encoding="utf-8").splitlines()
    return tuple(Epoch(**json.loads(line)) for line in lines)
