"""Live displays: a bar on a terminal; of a training, a plain line for each epoch anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Column

from striate.cli.output import printable
from striate.training.ranks import is_first
from striate.training.watching import Epoch, Progress, Watcher

_T = TypeVar("_T")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads any more, as in `striate train ... | head`: the training goes on."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def counted(items: Iterable[_T], total: int, what: str) -> Iterator[_T]:
    """The items, while a bar on standard error counts them where that is a terminal; it goes when they end."""
    console = Console(file=sys.stderr, highlight=False)
    columns = (TextColumn(what), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
    dumb = not is_first() or not console.is_terminal or os.environ.get("TERM") == "dumb"
    with Bar(*columns, console=console, transient=True, disable=dumb) as bar:
        yield from bar.track(items, total=total)


class Live(Watcher):
    """Shows steps and epochs; on leaving, the bar goes and the epochs' lines stay. Only the first process speaks."""

    def __init__(self, epochs: int, *, to_stderr: bool) -> None:
        self._console = _Console(file=sys.stderr if to_stderr else sys.stdout, highlight=False)
        self._epochs = epochs
        self._bar = Bar(
            TextColumn("{task.fields[what]}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(table_column=Column(min_width=len("0:00:00"))),
            console=self._console,
            transient=True,
            disable=not is_first() or not self._console.is_terminal or os.environ.get("TERM") == "dumb",
        )
        self._task = self._bar.add_task("", total=None, what=f"epoch 1/{epochs}", status="starting")

    def __enter__(self) -> Live:
        self._bar.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._bar.stop()

    def on_decoded(self, done: int, total: int) -> None:
        """Move the bar of the decoding, which comes first."""
        self._bar.update(self._task, completed=done, total=total, what="decoding", status=f"{done:,} of {total:,}")

    def on_start(self, machine: str) -> None:
        """One line, where there is a bar: what the training runs on."""
        self._bar.reset(self._task, total=None)
        if not self._bar.disable:
            self._console.print(f"on {machine}", style="dim")

    def on_warning(self, line: str) -> None:
        """One line on standard error."""
        print(f"striate: {printable(line)}", file=sys.stderr)

    def on_step(self, progress: Progress) -> None:
        """Move the bar."""
        self._bar.update(
            self._task,
            completed=(progress.epoch - 1) * progress.epoch_images + progress.images,
            total=self._epochs * progress.epoch_images,
            what=f"epoch {progress.epoch}/{self._epochs}",
            status=f"{progress.images_per_second:,.0f} images/s"
            f"  loss {progress.loss:.4f}  accuracy {progress.accuracy:.2%}",
        )

    def on_epoch(self, epoch: Epoch) -> None:
        """One line that stays."""
        self._console.print(
            f"epoch {epoch.epoch:>{len(str(self._epochs))}}/{self._epochs}"
            f"  loss {epoch.train_loss:.4f}, held out {epoch.test_loss:.4f}"
            f"  accuracy {epoch.test_accuracy:.2%}  {epoch.images_per_second:,.0f} images/s",
            soft_wrap=not self._console.is_terminal,
        )
