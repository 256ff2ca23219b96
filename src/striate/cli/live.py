"""Live displays: for a training a bar on a terminal and a line for each epoch; for other work a bar."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Column

from striate.cli.output import print_message
from striate.runtime import before_exit, is_first_process
from striate.training import Callback, Epoch, Progress

if TYPE_CHECKING:
    from striate.nn import Network


class _Console(Console):
    """A console whose bars and colours are for a terminal alone: rich would believe variables such as FORCE_COLOR."""

    def __init__(self, file: TextIO) -> None:
        terminal = file.isatty()
        self.has_bars = terminal and os.environ.get("TERM") != "dumb" and is_first_process()
        super().__init__(file=file, force_terminal=terminal, force_interactive=self.has_bars, highlight=False)

    def on_broken_pipe(self) -> None:
        """The reader has ended, as in `striate train ... | head`: the training continues."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def _bar(console: _Console) -> Bar:
    """A bar that disappears when it is done; only in the first process, and only on a terminal."""
    return Bar(
        TextColumn("{task.fields[title]}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[status]}"),
        TimeRemainingColumn(table_column=Column(min_width=len("0:00:00"))),
        console=console,
        transient=True,
        redirect_stdout=console.file is not sys.stderr,  # else output for a file would go to the terminal
        disable=not console.has_bars,
    )


@contextlib.contextmanager
def _shown(bar: Bar) -> Iterator[None]:
    """Within the context the bar is on the terminal; it disappears, and the cursor is shown again, on Ctrl-C too."""
    with before_exit(bar.stop), bar:
        yield


@contextlib.contextmanager
def counting() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, updated by what is yielded: `show("decoding", 5, 100)` is 5 of 100 decoded."""
    bar = _bar(_Console(sys.stderr))
    task = bar.add_task("", visible=False, title="", status="")

    def show(title: str, done: int, total: int) -> None:
        status = f"{done:,} of {total:,}"
        bar.update(task, completed=done, total=total, title=title, status=status, visible=True)

    with _shown(bar):
        yield show


class Live(Callback):
    """Shows steps in a bar, which disappears at the end, and epochs in lines, which stay; in the first process only."""

    def __init__(self, epochs: int, *, to_stderr: bool) -> None:
        self._console = _Console(sys.stderr if to_stderr else sys.stdout)
        self._epochs = epochs
        self._bar = _bar(self._console)
        self._display = _shown(self._bar)
        self._task = self._bar.add_task("", total=None, title=f"epoch 1/{epochs}", status="starting")

    def __enter__(self) -> Live:
        self._display.__enter__()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._display.__exit__(None, None, None)

    def on_listed(self, line: str) -> None:
        """Print it on standard error."""
        print_message(line)

    def on_decoded(self, done: int, total: int) -> None:
        """Move the bar of the decoding, which comes first."""
        self._bar.update(self._task, completed=done, total=total, title="decoding", status=f"{done:,} of {total:,}")

    def on_start(self, device: str) -> None:
        """Print the device, where there is a bar."""
        self._bar.reset(self._task, total=None)
        if not self._bar.disable:
            self._console.print(f"on {device}", style="dim")

    def on_network(self, network: Network) -> None:
        """Take the number of epochs from its recipe: of several trainings each has its own."""
        self._epochs = network.table.recipe.epochs

    def on_warning(self, line: str) -> None:
        """Print one line on standard error."""
        print_message(line)

    def on_step(self, progress: Progress) -> None:
        """Move the bar."""
        self._bar.update(
            self._task,
            completed=(progress.epoch - 1) * progress.epoch_images + progress.images,
            total=self._epochs * progress.epoch_images,
            title=f"epoch {progress.epoch}/{self._epochs}",
            status=f"{progress.images_per_second:,.0f} images/s"
            f"  loss {progress.loss:.4f}  accuracy {progress.accuracy:.2%}",
        )

    def on_epoch(self, epoch: Epoch) -> None:
        """Print one line, which stays."""
        self._console.print(
            f"epoch {epoch.epoch:>{len(str(self._epochs))}}/{self._epochs}"
            f"  loss {epoch.train_loss:.4f}, validation {epoch.test_loss:.4f}"
            f"  accuracy {epoch.test_accuracy:.2%}  {epoch.images_per_second:,.0f} images/s",
            soft_wrap=not self._console.is_terminal,
        )
