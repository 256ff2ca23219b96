"""A training run: from a table and a data set to a run directory that holds everything about the model.

run.json             what is trained, on what, how: all that `resume` needs beside a checkpoint
model.safetensors    the weights of the last finished epoch (with `patience`, of the best one)
best.safetensors     the weights of the best epoch on the held-out images
checkpoints/         where the training stood, for `resume`
metrics.jsonl        one line for each epoch
README.md            the model card; curves.png, samples/ and other pictures beside it
"""

from __future__ import annotations

import json
import platform
import shutil
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any

import torch

from striate.data.pictures import Dataset
from striate.data.sources import load
from striate.errors import TableError, TrainingError
from striate.nn.build import build
from striate.nn.fast import relu_after_pooling
from striate.nn.model_file import FILE_NAME, Model, save
from striate.nn.model_file import load as load_model
from striate.tables import BatchNorm, Recipe, Table, every_step, load_table, toml, walk, walk_heads
from striate.tables.recipe import FINE_TUNING
from striate.training.checkpoint import load_checkpoint, remove_leftovers, save_checkpoint
from striate.training.loop import Epoch, Progress, Trainer, best_epoch
from striate.training.machine import Machine, Precision, find_machine, set_threads
from striate.training.metrics import Scores
from striate.training.ranks import Ranks, joined
from striate.training.report import write_report
from striate.training.stopping import Stopped, Stopping

BEST_NAME, _RUN_NAME, _METRICS = "best.safetensors", "run.json", "metrics.jsonl"
_DUE = 1  # beside the numbers of signals, which are larger: a checkpoint is due, and nobody asked to stop


@dataclass(frozen=True)
class Options:
    """How a training is carried out; none of it changes what is learned but `precision`."""

    data_dir: str | None = None
    val_fraction: float = 0.2
    max_bad: int = 0
    workers: int = 1
    precision: Precision = "auto"
    compiled: bool = False
    checkpoint_seconds: float = 300.0


@dataclass(frozen=True)
class Run:
    """A finished run: where it is, its epochs, its scores on the held-out images, its seconds of training."""

    directory: Path
    history: tuple[Epoch, ...]
    scores: Scores
    seconds: float


