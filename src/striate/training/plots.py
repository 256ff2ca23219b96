"""Pictures of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from striate.training.loop import Epoch

# Blue and vermilion of Okabe and Ito's palette, told apart by the colour-blind too.
_TRAINING, _HELD_OUT = "#0072B2", "#D55E00"


def plot_curves(history: Sequence[Epoch], path: Path, title: str) -> None:
    """Loss and accuracy over the epochs, training and held-out, as a PNG."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(1, 2)
    numbers = [epoch.epoch for epoch in history]
    for axis, quantity in zip(axes, ("loss", "accuracy"), strict=True):
        for part, label, colour in (("train", "training", _TRAINING), ("test", "held out", _HELD_OUT)):
            values = [getattr(epoch, f"{part}_{quantity}") for epoch in history]
            axis.plot(numbers, values, color=colour, label=label, marker="o", markersize=3)
        axis.set(xlabel="epoch", ylabel=quantity)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
        axis.legend()
    if all(value > 0 for epoch in history for value in (epoch.train_loss, epoch.test_loss)):
        axes[0].set_yscale("log")
    axes[1].yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.savefig(path, dpi=120)
