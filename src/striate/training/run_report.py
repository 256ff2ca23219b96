"""The report of a finished run: plots, sample pictures, the model card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from striate.data import Dataset, encode_png
from striate.markup import html_picture, html_table
from striate.nn import MODEL_FILE_NAME, Reliability
from striate.runtime import write_atomically
from striate.tables import Table
from striate.text import safe_names
from striate.training import plots
from striate.training.callbacks import Epoch
from striate.training.figure_text import name_in_figure
from striate.training.metrics import Scores, worst_mistakes
from striate.training.model_card import data_arguments, model_card
from striate.training.run_config import MODEL_CARD_NAME

SAMPLES_FOLDER = "samples"
CURVES_NAME, CONFUSION_NAME = "curves.png", "confusion.png"
CALIBRATION_NAME, MISTAKES_NAME = "calibration.png", "mistakes.png"
_MISTAKES = 24


def write_report(
    out: Path,
    table: Table,
    dataset: Dataset,
    history: Sequence[Epoch],
    logits: Tensor,
    scores: Scores,
    training: dict[str, Any],
    data_dir: Path | str | None = None,
    reliability: Reliability | None = None,
) -> None:
    """Write the plots, the samples and, last, README.md, which marks a run as finished.

    `logits` (N, classes) are those of the validation images; `data_dir` is where a named set's files were found.
    """
    title = f"{name_in_figure(table.name)} on {name_in_figure(dataset.name)}"
    samples = _write_samples(out / SAMPLES_FOLDER, dataset)
    probabilities = logits.softmax(dim=1)
    plots.plot_curves(history, out / CURVES_NAME, title)
    plots.plot_confusion(scores, dataset.classes, out / CONFUSION_NAME, title)
    plots.plot_calibration(probabilities, dataset.validation.labels, out / CALIBRATION_NAME, title)
    worst = worst_mistakes(probabilities, dataset.validation.labels, _MISTAKES)
    plots.plot_mistakes(dataset, worst, probabilities, out / MISTAKES_NAME, title)
    sample = f"{SAMPLES_FOLDER}/{samples[0].name}"
    data = data_arguments(out, dataset, data_dir)
    card = model_card(table, dataset, scores, training, sample, MODEL_FILE_NAME, data, reliability)
    write_atomically(out / MODEL_CARD_NAME, card.encode())


def run_html(out: Path, history: Sequence[Epoch], scores: Scores, seconds: float) -> str:
    """A finished run for a notebook: its scores on the validation images, and its curves."""
    row = (
        *(str(len(history)), f"{scores.images:,}", f"{scores.top1:.1%}", f"{scores.top5:.1%}", f"{scores.loss:.4f}"),
        f"{seconds:.0f}",
    )
    columns = ("Epochs", "Validation images", "Top-1", "Top-5", "Loss", "Seconds")
    curves = out / CURVES_NAME
    words = "loss and accuracy over the epochs"
    picture = html_picture(curves.read_bytes(), words, "max-width: 45rem; width: 100%") if curves.is_file() else ""
    return html_table([row], columns, str(out)) + picture


def _write_samples(folder: Path, dataset: Dataset) -> list[Path]:
    """The first validation picture of each class, as a PNG file named after the class."""
    folder.mkdir(exist_ok=True)
    paths = []
    for label, name in enumerate(safe_names(dataset.classes)):
        found = (dataset.validation.labels == label).nonzero()
        if len(found) == 0:
            continue
        paths.append(folder / f"{name}.png")
        paths[-1].write_bytes(encode_png(dataset.validation.pictures[int(found[0])]))
    return paths
