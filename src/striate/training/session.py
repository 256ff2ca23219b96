"""One sitting of a training: from its beginning, or from its last checkpoint, to its end, or until it is stopped."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import torch

from striate.data import Dataset, load_dataset
from striate.errors import TrainingError
from striate.nn import MODEL_FILE_NAME, Model, build, load_model, relu_after_pooling, save_model
from striate.runtime import (
    InterruptHandler,
    ProcessGroup,
    TrainingInterrupted,
    find_device,
    set_threads,
    write_atomically,
)
from striate.tables import ARCHITECTURES, BatchNorm, Table
from striate.training.callbacks import Callback, Epoch
from striate.training.checkpoint import load_checkpoint, remove_leftovers, save_checkpoint
from striate.training.metrics import Scores
from striate.training.run_config import RunConfig, save_run_config
from striate.training.run_report import write_report
from striate.training.tensorboard import TensorBoardLogger
from striate.training.trainer import Trainer, best_epoch

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


class TrainingSession:
    """What a training is made of, and what it keeps on the disk. `begin` or `resume`, once."""

    def __init__(self, out: Path, config: RunConfig, group: ProcessGroup, callback: Callback) -> None:
        self.out, self.config, self.group = out, config, group
        self.callback = callback if group.is_first else Callback()
        set_threads(group.local_world_size)
        self.dataset = _load(config, self.callback.on_decoded)
        self.table = adapt_to_dataset(config.table, self.dataset, group.world_size)
        self.device = find_device(config.options.precision, group.local_rank)
        network = build(self.table, seed=self.table.recipe.seed, pretrained=config.pretrained)
        self.trainer = Trainer(
            network,
            self.dataset.train,
            self.dataset.validation,
            device=self.device,
            group=group,
            workers=config.options.workers,
            compiled=config.options.compiled,
            on_step=self.callback.on_step,
        )
        self.interrupt = InterruptHandler()
        self.saved, self.writing = time.monotonic(), 0.0  # when the last checkpoint was written, and how long it took
        self.kept: str | None = None

    def begin(self) -> Run:
        """Train to the end in a new directory, and write the report. As `striate.training.api.train`."""
        if self.group.is_first:
            self.out.mkdir(parents=True)
        _tell_classes(self.config.table, self.dataset, self.callback)
        try:
            if self.group.is_first:
                save_run_config(self.out, self.config)
            return self._to_the_end()
        finally:
            if self.group.is_first and self.kept is None:
                shutil.rmtree(self.out, ignore_errors=True)

    def resume(self) -> Run:
        """Train to the end from the newest whole checkpoint, and write the report."""
        state, wrong = load_checkpoint(self.out)
        for line in wrong:
            self.callback.on_warning(f"{line}; {'the one before it is used' if state else 'the run begins anew'}")
        if state is not None:
            if state["data"] != self._data_digest():
                raise TrainingError(
                    f"{self.out}: the images of {self.config.data} are not those that the run began with"
                )
            self.trainer.load_state_dict(state["trainer"])
        self.kept = f"the checkpoint of step {self.trainer.position.step} stands, and --resume goes on from it"
        if self.group.is_first:
            remove_leftovers(self.out)
            lines = [json.dumps(asdict(epoch)) + "\n" for epoch in self.trainer.position.history]
            write_atomically(self.out / METRICS_NAME, "".join(lines).encode())
        return self._to_the_end()

    def _to_the_end(self) -> Run:
        self.callback.on_start(f"{self.device.describe()}{self.group.describe()}")
        self.callback.on_network(self.trainer.network)
        heads_read = tuple(head.after for head in self.table.heads)
        boards = self.out if self.config.options.tensorboard and self.group.is_first else None
        board = TensorBoardLogger(boards, first=len(self.trainer.position.history) + 1)
        try:
            with self.interrupt, relu_after_pooling(self.trainer.network, heads_read), board:
                for epoch in self.trainer.run(self._after_step):
                    if self.group.is_first:
                        self._keep(epoch)
                        board.add(epoch)
                    self.callback.on_epoch(epoch)
                    self._after_epoch()
            return self._finish()
        except (OSError, TrainingError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise TrainingError(f"{self.out}: {reason}; {self.kept or 'nothing was kept'}") from None

    def _after_step(self) -> None:
        """A checkpoint where one is due or the training is asked to stop, which all processes then do together."""
        due = self.group.is_first and time.monotonic() - self.saved >= self.config.options.checkpoint_seconds
        what = self.group.all_max(self.interrupt.asked or (_DUE if due else 0))
        if what:
            self._checkpoint()
        if what > _DUE:
            raise TrainingInterrupted(f"{self.out}: stopped; {self.kept}", what)

    def _after_epoch(self) -> None:
        """A checkpoint after the first epoch and the last, and after those between where it costs little."""
        due = self.group.is_first and time.monotonic() - self.saved >= _RARELY * self.writing
        if self.trainer.finished or self.group.all_max(int(due)):
            self._checkpoint()

    def _checkpoint(self) -> None:
        started = time.monotonic()
        state, step = self.trainer.state_dict(), self.trainer.position.step
        if self.group.is_first:
            save_checkpoint(self.out, step, {"trainer": state, "data": self._data_digest()})
        self.group.wait()  # torchrun ends all processes when one does, even the first while it still writes
        self.kept = f"the checkpoint of step {step} stands, and --resume goes on from it"
        self.saved = time.monotonic()
        self.writing = self.saved - started

    def _data_digest(self) -> str:
        """What tells whether the images are the same: their number and order, sizes, labels and names."""
        digest = hashlib.sha256()
        for part in (self.dataset.train, self.dataset.validation):
            digest.update(part.labels.numpy().tobytes() + part.pictures.shapes.tobytes())
            digest.update(json.dumps(part.names and [Path(name).name for name in part.names]).encode())
        return digest.hexdigest()

    def _keep(self, epoch: Epoch) -> None:
        """Write the model of an epoch, and its line."""
        best = best_epoch(self.trainer.position.history) == epoch
        scores = {"top1": epoch.test_accuracy, "loss": epoch.test_loss, "images": len(self.dataset.validation)}
        model = Model(self.trainer.evaluated, self.dataset.classes, self._how(epoch), scores)
        if best:
            save_model(self.out / BEST_NAME, model)
        if best or self.table.recipe.patience is None:
            save_model(self.out / MODEL_FILE_NAME, model)
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
        if self.group.is_first:
            write_report(self.out, self.table, self.dataset, history, logits, scores, self._how(history[-1]))
        self.group.wait()
        return Run(self.out, tuple(history), scores, sum(epoch.seconds for epoch in history))

    def _how(self, epoch: Epoch) -> dict[str, Any]:
        """How the model of an epoch was trained, for its file."""
        return {
            "data": self.dataset.name,
            "images": len(self.dataset.train),
            "epochs": epoch.epoch,
            "pretrained": self.config.pretrained,
            "seconds": round(sum(past.seconds for past in self.trainer.position.history), 3),
            "device": self.device.describe(),
            "processes": self.group.world_size,
            "machine": platform.machine(),
            "torch": torch.__version__,
            "skipped": [{"path": str(bad.path), "reason": bad.reason} for bad in self.dataset.skipped],
        }


def _load(config: RunConfig, on_decoded: Callable[[int, int], None]) -> Dataset:
    options = config.options
    return load_dataset(
        config.data,
        table=config.table,
        data_dir=None if options.data_dir is None else Path(options.data_dir),
        val_fraction=options.val_fraction,
        max_bad=options.max_bad,
        cache_size=options.cache_size,
        on_progress=on_decoded,
    )


def adapt_to_dataset(table: Table, dataset: Dataset, world_size: int) -> Table:
    """The table for this data set's classes and pictures. TrainingError if its batches are too small."""
    table = table.with_classes(len(dataset.classes))
    preprocessing = replace(table.preprocessing, light_on_dark=dataset.light_on_dark, figure=dataset.figure)
    table = replace(table, preprocessing=preprocessing)
    _check_batches(table, len(dataset.train), world_size)
    return table


