"""One session of a training: from its beginning or from a checkpoint, to its end or until it is interrupted."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from striate.data import Dataset
from striate.errors import DivergenceError, ModelError, TrainingError
from striate.nn import MODEL_FILE_NAME, Model, Network, build, check_savable, load_model, relu_after_pooling, save_model
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
from striate.text import compose, quantity
from striate.training.adapt import adapt_to_dataset, warn_about_classes
from striate.training.callbacks import Callback, Epoch
from striate.training.checkpoint import save_checkpoint
from striate.training.metrics import Scores
from striate.training.reliability import calibrate
from striate.training.replay import picture_class, remove_snapshots_after, replay_steps, save_picture, save_snapshot
from striate.training.run_config import MODEL_CARD_NAME, RunConfig, load_run_config, save_run_config
from striate.training.run_directory import (
    BEST_NAME,
    METRICS_NAME,
    SKIPPED_NAME,
    new_run_directory,
    remove_leftovers,
    remove_run,
)
from striate.training.run_report import run_html, write_report
from striate.training.start_model import start_state, trained_before
from striate.training.step_result import StepResult
from striate.training.tensorboard import TensorBoardLogger
from striate.training.trained_on import PictureList
from striate.training.trainer import Trainer, best_epoch

_CHECKPOINT_INTERVAL = 50  # between two at epochs' ends, in times that writing one takes: 2 % of the time at most
_MOST_SKIPPED = 20  # pictures that a model file names: its header has bounds; all are in the run directory
_CHECKPOINT_DUE = 1  # below the numbers of SIGINT and SIGTERM: a checkpoint is due, and no signal has come


class _StepReached(Exception):  # noqa: N818, no error
    """Raised after the step that is recomputed, to end the training."""


@dataclass(frozen=True)
class Run:
    """A finished run: its directory, epochs, scores on the validation images, seconds of training, and the device."""

    directory: Path
    history: tuple[Epoch, ...]
    scores: Scores
    seconds: float
    device: str = ""

    def _repr_html_(self) -> str:
        return run_html(self.directory, self.history, self.scores, self.seconds)


class TrainingSession:
    """A trainer, and what it leaves in the run directory. Call `begin` or `resume`, once.

    `checkpoint` is what it continues from; without one it starts from the beginning.
    """

    def __init__(
        self,
        out: Path,
        config: RunConfig,
        dataset: Dataset,
        group: ProcessGroup,
        callback: Callback,
        checkpoint: dict[str, Any] | None = None,
    ) -> None:
        self.checkpoint = checkpoint
        self.out, self.config, self.dataset, self.group, self.callback = out, config, dataset, group, callback
        plan = adapt_to_dataset(config.table, dataset, group.world_size)
        self.table = plan.table
        self.device = find_device(config.options.precision, group.gpu, device=config.options.device)
        if self.device.device.type != "cpu":  # what names no device, such as pinned memory, belongs to this one then
            torch.accelerator.set_device_index(self.device.device)
            torch.backends.cudnn.benchmark = True  # few shapes: each is tried once
        network = build(plan, seed=self.table.recipe.seed, pretrained=config.pretrained and checkpoint is None)
        if config.start_from is not None and checkpoint is None:
            network.load_state_dict(start_state(network, config.start_from, dataset.classes))
        self.trainer = Trainer(
            network,
            dataset,
            device=self.device,
            group=group,
            workers=config.options.workers,
            compiled=config.options.compiled,
        )
        self.steps = self.trainer.batches.steps * self.trainer.recipe.epochs
        self.replay_steps = frozenset(replay_steps(config.replay, self.steps) if config.replay else ())
        self.interrupt = InterruptHandler()
        self.checkpoint_time = time.monotonic()  # when the last one was written
        self.checkpoint_seconds = 0.0  # how long that took
        self.saved: str | None = None  # what a failure leaves in the run directory, in words

    def begin(self) -> Run:
        """Train to the end in a new directory, and write the report. Errors as `striate.training.train`."""
        with ExitStack() as stack:
            if self.group.is_first:
                self._warn(stack.enter_context(new_run_directory(self.out)))
                stack.callback(self._remove_unsaved)
                stack.enter_context(before_exit(self._remove_unsaved))
                with self._failures():
                    check_savable(self.out / MODEL_FILE_NAME, self._model(0, {}))
                    save_run_config(self.out, self.config)
                    self.pictures.save(self.out)
                    self._save_skipped()
            self._warn(warn_about_classes(self.config.table, self.dataset))
            return self._train()

    def resume(self, config: RunConfig | None = None) -> Run:
        """Train to the end from the checkpoint, and write the report. The process must have the run's lock.

        `config` is what run.json says from now on, of a run that has other epochs than it began with; it is then not
        finished. TrainingError if the accuracy has ended it, so that more epochs change nothing.
        """
        self._check_data()
        if self.checkpoint is not None:
            self.trainer.load_state_dict(self.checkpoint["trainer"])
            self.saved = self._checkpoint_saved()
        history = self.trainer.state.history
        if config is not None and self.trainer.finished:
            patience = self.table.recipe.patience or 0
            raise TrainingError(
                f"{self.out}: ended after epoch {len(history)}, as its accuracy had not risen for"
                f" {quantity(patience, 'epoch')}; --from {self.out} starts a new run from its weights"
            )
        if self.group.is_first:
            with self._failures():
                self._prepare(config)
        return self._train()

    def _prepare(self, config: RunConfig | None) -> None:
        """Bring the files of the run directory to the state of the checkpoint."""
        history = self.trainer.state.history
        remove_leftovers(self.out)
        if config is not None:
            (self.out / MODEL_CARD_NAME).unlink(missing_ok=True)  # first: a finished run keeps its number of epochs
            save_run_config(self.out, config)
        self._record_data()
        lines = [json.dumps(asdict(epoch)) + "\n" for epoch in history]
        write_atomically(self.out / METRICS_NAME, "".join(lines).encode())
        self._save_skipped()
        remove_snapshots_after(self.out, self.trainer.state.step)
        if self.trainer.between_epochs:  # a full disk, or a kill, may have left this checkpoint without its model
            self._save_models(history[-1])

    def recompute(self, step: int) -> Network:
        """Train from the checkpoint, or from the beginning, to the end of a step, and write nothing: the network as it
        is evaluated then, on the CPU. TrainingError if the run does not come to this step."""
        if not 0 <= step <= self.steps:
            raise TrainingError(f"{self.out}: has steps 0 to {self.steps}, so there is no step {step}")
        self._check_data()
        if self.checkpoint is not None:
            self.trainer.load_state_dict(self.checkpoint["trainer"])

        def after_step(_result: StepResult | None) -> None:
            done = self.trainer.state.step
            if done == step:
                raise _StepReached
            self.trainer.recipe = replace(self.trainer.recipe, epochs=self.config.epochs_at(done))

        with relu_after_pooling(self.trainer.network):
            try:
                after_step(None)
                for _epoch in self.trainer.run(after_step):
                    pass
            except _StepReached:
                return self.trainer.evaluated_now().cpu().eval()
        raise TrainingError(f"{self.out}: ends after step {self.trainer.state.step}, so there is no step {step}")

    def _train(self) -> Run:
        caveats = ", ".join(self.device.caveats())
        self.callback.on_start(f"{self.device.describe()}{self.group.describe()}{f'; {caveats}' if caveats else ''}")
        self.callback.on_network(self.trainer.network)
        logs = self.out if self.config.options.tensorboard and self.group.is_first else None
        tensorboard = TensorBoardLogger(logs, first=len(self.trainer.state.history) + 1)
        with self._failures():
            with self.interrupt, relu_after_pooling(self.trainer.network), tensorboard:
                if self.trainer.state.step == 0 and self.replay_steps:
                    self._begin_replay()
                for epoch in self.trainer.run(self._after_step):
                    failure = self._save_epoch(epoch, tensorboard) if self.group.is_first else None
                    if failure is None:
                        self.callback.on_epoch(epoch)
                    if self.replay_steps and self.trainer.finished and self.trainer.state.step not in self.replay_steps:
                        self._save_snapshot()  # before the planned end, as the accuracy had not risen
                    self._after_epoch(must_save=failure is not None)
                    if failure is not None:
                        raise failure
            return self._finish()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """What fails within the context is one line, with the run directory and what is saved there."""
        try:
            yield
        except (OSError, TrainingError, ModelError) as error:
            failed = self._failed(error.strerror if isinstance(error, OSError) else error)
            raise (DivergenceError(str(failed)) if isinstance(error, DivergenceError) else failed) from None
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                batch, plan = self.table.recipe.batch_size, self.trainer.network.plan
                line = training_memory_error(self.device.device, plan, batch, self.group.world_size)
                raise self._failed(line) from None
            if isinstance(error, NotImplementedError):
                raise self._failed(f"{self.device.device}: {missing_kernel(error)}") from None
            raise

    def _failed(self, reason: object) -> TrainingError:
        nothing = "nothing was saved" + (", and --resume starts from the beginning" if self._has_learned else "")
        return TrainingError(f"{self.out}: {reason}; {self.saved or nothing}")

    @property
    def _has_learned(self) -> bool:
        """Whether an epoch is done, or part of one is in a checkpoint: nothing is removed then."""
        return self.saved is not None or bool(self.trainer.state.history)

    def _remove_unsaved(self) -> None:
        """Remove a new run if nothing is learned yet."""
        if not self._has_learned:
            remove_run(self.out)

    def _warn(self, line: str | None) -> None:
        if line is not None:
            self.callback.on_warning(line)

    def _after_step(self, _result: StepResult) -> None:
        """Save a checkpoint if one is due or a signal has come; all processes agree on it."""
        self.callback.on_step(self.trainer.progress)
        if self.trainer.state.step in self.replay_steps:
            self._save_snapshot()
        waited = time.monotonic() - self.checkpoint_time
        due = self.group.is_first and waited >= self.config.options.checkpoint_seconds
        signal = self.group.all_max(self.interrupt.received or (_CHECKPOINT_DUE if due else 0))
        if signal:
            self._save_checkpoint()
        if signal > _CHECKPOINT_DUE:
            raise TrainingInterrupted(f"{self.out}: stopped; {self.saved}", signal)

    def _begin_replay(self) -> None:
        """Save the picture of the replay, and the snapshot at initialization."""
        if self.group.is_first:
            save_picture(self.out, self.dataset)
        self._save_snapshot()

    def _save_snapshot(self) -> None:
        """Save the snapshot of the present step. What it says of its training is the same in every session of a run."""
        network, step = self.trainer.evaluated_now(), self.trainer.state.step
        if self.group.is_first:
            record = {**self._data_record, "step": step, "picture": picture_class(self.dataset)}
            save_snapshot(self.out, step, Model(network, self.dataset.classes, record, {}))

    def _after_epoch(self, *, must_save: bool) -> None:
        """Save a checkpoint after the first epoch and the last, and after those between where it costs little."""
        waited = time.monotonic() - self.checkpoint_time
        due = must_save or (self.group.is_first and waited >= _CHECKPOINT_INTERVAL * self.checkpoint_seconds)
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
    def pictures(self) -> PictureList:
        """The pictures that are trained on, those for validation, and those that the weights were trained on before."""
        if (begun := PictureList.load(self.out)) is not None:  # the model that the run started from may be gone
            before = begun.before
        else:
            before = () if self.config.start_from is None else trained_before(self.config.start_from)
        return PictureList.of(self.dataset, before)

    @cached_property
    def _data_digest(self) -> str:
        """A digest of the images' content and order, their labels and the classes."""
        digest = hashlib.sha256(self.pictures.content)
        for part in (self.dataset.train, self.dataset.validation):
            digest.update(part.labels.numpy().tobytes())
        digest.update(json.dumps(self.dataset.classes).encode())
        return digest.hexdigest()

    def _check_data(self) -> None:
        """TrainingError unless the images are those that the run began with, wherever they lie now."""
        before = PictureList.load(self.out)
        if self.checkpoint is None:
            same = before in (None, self.pictures)
        else:
            recorded = self.checkpoint["data"]
            same = recorded == self._data_digest or recorded == self._data_digest_of_0_1()
        if same:
            return
        changes = ""
        if before is not None:
            gone, new = before.changes(self.pictures)
            number = len(before.train) + len(before.validation)
            changes = f": {gone:,} of {number:,} are gone or have changed, {new:,} are new"
            if gone == new == 0:
                changes = ": they are the same, but in another order or of other classes"
        raise TrainingError(
            f"{self.out}: the images of {self.config.data} are not those that the run began with{changes}"
        )

    def _record_data(self) -> None:
        """Write down the pictures, and where they lie, if that has changed."""
        self.pictures.save(self.out)
        if (stated := load_run_config(self.out, finished=True)).data != self.config.data:
            save_run_config(self.out, replace(stated, data=self.config.data, data_kind=self.config.data_kind))

    def _data_digest_of_0_1(self) -> str:
        """What version 0.1 compared: the images' number and order, sizes, labels and names; pixels of data from
        Python."""
        digest = hashlib.sha256()
        for part in (self.dataset.train, self.dataset.validation):
            digest.update(part.labels.numpy().tobytes() + part.pictures.shapes.tobytes())
            digest.update(json.dumps(part.names and [compose(Path(name).name) for name in part.names]).encode())
            if self.dataset.from_python:
                for index in range(len(part)):
                    digest.update(part.pictures[index].data)
        return digest.hexdigest()

    def _save_epoch(self, epoch: Epoch, tensorboard: TensorBoardLogger) -> OSError | ModelError | None:
        """Save the model of an epoch, and its line of the metrics. The error if it could not be saved: then there may
        still be room for a checkpoint."""
        try:
            self._save_models(epoch)
            with (self.out / METRICS_NAME).open("a", encoding="utf-8", newline="\n") as log:
                log.write(json.dumps(asdict(epoch)) + "\n")
            tensorboard.add(epoch)
        except (OSError, ModelError) as error:
            return error
        self.saved = self.saved or f"the model of epoch {epoch.epoch} is saved"
        return None

    def _save_models(self, epoch: Epoch) -> None:
        best = best_epoch(self.trainer.state.history) == epoch
        scores = {"top1": epoch.test_accuracy, "loss": epoch.test_loss, "images": len(self.dataset.validation)}
        model = self._model(epoch.epoch, scores)
        if best:
            save_model(self.out / BEST_NAME, model)
        if best or self.table.recipe.patience is None:
            save_model(self.out / MODEL_FILE_NAME, model)

    def _save_skipped(self) -> None:
        """Save the list of the pictures that could not be read, which may be too long for a model file."""
        if self._skipped:
            lines = [json.dumps(picture) + "\n" for picture in self._skipped]
            write_atomically(self.out / SKIPPED_NAME, "".join(lines).encode())

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
            reliability = calibrate(self.trainer.evaluated, self.dataset, self.device)
            model = load_model(self.out / MODEL_FILE_NAME)
            save_model(self.out / MODEL_FILE_NAME, replace(model, reliability=reliability))
            record = self._training_record(len(history))
            data_dir = self.config.options.data.data_dir
            write_report(self.out, self.table, self.dataset, history, logits, scores, record, data_dir, reliability)
        self.group.barrier()
        seconds = sum(epoch.seconds for epoch in history)
        return Run(self.out, tuple(history), scores, seconds, self.device.describe())

    def _model(self, epochs: int, scores: dict[str, Any]) -> Model:
        return Model(self.trainer.evaluated, self.dataset.classes, self._training_record(epochs), scores)

    @cached_property
    def _skipped(self) -> list[dict[str, str]]:
        return [{"path": bad.path.absolute().as_posix(), "reason": bad.reason} for bad in self.dataset.skipped]

    @cached_property
    def _data_record(self) -> dict[str, Any]:
        """On what the model is trained."""
        return {
            "data": self.dataset.name,
            "images": len(self.dataset.train),
            "images_at_most": self.config.options.data.images,
            "val_fraction": self.config.options.data.val_fraction,
            "split": self.config.options.data.split,
            "pictures": self.pictures.digest,
            **({"decisions": dict(self.dataset.decisions)} if self.dataset.decisions else {}),
        }

    def _training_record(self, epochs: int) -> dict[str, Any]:
        """How the model after so many epochs was trained, for its file and its card."""
        return {
            **self._data_record,
            "epochs": epochs,
            "pretrained": self.config.pretrained,
            "start_from": self.config.start_from and asdict(self.config.start_from),
            "epochs_changes": [asdict(change) for change in self.config.epochs_changes],
            "seconds": round(sum(past.seconds for past in self.trainer.state.history), 3),
            "device": self.device.describe(),
            "processes": self.group.world_size,
            "machine": platform.machine(),
            "torch": torch.__version__,
            "skipped": self._skipped[:_MOST_SKIPPED],
            "skipped_images": len(self._skipped),
        }