def train(
    table: Table | str,
    data: str,
    out: Path | str,
    *,
    recipe: Recipe | None = None,
    pretrained: bool = False,
    options: Options = Options(),
    on_step: Callable[[Progress], None] = lambda _: None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> Run:
    """Train a table on a data set, by its own recipe or the one given, into a new directory.

    `pretrained` starts from torchvision's ImageNet weights (a `:torchvision` table), by `FINE_TUNING` unless a
    recipe is given. TrainingError if the directory exists or training fails; DataError, TableError and ModelError
    for what cannot be used; Stopped after SIGINT or SIGTERM, with a checkpoint.

        train("lenet5", "digits", "runs/first").scores.top1
    """
    out = Path(out)
    recipe = recipe or (FINE_TUNING if pretrained else None)
    table = load_table(table) if isinstance(table, str) else table
    table = replace(table, recipe=recipe or table.recipe)
    with joined() as ranks:
        if ranks.first and out.exists():
            raise TrainingError(f"{out}: exists already, and a run overwrites nothing; give another directory")
        return _Training(out, table, data, pretrained, options, ranks, on_step, on_epoch).run(resumed=False)


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
        told = json.loads((out / _RUN_NAME).read_text())
        table = toml.from_plain(told["table"], "table")
        run = Told(table, told["data"], told["pretrained"], Options(**told["options"]))
    except (OSError, ValueError, KeyError, TypeError, TableError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{out}: no run to go on with: {_RUN_NAME}: {reason}") from None
    if (out / "README.md").exists():
        raise TrainingError(f"{out}: this run is finished")
    return run


def resume(
    out: Path | str,
    *,
    on_step: Callable[[Progress], None] = lambda _: None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> Run:
    """Go on with a training that was stopped or died, from its newest whole checkpoint, to the same weights bit for bit.

    TrainingError if there is nothing to go on with, or the run is finished.
    """
    told = load_run(out)
    with joined() as ranks:
        training = _Training(
            Path(out), told.table, told.data, told.pretrained, told.options, ranks, on_step, on_epoch
        )
        return training.run(resumed=True)


class _Training:
    """One sitting of a training: what it is made of, and what it keeps on the disk."""

    def __init__(
        self,
        out: Path,
        table: Table,
        data: str,
        pretrained: bool,
        options: Options,
        ranks: Ranks,
        on_step: Callable[[Progress], None],
        on_epoch: Callable[[Epoch], None],
    ) -> None:
        set_threads(ranks.local_ranks)
        self.out, self.data, self.pretrained, self.options, self.ranks = out, data, pretrained, options, ranks
        self.on_epoch = on_epoch
        self.dataset = load(
            data,
            table=table,
            data_dir=None if options.data_dir is None else Path(options.data_dir),
            val_fraction=options.val_fraction,
            max_bad=options.max_bad,
            workers=options.workers,
        )
        self.table = _fitted(table, self.dataset)
        walk(self.table)
        _check_batches(self.table, len(self.dataset.train.labels))
        self.machine: Machine = find_machine(options.precision, ranks.local_rank)
        network = build(self.table, seed=self.table.recipe.seed, pretrained=pretrained)
        self.trainer = Trainer(
            network,
            self.dataset.train,
            self.dataset.held_out,
            machine=self.machine,
            ranks=ranks,
            workers=options.workers,
            compiled=options.compiled,
            on_step=on_step if ranks.first else lambda _: None,
        )
        self.stopping = Stopping()
        self.saved = time.monotonic()
        self.kept = "nothing was kept"

    def run(self, *, resumed: bool) -> Run:
        """Train to the end, write the report."""
        if resumed:
            self._go_on()
        elif self.ranks.first:
            self.out.mkdir(parents=True)
            self._write_run()
        heads_read = tuple(head.after for head in self.table.heads)
        try:
            with self.stopping, relu_after_pooling(self.trainer.network, heads_read):
                for epoch in self.trainer.run(self._after_step):
                    self._after_epoch(epoch)
        except (OSError, TrainingError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise TrainingError(f"{self.out}: {reason}; {self.kept}") from None
        finally:
            if self.ranks.first and self.kept == "nothing was kept" and not resumed:
                shutil.rmtree(self.out, ignore_errors=True)
        return self._finish()

    def _go_on(self) -> None:
        state, wrong = load_checkpoint(self.out)
        remove_leftovers(self.out)
        for line in wrong:
            warnings.warn(f"{line}; the one before it is used", stacklevel=1)
        if state is None:
            raise TrainingError(f"{self.out}: holds no whole checkpoint to go on from")
        self.trainer.load_state_dict(state)
        self.kept = f"the checkpoint of step {self.trainer.position.step} stands, and --resume goes on from it"
        if self.ranks.first:
            lines = [json.dumps(asdict(epoch)) + "\n" for epoch in self.trainer.position.history]
            (self.out / _METRICS).write_text("".join(lines))

    def _write_run(self) -> None:
        told = {
            "format": 1,
            "table": toml.to_plain(self.table, defaults=True),
            "data": self.data,
            "pretrained": self.pretrained,
            "options": asdict(self.options),
        }
        (self.out / _RUN_NAME).write_text(json.dumps(told, indent=1))

    def _after_step(self) -> None:
        """A checkpoint where one is due or the training is asked to stop, which all processes then do together."""
        due = self.ranks.first and time.monotonic() - self.saved >= self.options.checkpoint_seconds
        what = self.ranks.largest(self.stopping.asked or (_DUE if due else 0))
        if what:
            self._checkpoint()
        if what > _DUE:
            raise Stopped(f"{self.out}: stopped; {self.kept}", what)

    def _checkpoint(self) -> None:
        state, step = self.trainer.state_dict(), self.trainer.position.step
        if self.ranks.first:
            save_checkpoint(self.out, step, state)
        self.kept = f"the checkpoint of step {step} stands, and --resume goes on from it"
        self.saved = time.monotonic()

    def _after_epoch(self, epoch: Epoch) -> None:
        if not self.ranks.first:
            return
        history = self.trainer.position.history
        best = best_epoch(history) == epoch
        model = Model(self.trainer.evaluated, self.dataset.classes, self._training(epoch), self._scores(epoch))
        if best:
            save(self.out / BEST_NAME, model)
        if best or self.table.recipe.patience is None:
            save(self.out / FILE_NAME, model)
        with (self.out / _METRICS).open("a") as log:
            log.write(json.dumps(asdict(epoch)) + "\n")
        if self.kept == "nothing was kept":
            self.kept = f"{self.out} keeps the model of epoch {epoch.epoch}"
        self.on_epoch(epoch)

    def _finish(self) -> Run:
        """The model's scores and what people read of them; the run is then finished."""
        history = self.trainer.position.history
        if self.table.recipe.patience is not None:
            best = load_model(self.out / BEST_NAME).network
            self.trainer.evaluated.load_state_dict(best.state_dict())
        scores = self.trainer.evaluate()
        seconds = sum(epoch.seconds for epoch in history)
        if self.ranks.first:
            write_report(self.out, self.trainer, self.dataset, scores, self._training(history[-1]))
        self.ranks.wait()
        return Run(self.out, tuple(history), scores, seconds)

    def _training(self, epoch: Epoch) -> dict[str, Any]:
        """How the model of an epoch was trained, for its file."""
        return {
            "data": self.dataset.name,
            "images": len(self.dataset.train.labels),
            "epochs": epoch.epoch,
            "pretrained": self.pretrained,
            "seconds": round(sum(past.seconds for past in self.trainer.position.history), 3),
            "device": self.machine.describe(),
            "processes": self.ranks.ranks,
            "machine": platform.machine(),
            "torch": torch.__version__,
            "skipped": [asdict(bad) | {"path": str(bad.path)} for bad in self.dataset.skipped],
        }

    def _scores(self, epoch: Epoch) -> dict[str, Any]:
        return {"top1": epoch.test_accuracy, "loss": epoch.test_loss, "images": len(self.dataset.held_out.labels)}


def _fitted(table: Table, dataset: Dataset) -> Table:
    """The table for this data set's classes and pictures."""
    table = table.with_classes(len(dataset.classes))
    return replace(table, preprocessing=replace(table.preprocessing, light_on_dark=dataset.light_on_dark))


def _check_batches(table: Table, images: int) -> None:
    """Batch normalization of units needs two images in every batch: there is no variance over one number."""
    alone = images < 2 * -(-images // table.recipe.batch_size)
    for step in every_step((*walk(table), *chain(*walk_heads(table)))):
        if alone and isinstance(step.row, BatchNorm) and prod(step.output[1:]) == 1:
            raise TrainingError(
                f"table {table.name}: row {step.path} normalizes over the batch and needs at least 2 images in each,"
                f" but {images} images in batches of {table.recipe.batch_size} leave one with 1"
            )