def _tell_classes(table: Table, dataset: Dataset, callback: Callback) -> None:
    """A user's own table states its classes; of those that ship everybody knows that they have ImageNet's or ten."""
    shipped = ARCHITECTURES.get(table.name)
    if table.classes != len(dataset.classes) and (shipped is None or shipped.rows != table.rows):
        callback.on_warning(
            f"table {table.name}: row {table.rows[-1].name} tells {table.classes} classes apart, {dataset.name} has"
            f" {len(dataset.classes)}, and so has the network that is trained"
        )


def _check_batches(table: Table, images: int, world_size: int) -> None:
    """Each process needs an image of every batch, and two where a row normalizes units: one number has no variance.

    TableError if the table is impossible.
    """
    batch_size = table.recipe.batch_size
    parts = -(-images // batch_size) * world_size
    among = f" among {world_size} processes" if world_size > 1 else ""
    if images < parts:
        raise TrainingError(f"{images} images in batches of {batch_size}{among} leave one without any")
    for step in table.plan().flat_with_heads:
        if images < 2 * parts and isinstance(step.row, BatchNorm) and prod(step.output[1:]) == 1:
            raise TrainingError(
                f"table {table.name}: row {step.path} normalizes over the batch and needs at least 2 images in each,"
                f" but {images} images in batches of {batch_size}{among} leave one with 1"
            )
