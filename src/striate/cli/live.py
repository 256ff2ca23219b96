"""The live display of a training: a bar on a terminal, a plain line for each epoch anywhere else."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from striate.training.loop import Epoch, Progress


class Live:
    """Shows steps and epochs; on leaving, the bar goes and the epochs' lines stay."""

    def __init__(self, epochs: int, *, to_stderr: bool) -> None:
        self._console = Console(file=sys.stderr if to_stderr else sys.stdout, highlight=False, soft_wrap=True)
        self._epochs = epochs
        self._bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/" + str(epochs)),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal or os.environ.get("TERM") == "dumb",
        )
        self._task = self._bar.add_task("", total=None, epoch=1, status="starting")
        self._images_per_epoch = 0

    def __enter__(self) -> Live:
        self._bar.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._bar.stop()

    def on_step(self, progress: Progress) -> None:
        """Move the bar. Its end is known once the first epoch has shown how many images there are."""
        status = (
            f"{progress.images_per_second:,.0f} images/s  loss {progress.loss:.4f}  accuracy {progress.accuracy:.2%}"
        )
        done = (progress.epoch - 1) * self._images_per_epoch + progress.images
        total = self._images_per_epoch * self._epochs or None
        self._bar.update(self._task, completed=done, total=total, epoch=progress.epoch, status=status)
        if progress.epoch > 1:
            return
        self._images_in_first_epoch = progress.images

    def on_epoch(self, epoch: Epoch) -> None:
        """One line that stays."""
        self._images_per_epoch = self._images_per_epoch or self._images_in_first_epoch
        self._console.print(
            f"epoch {epoch.epoch:>{len(str(self._epochs))}}/{self._epochs}"
            f"  loss {epoch.train_loss:.4f}  held out: loss {epoch.test_loss:.4f}, accuracy {epoch.test_accuracy:.2%}"
            f"  {epoch.images_per_second:,.0f} images/s"
        )
