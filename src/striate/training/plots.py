"""The plots of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from striate.data import Dataset
from striate.runtime import write_atomically
from striate.text import width
from striate.training.callbacks import Epoch
from striate.training.figure_text import figure_png, name_in_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from striate.training.metrics import Scores

_MATRIX_SIDE = 1000  # rows of a confusion matrix at most
# Blue and vermilion of Okabe and Ito's palette, which colour-blind people can distinguish too.
_DOTS_PER_INCH = 120
_MOST_NAMED = 40
"""Classes whose names stand at a confusion matrix."""
_TRAINING_COLOUR, _VALIDATION_COLOUR = "#0072B2", "#D55E00"


def plot_curves(history: Sequence[Epoch], path: Path, title: str) -> None:
    """Loss and accuracy over the epochs, training and validation, as a PNG."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(1, 2)
    numbers = [epoch.epoch for epoch in history]
    for axis, quantity in zip(axes, ("loss", "accuracy"), strict=True):
        for part, label, colour in (
            ("train", "training", _TRAINING_COLOUR),
            ("test", "validation", _VALIDATION_COLOUR),
        ):
            values = [getattr(epoch, f"{part}_{quantity}") for epoch in history]
            axis.plot(numbers, values, color=colour, label=label, marker="o", markersize=3)
        axis.set(xlabel="epoch", ylabel=quantity)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
        axis.legend()
    if all(value > 0 for epoch in history for value in (epoch.train_loss, epoch.test_loss)):
        axes[0].set_yscale("log")
    axes[1].yaxis.set_major_formatter(PercentFormatter(1.0))
    _save(figure, path)


def plot_confusion(scores: Scores, classes: Sequence[str], path: Path, title: str) -> None:
    """The confusion matrix as a PNG: rows are true classes, columns predictions, colours shares of a row.

    Of very many classes neighbours are added up: a picture has no room for each.
    """
    from matplotlib.figure import Figure

    confusion = scores.binned_confusion(_MATRIX_SIDE)
    shares = confusion.double() / confusion.sum(dim=1, keepdim=True).clamp(min=1)
    names = list(map(name_in_figure, classes)) if len(classes) <= _MOST_NAMED else []
    side = 2.2 + 0.34 * min(len(classes), _MOST_NAMED) + 0.1 * max(map(width, names), default=0)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axis = figure.subplots()
    edge = len(confusion) * -(-len(classes) // len(confusion)) - 0.5  # of the last row, counted in classes
    image = axis.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1, extent=(-0.5, edge, edge, -0.5))
    axis.set(xlabel="predicted class", ylabel="true class", title=title)
    if names:
        axis.set_xticks(range(len(classes)), names, rotation=90)
        axis.set_yticks(range(len(classes)), names)
    if len(classes) <= 20:
        for row, column in confusion.nonzero().tolist():
            colour = "white" if shares[row, column] > 0.5 else "black"
            count = int(confusion[row, column])
            axis.text(column, row, str(count), ha="center", va="center", fontsize=7, color=colour)
    figure.colorbar(image, ax=axis, label="share of the class", shrink=0.8)
    _save(figure, path)


def plot_calibration(probabilities: Tensor, labels: Tensor, path: Path, title: str) -> None:
    """Accuracy against the highest probability of the softmax of the logits, in bins, as a PNG."""
    from matplotlib.figure import Figure

    from striate.training.metrics import calibration

    bins, error = calibration(probabilities, labels)
    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axis.bar([part.certainty for part in bins], [part.accuracy for part in bins], width=0.06, color=_TRAINING_COLOUR)
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="highest probability", ylabel="accuracy")
    axis.set_title(f"{title}\ncalibration error {error:.1%}, before calibration", fontsize=10)
    _save(figure, path)


def plot_mistakes(dataset: Dataset, worst: Sequence[int], probabilities: Tensor, path: Path, title: str) -> None:
    """A sheet of the validation pictures with the highest probability for a wrong class, as a PNG."""
    from matplotlib.figure import Figure

    columns = 6
    rows = max(1, -(-len(worst) // columns))
    figure = Figure(figsize=(1.7 * columns, 2.1 * rows + 0.5), layout="constrained")
    figure.suptitle(f"{title}: " + ("mistakes with the highest probability" if worst else "no mistakes"))
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, index in zip(axes.flat, worst, strict=False):
        pixels = dataset.validation.pictures[index]
        axis.imshow(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
        predicted = int(probabilities[index].argmax())
        true = name_in_figure(dataset.classes[int(dataset.validation.labels[index])], most=24)
        name = name_in_figure(dataset.classes[predicted], most=24)
        axis.set_title(f"{true}, predicted\n{name} ({probabilities[index, predicted]:.0%})", fontsize=8)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    write_atomically(path, figure_png(figure, _DOTS_PER_INCH))
