"""The picture and the words of a prediction: the most probable classes of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from torch import Tensor

from striate.inspection.plotting import COLOURS, TEXT, label_axes, new_figure, show_picture
from striate.inspection.sample import Sample
from striate.inspection.view import View
from striate.text import printable, shorten

_TOP = 5


def prediction_view(sample: Sample, classes: Sequence[str], logits: Tensor, *, temperature: float = 1.0) -> View:
    """The most probable classes of a picture, from its logits (classes,) and the `temperature` of the model
    (`Model.temperature`)."""
    probabilities = (logits.double() / temperature).softmax(dim=0)
    best = probabilities.topk(min(_TOP, len(classes)))
    top = [(classes[i], share) for i, share in zip(best.indices.tolist(), best.values.tolist(), strict=True)]
    paragraphs = (
        f"{sample.name} as the network's input, {'×'.join(map(str, sample.fitted_CHW.shape))}. Prediction:"
        f" “{top[0][0]}”, probability {top[0][1]:.1%}.",
        *([f"{sample.name}: {sample.note}."] if sample.note else []),
    )
    numbers: dict[str, Any] = {"top": [{"class": name, "probability": share} for name, share in top]}
    if sample.note:
        numbers["note"] = sample.note
    return View("answer", "Prediction", paragraphs, prediction_figure(sample, top), numbers)


def prediction_figure(sample: Sample, top: Sequence[tuple[str, float]]) -> Figure:
    """The picture, and the most probable classes as bars."""
    figure = new_figure(2.6, width=6.5)
    picture, bars = figure.subplots(1, 2, width_ratios=[1, 1.7])
    show_picture(picture, sample.fitted_CHW.numpy())
    names = [shorten(printable(name), 24) for name, _ in top]
    places = range(len(top))
    drawn = bars.barh(places, [share for _, share in top], color=COLOURS[1])
    bars.bar_label(drawn, [f"{share:.1%}" for _, share in top], padding=3, fontsize=TEXT)
    bars.set(xlim=(0, 1.15), xticks=[0, 0.5, 1])
    bars.set_yticks(places, names)
    bars.invert_yaxis()
    label_axes(bars, "probability", "")
    return figure
