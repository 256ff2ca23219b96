"""One session of a training: from its beginning or from a checkpoint, to its end or until it is interrupted."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from striate.data import Dataset
from striate.errors import TrainingError
from striate.nn import MODEL_FILE_NAME, Model, build, load_model, relu_after_pooling, save_model
from striate.runtime import (
    InterruptHandler,
    ProcessGroup,
    TrainingInterrupted,
    before_exit,
    find_device,
    is_out_of_memory,
    missing_kernel,
    training_memory_error,
    write_atomically,
)
from striate.text import compose
from striate.training.adapt import adapt_to_dataset, warn_about_classes
from striate.training.callbacks import Callback, Epoch
from striate.training.checkpoint import CHECKPOINTS_FOLDER, load_checkpoint, remove_leftovers, save_checkpoint
from striate.training.metrics import Scores
from striate.training.run_config import MODEL_CARD_NAME, RUN_CONFIG_NAME, RunConfig, save_run_config
from striate.training.run_report import (
    CALIBRATION_NAME,
    CONFUSION_NAME,
    CURVES_NAME,
    MISTAKES_NAME,
    SAMPLES_FOLDER,
    write_report,
)
from striate.training.step_result import StepResult
from striate.training.tensorboard import TensorBoardLogger
from striate.training.trainer import Trainer, best_epoch

BEST_NAME, METRICS_NAME = "best.safetensors", "metrics.jsonl"
RUN_FILES = frozenset(
    {RUN_CONFIG_NAME, MODEL_FILE_NAME, BEST_NAME, METRICS_NAME, CHECKPOINTS_FOLDER, MODEL_CARD_NAME, SAMPLES_FOLDER}
    | {CURVES_NAME, CONFUSION_NAME, CALIBRATION_NAME, MISTAKES_NAME}
)
"""What a training writes into its run directory, but for TensorBoard's folder."""
_CHECKPOINT_INTERVAL = 50  # between two at epochs' ends, in times that writing one takes: 2 % of the time at most
_CHECKPOINT_DUE = 1  # below the numbers of SIGINT and SIGTERM: a checkpoint is due, and no signal has come


@dataclass(frozen=True)
class Run:
    """A finished run: its directory, epochs, scores on the validation images, seconds of training, and the device."""

    directory: Path
    history: tuple[Epoch, ...]
    scores: Scores
    seconds: float
    device: str = ""


