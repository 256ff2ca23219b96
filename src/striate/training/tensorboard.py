"""The epochs for TensorBoard (an extra): `tensorboard --logdir RUN`."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from striate.errors import TrainingError
from striate.training.callbacks import Epoch
from striate.training.metrics_logger import epoch_metrics

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

TENSORBOARD_FOLDER = "tensorboard"


class TensorBoardLogger:
    """Writes each epoch's numbers into a run directory, from epoch `first` on; without a directory it writes nothing.

    What an earlier session wrote of that epoch and later ones is no longer shown. TrainingError on entering if
    TensorBoard is not installed.
    """

    def __init__(self, out: Path | None, first: int = 1) -> None:
        self._out, self._first = out, first
        self._writer: SummaryWriter | None = None

    def __enter__(self) -> TensorBoardLogger:
        if self._out is not None:
            try:
                from torch.utils.tensorboard.writer import SummaryWriter
            except ImportError:
                raise TrainingError("TensorBoard is not installed: pip install 'striate[tensorboard]'") from None
            self._writer = SummaryWriter(str(self._out / TENSORBOARD_FOLDER), purge_step=self._first)
        return self

    def add(self, epoch: Epoch) -> None:
        """Write the numbers of an epoch."""
        if self._writer is None:
            return
        for name, value in epoch_metrics(epoch).items():
            self._writer.add_scalar(name, value, epoch.epoch)
        self._writer.flush()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._writer is not None:
            self._writer.close()
