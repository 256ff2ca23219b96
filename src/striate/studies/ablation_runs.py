"""The trainings of an ablation, each an ordinary run directory: which there are, which are kept, and carrying them out,
one after the other or in several processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Event
from pathlib import Path

from striate.data import DataSource, data_kind
from striate.errors import TrainingError
from striate.runtime import InterruptHandler, TrainingInterrupted, exit_now, set_threads
from striate.studies.trainings import trained
from striate.tables import Table, table_to_dict
from striate.text import safe_names
from striate.training import RUN_CONFIG_NAME, Callback, Options, RunConfig, data_name, load_run_config

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class AblationRun:
    """One training of an ablation: a table, whose recipe has the seed, and its run directory."""

    table: Table
    directory: Path
    data: DataSource
    options: Options

    @property
    def seed(self) -> int:
        """What all draws depend on."""
        return self.table.recipe.seed

    def check_kept(self) -> None:
        """TrainingError if the directory holds a training by other settings."""
        if not (self.directory / RUN_CONFIG_NAME).exists():
            return
        kept = load_run_config(self.directory, finished=True)
        kind = data_kind(self.data)
        stated = RunConfig(self.table, data_name(self.data), kind, pretrained=False, options=self.options)
        ours, theirs = _settings(stated), _settings(kept)
        for name, value in ours.items():
            if (before := theirs.get(name)) != value:
                values = "" if name in _LONG else f": {before}, not {value}"
                raise TrainingError(
                    f"{self.directory}: was trained with another {name}{values}; give the settings as they were, or"
                    f" another directory"
                )

    def carry_out(self, callbacks: Sequence[Callback] = ()) -> None:
        """Train, from the newest checkpoint if the training has begun; nothing if it is finished. Errors as of
        `trained`."""
        trained(self.table, self.data, self.directory, self.options, callbacks)


_LONG = ("table", "optimizer", "schedule", "augmentation")


def _settings(config: RunConfig) -> dict[str, object]:
    """What changes what is learned, by the names that users know."""
    table = table_to_dict(config.table, defaults=True)
    recipe = {name: value for name, value in table.pop("recipe").items() if name != "source"}
    network = {name: value for name, value in table.items() if name not in ("source", "expected")}
    data = config.options.data
    return {
        "data": config.data,
        "val_fraction": data.val_fraction,
        "images": data.images,
        "precision": config.options.precision,
        **recipe,
        "table": network,
    }


def plan_runs(
    tables: Sequence[Table], seeds: int, data: DataSource, out: Path, options: Options
) -> tuple[tuple[AblationRun, ...], ...]:
    """The runs of each table, one for each seed from 0 on."""
    folders = safe_names(table.name for table in tables)
    return tuple(
        tuple(
            AblationRun(
                replace(table, recipe=replace(table.recipe, seed=seed)), out / folder / f"seed-{seed}", data, options
            )
            for seed in range(seeds)
        )
        for table, folder in zip(tables, folders, strict=True)
    )


def carry_out(
    runs: Sequence[AblationRun],
    processes: int,
    callbacks: Sequence[Callback] = (),
    on_run: Callable[[AblationRun], None] = lambda _run: None,
) -> None:
    """Carry out those that are not finished, in order; `on_run` is called after each.

    Several processes share the cores; the callbacks are then not called. TrainingInterrupted after SIGINT or SIGTERM,
    with checkpoints.
    """
    if processes == 1:
        for run in runs:
            run.carry_out(callbacks)
            on_run(run)
        return
    # Spawned, not forked: torch's threads and a GPU do not survive a fork.
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with InterruptHandler() as interrupt, ProcessPoolExecutor(processes, context, _begin, (processes, stop)) as pool:
        try:
            with _interrupt_blocked():
                waiting = {pool.submit(_carry_out, run): run for run in runs}
            while waiting:
                done, _ = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
                if interrupt.received:
                    raise TrainingInterrupted("the trainings are stopped", interrupt.received)
                for future in done:
                    future.result()
                    on_run(waiting.pop(future))
        except BaseException as error:
            stop.set()
            pool.shutdown(cancel_futures=True)
            if isinstance(error, BrokenProcessPool):
                raise TrainingError(
                    "a process was killed before its training was done; is there enough memory?"
                ) from None
            raise


@contextlib.contextmanager
def _interrupt_blocked() -> Iterator[None]:
    """Processes that are started within the context never receive Ctrl-C, which their parent handles."""
    if sys.platform == "win32":
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


_stop: Event | None = None
"""In a process of several: set when no other training may begin."""


def _begin(processes: int, stop: Event) -> None:
    """What a process does first: take its share of the cores, and watch for when it must end, with a checkpoint."""
    global _stop  # noqa: PLW0603, an initializer of a pool can pass nothing on
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _frame: exit_now(128 + number))  # outside a training
    set_threads(processes)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        while parent.is_alive() and not stop.wait(_POLL_SECONDS):
            pass
        stop.set()
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=watch, name="watch for stop", daemon=True).start()


def _carry_out(run: AblationRun) -> None:
    assert _stop is not None
    if not _stop.is_set():
        with contextlib.suppress(TrainingInterrupted):  # it was told to; its error cannot be pickled
            run.carry_out()
