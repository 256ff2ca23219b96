"""What people read of a finished run: curves, confusion, calibration, the worst mistakes, sample pictures, the card."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor

from striate.data.batches import held_out_batches
from striate.data.pictures import Dataset
from striate.nn.model_file import FILE_NAME
from striate.training import plots
from striate.training.metrics import Scores
from striate.training.model_card import model_card

if TYPE_CHECKING:
    from striate.training.loop import Trainer

_WORST = 24


def write_report(out: Path, trainer: Trainer, dataset: Dataset, scores: Scores, training: dict[str, Any]) -> None:
    """Write the pictures and, last, README.md: a run that has one is finished."""
    table = trainer.table
    title = f"{table.name} on {dataset.name}"
    samples = _write_samples(out / "samples", dataset)
    probabilities = _probabilities(trainer)
    plots.plot_curves(trainer.position.history, out / "curves.png", title)
    plots.plot_confusion(scores.confusion, dataset.classes, out / "confusion.png", title)
    plots.plot_calibration(probabilities, dataset.held_out.labels, out / "calibration.png", title)
    worst = worst_mistakes(probabilities, dataset.held_out.labels, _WORST)
    plots.plot_mistakes(dataset, worst, probabilities, out / "mistakes.png", title)
    sample = f"samples/{samples[0].name}"
    (out / "README.md").write_text(model_card(table, dataset, scores, training, sample, FILE_NAME), encoding="utf-8")


def worst_mistakes(probabilities: Tensor, labels: Tensor, number: int) -> list[int]:
    """The indices of the images taken for a wrong class with the greatest certainty, that first.

    >>> worst_mistakes(torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), torch.tensor([1, 1, 1]), 5)
    [0, 2]
    """
    certainty, taken = probabilities.max(dim=1)
    wrong = (taken != labels).nonzero().flatten()
    return wrong[certainty[wrong].argsort(descending=True, stable=True)][:number].tolist()


def _probabilities(trainer: Trainer) -> Tensor:
    """Probabilities (N, classes) of the held-out images, in order."""
    network, machine = trainer.evaluated.eval(), trainer.machine
    with torch.inference_mode(), machine.autocast():
        logits = [
            network(images.to(machine.device)).float().cpu()
            for images, _ in held_out_batches(trainer.held_out, trainer.table, 256)
        ]
    return torch.cat(logits).softmax(dim=1)


def _write_samples(folder: Path, dataset: Dataset) -> list[Path]:
    """The first held-out picture of each class, as PNG files named after it."""
    folder.mkdir(exist_ok=True)
    paths = []
    for label, name in enumerate(dataset.classes):
        found = (dataset.held_out.labels == label).nonzero()
        if len(found) == 0:
            continue
        pixels = dataset.held_out.pictures[int(found[0])]
        paths.append(folder / f"{re.sub(r'[^A-Za-z0-9-]+', '_', name)}.png")
        Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels).save(paths[-1])
    return paths
