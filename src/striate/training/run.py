"""A training run: from a table and a data set to a run directory that holds everything about the model.

model.safetensors    the weights of the last finished epoch, and all that is needed to use them
metrics.jsonl        one line for each epoch
curves.png           loss and accuracy over the epochs
samples/             a held-out picture of each class
README.md            the model card
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from striate.data.augment import training_pictures
from striate.data.datasets import Dataset, ImageSet, load_dataset
from striate.data.preprocess import fit
from striate.errors import TrainingError
from striate.nn.build import build
from striate.nn.model_file import FILE_NAME, Model, save
from striate.tables import BatchNorm, Recipe, Table, every_step, load_table, walk, walk_heads
from striate.tables.recipe import FINE_TUNING
from striate.training.loop import Epoch, Progress, epochs
from striate.training.loss import LOSSES
from striate.training.metrics import Scores, evaluate
from striate.training.model_card import model_card
from striate.training.plots import plot_curves


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
    on_step: Callable[[Progress], None] = lambda _: None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> Run:
    """Train a table on a named data set, by its own recipe or the one given, into a new directory.

    `pretrained` starts from torchvision's ImageNet weights (a `:torchvision` table), by `FINE_TUNING` unless a
    recipe is given. TrainingError if the directory exists or training fails; DataError, TableError and ModelError
    for what cannot be used.

        train("lenet5", "digits", "runs/first").scores.top1
    """
    out = Path(out)
    if out.exists():
        raise TrainingError(f"{out}: exists already, and a run overwrites nothing; give another directory")
    dataset = load_dataset(data)
    table = load_table(table) if isinstance(table, str) else table
    table = _fitted(table, dataset, recipe or (FINE_TUNING if pretrained else None))
    _check_batches(table, len(dataset.train.labels))
    network = build(table, seed=table.recipe.seed, pretrained=pretrained)
    out.mkdir(parents=True)
    history: list[Epoch] = []
    try:
        train_set, test_set = _sets(dataset, table)
        started = time.perf_counter()
        with (out / "metrics.jsonl").open("w") as log:
            for epoch in epochs(network, train_set, test_set, on_step):
                training = _provenance(dataset, epoch.epoch, time.perf_counter() - started, pretrained)
                save(out / FILE_NAME, Model(network, dataset.classes, training, _scores_of(epoch, dataset)))
                history.append(epoch)
                log.write(json.dumps(asdict(epoch)) + "\n")
                log.flush()
                on_epoch(epoch)
        scores = evaluate(network, test_set, table.preprocessing, LOSSES[table.recipe.loss])
        _write_report(out, table, dataset, history, scores, training)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_what_is_left(out, history)) from None
    except (OSError, TrainingError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{out}: {reason}; {_what_is_left(out, history)}") from None
    finally:
        if not history:  # nothing to keep
            shutil.rmtree(out)
    return Run(out, tuple(history), scores, training["seconds"])


def _sets(dataset: Dataset, table: Table) -> tuple[ImageSet, ImageSet]:
    """The training pictures as large as their augmentation needs, those held out as large as the input."""
    train = ImageSet(training_pictures(dataset.train.images_NCHW, table), dataset.train.labels)
    return train, ImageSet(fit(dataset.test.images_NCHW, table), dataset.test.labels)


def _fitted(table: Table, dataset: Dataset, recipe: Recipe | None) -> Table:
    """The table for this data set's classes and pictures, with the recipe that is used."""
    table = table.with_classes(len(dataset.classes))
    return replace(
        table,
        preprocessing=replace(table.preprocessing, light_on_dark=dataset.light_on_dark),
        recipe=recipe or table.recipe,
    )


def _check_batches(table: Table, images: int) -> None:
    """Batch normalization of units needs two images in every batch: there is no variance over one number.

    TableError if the table is impossible.
    """
    alone = images < 2 * -(-images // table.recipe.batch_size)
    for step in every_step((*walk(table), *chain(*walk_heads(table)))):
        if alone and isinstance(step.row, BatchNorm) and prod(step.output[1:]) == 1:
            raise TrainingError(
                f"table {table.name}: row {step.path} normalizes over the batch and needs at least 2 images in each,"
                f" but {images} images in batches of {table.recipe.batch_size} leave one with 1"
            )


def _provenance(dataset: Dataset, epoch: int, seconds: float, pretrained: bool) -> dict[str, Any]:
    return {
        "data": dataset.name,
        "images": len(dataset.train.labels),
        "epochs": epoch,
        "pretrained": pretrained,
        "seconds": round(seconds, 3),
        "device": f"cpu ({platform.machine()})",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def _scores_of(epoch: Epoch, dataset: Dataset) -> dict[str, Any]:
    return {"top1": epoch.test_accuracy, "loss": epoch.test_loss, "images": len(dataset.test.labels)}


def _what_is_left(out: Path, history: list[Epoch]) -> str:
    if not history:
        return "before the first epoch was done, so nothing was kept"
    return f"{out} keeps the model of epoch {history[-1].epoch}"


def _write_report(
    out: Path, table: Table, dataset: Dataset, history: list[Epoch], scores: Scores, training: dict[str, Any]
) -> None:
    """What people read: held-out pictures, the curves, the model card."""
    samples = _write_samples(out / "samples", dataset)
    plot_curves(history, out / "curves.png", f"{table.name} on {dataset.name}")
    card = model_card(table, dataset, scores, training, f"samples/{samples[0].name}", FILE_NAME)
    (out / "README.md").write_text(card, encoding="utf-8")


def _write_samples(folder: Path, dataset: Dataset) -> list[Path]:
    """The first held-out picture of each class, as PNG files named after it."""
    folder.mkdir()
    paths = []
    for label, name in enumerate(dataset.classes):
        found = (dataset.test.labels == label).nonzero()
        if len(found) == 0:
            continue
        pixels = dataset.test.images_NCHW[int(found[0])].permute(1, 2, 0).squeeze(2).numpy()
        paths.append(folder / f"{re.sub(r'[^A-Za-z0-9-]+', '_', name)}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths
