"""One sitting of a training: from its beginning, or from its last checkpoint, to its end, or until it is stopped."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any

import torch

from striate.data.pictures import Dataset
from striate.data.sources import load
from striate.errors import TrainingError
from striate.nn.build import build
from striate.nn.fast import relu_after_pooling
from striate.nn.model_file import FILE_NAME, Model, save, write_atomically
from striate.nn.model_file import load as load_model
from striate.tables import ARCHITECTURES, BatchNorm, Table, every_step, walk, walk_heads
from striate.training.board import Board
from striate.training.checkpoint import load_checkpoint, remove_leftovers, save_checkpoint
from striate.training.loop import Trainer, best_epoch
from striate.training.machine import find_machine, set_threads
from striate.training.metrics import Scores
from striate.training.ranks import Ranks
from striate.training.report import write_report
from striate.training.stopping import Stopped, Stopping
from striate.training.told import Told, write_told
from striate.training.watching import Epoch, Watcher

BEST_NAME, METRICS_NAME = "best.safetensors", "metrics.jsonl"
_RARELY = 50  # so many times what writing a checkpoint took lie between two at epochs' ends: 2 % of the time at most
_DUE = 1  # beside the numbers of signals, which are larger: a checkpoint is due, and nobody asked to stop


@dataclass(frozen=True)
class Run:
    """A finished run: where it is, its epochs, its scores on the held-out images, its seconds of training."""

    directory: Path
    history: tuple[Epoch, ...]
    scores: Scores
    seconds: float


class Sitting:
    """What a training is made of, and what it keeps on the disk. `begin` or `go_on`, once."""

    def __init__(self, out: Path, told: Told, ranks: Ranks, watcher: Watcher) -> None:
        self.out, self.told, self.ranks = out, told, ranks
        self.watcher = watcher if ranks.first else Watcher()
        set_threads(ranks.local_ranks)
        self.dataset = _load(told, self.watcher.on_decoded)
        self.table = fitted(told.table, self.dataset, ranks.ranks)
        self.machine = find_machine(told.options.precision, ranks.local_rank)
        network = build(self.table, seed=self.table.recipe.seed, pretrained=told.pretrained)
        self.trainer = Trainer(
            network,
            self.dataset.train,
            self.dataset.held_out,
            machine=self.machine,
            ranks=ranks,
            workers=told.options.workers,
            compiled=told.options.compiled,
            on_step=self.watcher.on_step,
        )
        self.stopping = Stopping()
        self.saved, self.writing = time.monotonic(), 0.0  # when the last checkpoint was written, and how long it took
        self.kept: str | None = None

    def begin(self) -> Run:
        """Train to the end in a new directory, and write the report. As `striate.training.run.train`."""
        if self.ranks.first:
            self.out.mkdir(parents=True)
        _tell_classes(self.told.table, self.dataset, self.watcher)
        try:
            if self.ranks.first:
                write_told(self.out, self.told)
            return self._to_the_end()
        finally:
            if self.ranks.first and self.kept is None:
                shutil.rmtree(self.out, ignore_errors=True)

    def go_on(self) -> Run:
        """Train to the end from the newest whole checkpoint, and write the report."""
        state, wrong = load_checkpoint(self.out)
        for line in wrong:
            self.watcher.on_warning(f"{line}; {'the one before it is used' if state else 'the run begins anew'}")
        if state is not None:
            if state["data"] != self._data_digest():
                raise TrainingError(f"{self.out}: the images of {self.told.data} are not those that the run began with")
            self.trainer.load_state_dict(state["trainer"])
        self.kept = f"the checkpoint of step {self.trainer.position.step} stands, and --resume goes on from it"
        if self.ranks.first:
            remove_leftovers(self.out)
            lines = [json.dumps(asdict(epoch)) + "\n" for epoch in self.trainer.position.history]
            write_atomically(self.out / METRICS_NAME, "".join(lines).encode())
        return self._to_the_end()

    def _to_the_end(self) -> Run:
        self.watcher.on_start(f"{self.machine.describe()}{self.ranks.describe()}")
        self.watcher.on_network(self.trainer.network)
        heads_read = tuple(head.after for head in self.table.heads)
        boards = self.out if self.told.options.tensorboard and self.ranks.first else None
        board = Board(boards, first=len(self.trainer.position.history) + 1)
        try:
            with self.stopping, relu_after_pooling(self.trainer.network, heads_read), board:
                for epoch in self.trainer.run(self._after_step):
                    if self.ranks.first:
                        self._keep(epoch)
                        board.add(epoch)
                    self.watcher.on_epoch(epoch)
                    self._after_epoch()
            return self._finish()
        except (OSError, TrainingError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise TrainingError(f"{self.out}: {reason}; {self.kept or 'nothing was kept'}") from None

    def _after_step(self) -> None:
        """A checkpoint where one is due or the training is asked to stop, which all processes then do together."""
        due = self.ranks.first and time.monotonic() - self.saved >= self.told.options.checkpoint_seconds
        what = self.ranks.largest(self.stopping.asked or (_DUE if due else 0))
        if what:
            self._checkpoint()
        if what > _DUE:
            raise Stopped(f"{self.out}: stopped; {self.kept}", what)

    def _after_epoch(self) -> None:
        """A checkpoint after the first epoch and the last, and after those between where it costs little."""
        due = self.ranks.first and time.monotonic() - self.saved >= _RARELY * self.writing
        if self.trainer.finished or self.ranks.largest(int(due)):
            self._checkpoint()

    def _checkpoint(self) -> None:
        started = time.monotonic()
        state, step = self.trainer.state_dict(), self.trainer.position.step
        if self.ranks.first:
            save_checkpoint(self.out, step, {"trainer": state, "data": self._data_digest()})
        self.ranks.wait()  # torchrun ends all processes when one does, even the first while it still writes
        self.kept = f"the checkpoint of step {step} stands, and --resume goes on from it"
        self.saved = time.monotonic()
        self.writing = self.saved - started

    def _data_digest(self) -> str:
        """What tells whether the images are the same: their number and order, sizes, labels and names."""
        digest = hashlib.sha256()
        for part in (self.dataset.train, self.dataset.held_out):
            digest.update(part.labels.numpy().tobytes() + part.pictures.shapes.tobytes())
            digest.update(json.dumps(part.names and [Path(name).name for name in part.names]).encode())
        return digest.hexdigest()

    def _keep(self, epoch: Epoch) -> None:
        """Write the model of an epoch, and its line."""
        best = best_epoch(self.trainer.position.history) == epoch
        scores = {"top1": epoch.test_accuracy, "loss": epoch.test_loss, "images": len(self.dataset.held_out)}
        model = Model(self.trainer.evaluated, self.dataset.classes, self._how(epoch), scores)
        if best:
            save(self.out / BEST_NAME, model)
        if best or self.table.recipe.patience is None:
            save(self.out / FILE_NAME, model)
        with (self.out / METRICS_NAME).open("a") as log:
            log.write(json.dumps(asdict(epoch)) + "\n")
        self.kept = self.kept or f"{self.out} keeps the model of epoch {epoch.epoch}"

    def _finish(self) -> Run:
        """The model's scores and what people read of them; the run is then finished."""
        history = self.trainer.position.history
        if self.table.recipe.patience is not None:
            best = load_model(self.out / BEST_NAME).network
            self.trainer.evaluated.load_state_dict(best.state_dict())
            self.trainer.logits = None
        logits = self.trainer.evaluate() if self.trainer.logits is None else self.trainer.logits
        scores = self.trainer.scores(logits)
        if self.ranks.first:
            write_report(self.out, self.table, self.dataset, history, logits, scores, self._how(history[-1]))
        self.ranks.wait()
        return Run(self.out, tuple(history), scores, sum(epoch.seconds for epoch in history))

    def _how(self, epoch: Epoch) -> dict[str, Any]:
        """How the model of an epoch was trained, for its file."""
        return {
            "data": self.dataset.name,
            "images": len(self.dataset.train),
            "epochs": epoch.epoch,
            "pretrained": self.told.pretrained,
            "seconds": round(sum(past.seconds for past in self.trainer.position.history), 3),
            "device": self.machine.describe(),
            "processes": self.ranks.ranks,
            "machine": platform.machine(),
            "torch": torch.__version__,
            "skipped": [{"path": str(bad.path), "reason": bad.reason} for bad in self.dataset.skipped],
        }