class TrainingSession:
    """A trainer, and what it leaves in the run directory. Call `begin` or `resume`, once."""

    def __init__(self, out: Path, config: RunConfig, dataset: Dataset, group: ProcessGroup, callback: Callback) -> None:
        self.out, self.config, self.dataset, self.group, self.callback = out, config, dataset, group, callback
        plan = adapt_to_dataset(config.table, dataset, group.world_size)
        self.table = plan.table
        self.device = find_device(config.options.precision, group.gpu, device=config.options.device)
        if self.device.device.type != "cpu":  # what names no device, such as pinned memory, belongs to this one then
            torch.accelerator.set_device_index(self.device.device)
            torch.backends.cudnn.benchmark = True  # few shapes: each is tried once
        self.trainer = Trainer(
            build(plan, seed=self.table.recipe.seed, pretrained=config.pretrained),
            dataset,
            device=self.device,
            group=group,
            workers=config.options.workers,
            compiled=config.options.compiled,
        )
        self.interrupt = InterruptHandler()
        self.checkpoint_time = time.monotonic()  # when the last one was written
        self.checkpoint_seconds = 0.0  # how long that took
        self.saved: str | None = None  # what a failure leaves in the run directory, in words

    def begin(self) -> Run:
        """Train to the end in a new directory, and write the report. Errors as `striate.training.train`."""
        if self.group.is_first:
            self.out.mkdir(parents=True)
        if (warning := warn_about_classes(self.config.table, self.dataset)) is not None:
            self.callback.on_warning(warning)
        try:
            with before_exit(self._remove_unsaved):
                if self.group.is_first:
                    save_run_config(self.out, self.config)
                return self._train()
        finally:
            self._remove_unsaved()

    def resume(self) -> Run:
        """Train to the end from the newest complete checkpoint, and write the report."""
        checkpoint, problems = load_checkpoint(self.out)
        for problem in problems:
            instead = "the one before it is used" if checkpoint else "the run starts from the beginning"
            self.callback.on_warning(f"{problem}; {instead}")
        if checkpoint is not None:
            if checkpoint["data"] != self._data_digest:
                raise TrainingError(
                    f"{self.out}: the images of {self.config.data} are not those that the run began with"
                )
            self.trainer.load_state_dict(checkpoint["trainer"])
        self.saved = self._checkpoint_saved()
        if self.group.is_first:
            remove_leftovers(self.out)
            lines = [json.dumps(asdict(epoch)) + "\n" for epoch in self.trainer.state.history]
            write_atomically(self.out / METRICS_NAME, "".join(lines).encode())
        return self._train()

    def _train(self) -> Run:
        caveats = ", ".join(self.device.caveats())
        self.callback.on_start(f"{self.device.describe()}{self.group.describe()}{f'; {caveats}' if caveats else ''}")
        self.callback.on_network(self.trainer.network)
        logs = self.out if self.config.options.tensorboard and self.group.is_first else None
        tensorboard = TensorBoardLogger(logs, first=len(self.trainer.state.history) + 1)
        try:
            with self.interrupt, relu_after_pooling(self.trainer.network), tensorboard:
                for epoch in self.trainer.run(self._after_step):
                    if self.group.is_first:
                        self._save_epoch(epoch)
                        tensorboard.add(epoch)
                    self.callback.on_epoch(epoch)
                    self._after_epoch()
            return self._finish()
        except (OSError, TrainingError) as error:
            raise self._failed(error.strerror if isinstance(error, OSError) else error) from None
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                batch, plan = self.table.recipe.batch_size, self.trainer.network.plan
                line = training_memory_error(self.device.device, plan, batch, self.group.world_size)
                raise self._failed(line) from None
            if isinstance(error, NotImplementedError):
                raise self._failed(f"{self.device.device}: {missing_kernel(error)}") from None
            raise

    def _failed(self, reason: object) -> TrainingError:
        return TrainingError(f"{self.out}: {reason}; {self.saved or 'nothing was saved'}")

    def _remove_unsaved(self) -> None:
        """Remove the new run directory if there is nothing in it from which one could continue."""
        if self.group.is_first and self.saved is None:
            shutil.rmtree(self.out, ignore_errors=True)

    def _after_step(self, _result: StepResult) -> None:
        """Save a checkpoint if one is due or a signal has come; all processes agree on it."""
        self.callback.on_step(self.trainer.progress)
        waited = time.monotonic() - self.checkpoint_time
        due = self.group.is_first and waited >= self.config.options.checkpoint_seconds
        signal = self.group.all_max(self.interrupt.received or (_CHECKPOINT_DUE if due else 0))
        if signal:
            self._save_checkpoint()
        if signal > _CHECKPOINT_DUE:
            raise TrainingInterrupted(f"{self.out}: stopped; {self.saved}", signal)

    def _after_epoch(self) -> None:
        """Save a checkpoint after the first epoch and the last, and after those between where it costs little."""
        waited = time.monotonic() - self.checkpoint_time
        due = self.group.is_first and waited >= _CHECKPOINT_INTERVAL * self.checkpoint_seconds
        if self.trainer.finished or self.group.all_max(int(due)):
            self._save_checkpoint()

    def _save_checkpoint(self) -> None:
        started = time.monotonic()
        state = self.trainer.state_dict()
        if self.group.is_first:
            save_checkpoint(self.out, self.trainer.state.step, {"trainer": state, "data": self._data_digest})
        self.group.barrier()  # torchrun ends all processes when one ends, even the first while it still writes
        self.saved = self._checkpoint_saved()
        self.checkpoint_time = time.monotonic()
        self.checkpoint_seconds = self.checkpoint_time - started

    def _checkpoint_saved(self) -> str:
        return f"the checkpoint of step {self.trainer.state.step} is saved, and --resume continues from it"

    @cached_property
    def _data_digest(self) -> str:
        """A digest of the images' number and order, sizes, labels and names; of data from Python their pixels too."""
        digest = hashlib.sha256()
        for part in (self.dataset.train, self.dataset.validation):
            digest.update(part.labels.numpy().tobytes() + part.pictures.shapes.tobytes())
            digest.update(json.dumps(part.names and [compose(Path(name).name) for name in part.names]).encode())
            if self.dataset.from_python:
                for index in range(len(part)):
                    digest.update(part.pictures[index].data)
        return digest.hexdigest()

    def _save_epoch(self, epoch: Epoch) -> None:
        """Save the model of an epoch, and its line of the metrics."""
        best = best_epoch(self.trainer.state.history) == epoch
        scores = {"top1": epoch.test_accuracy, "loss": epoch.test_loss, "images": len(self.dataset.validation)}
        model = Model(self.trainer.evaluated, self.dataset.classes, self._training_record(epoch), scores)
        if best:
            save_model(self.out / BEST_NAME, model)
        if best or self.table.recipe.patience is None:
            save_model(self.out / MODEL_FILE_NAME, model)
        with (self.out / METRICS_NAME).open("a", encoding="utf-8", newline="\n") as log:
            log.write(json.dumps(asdict(epoch)) + "\n")
        self.saved = self.saved or f"the model of epoch {epoch.epoch} is saved"

    def _finish(self) -> Run:
        """Score the model and write the report; the run is then finished."""
        history = self.trainer.state.history
        if self.table.recipe.patience is not None:
            best = load_model(self.out / BEST_NAME).network
            self.trainer.evaluated.load_state_dict(best.state_dict())
            self.trainer.logits = None
        logits = self.trainer.evaluate() if self.trainer.logits is None else self.trainer.logits
        scores = self.trainer.scores(logits)
        if self.group.is_first:
            record = self._training_record(history[-1])
            data_dir = self.config.options.data.data_dir
            write_report(self.out, self.table, self.dataset, history, logits, scores, record, data_dir)
        self.group.barrier()
        seconds = sum(epoch.seconds for epoch in history)
        return Run(self.out, tuple(history), scores, seconds, self.device.describe())

    def _training_record(self, epoch: Epoch) -> dict[str, Any]:
        """How the model of an epoch was trained, for its file and its card."""
        return {
            "data": self.dataset.name,
            "images": len(self.dataset.train),
            "epochs": epoch.epoch,
            "pretrained": self.config.pretrained,
            "seconds": round(sum(past.seconds for past in self.trainer.state.history), 3),
            "device": self.device.describe(),
            "processes": self.group.world_size,
            "machine": platform.machine(),
            "torch": torch.__version__,
            "skipped": [{"path": bad.path.as_posix(), "reason": bad.reason} for bad in self.dataset.skipped],
        }