def _load(told: Told, on_decoded: Callable[[int, int], None]) -> Dataset:
    options = told.options
    return load(
        told.data,
        table=told.table,
        data_dir=None if options.data_dir is None else Path(options.data_dir),
        val_fraction=options.val_fraction,
        max_bad=options.max_bad,
        cache_size=options.cache_size,
        on_progress=on_decoded,
    )


def fitted(table: Table, dataset: Dataset, ranks: int) -> Table:
    """The table for this data set's classes and pictures. TrainingError if its batches are too small."""
    table = table.with_classes(len(dataset.classes))
    preprocessing = replace(table.preprocessing, light_on_dark=dataset.light_on_dark, figure=dataset.figure)
    table = replace(table, preprocessing=preprocessing)
    _check_batches(table, len(dataset.train), ranks)
    return table


def _tell_classes(table: Table, dataset: Dataset, watcher: Watcher) -> None:
    """A user's own table states its classes; of those that ship everybody knows that they have ImageNet's or ten."""
    shipped = ARCHITECTURES.get(table.name)
    if table.classes != len(dataset.classes) and (shipped is None or shipped.rows != table.rows):
        watcher.on_warning(
            f"table {table.name}: row {table.rows[-1].name} tells {table.classes} classes apart, {dataset.name} has"
            f" {len(dataset.classes)}, and so has the network that is trained"
        )


def _check_batches(table: Table, images: int, ranks: int) -> None:
    """Each process needs an image of every batch, and two where a row normalizes units: one number has no variance.

    TableError if the table is impossible.
    """
    batch_size = table.recipe.batch_size
    parts = -(-images // batch_size) * ranks
    among = f" among {ranks} processes" if ranks > 1 else ""
    if images < parts:
        raise TrainingError(f"{images} images in batches of {batch_size}{among} leave one without any")
    for step in every_step((*walk(table), *chain(*walk_heads(table)))):
        if images < 2 * parts and isinstance(step.row, BatchNorm) and prod(step.output[1:]) == 1:
            raise TrainingError(
                f"table {table.name}: row {step.path} normalizes over the batch and needs at least 2 images in each,"
                f" but {images} images in batches of {batch_size}{among} leave one with 1"
            )
