"""The picture and the words of dropout: the answers of thinned networks, their mean, and the whole network's."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from striate.inspection.dropout import DropoutEnsemble
from striate.inspection.plotting import COLOURS, SMALL, label_axes, new_figure
from striate.inspection.view import View
from striate.text import printable, shorten

_TOP = 5


def dropout_view(ensemble: DropoutEnsemble, classes: Sequence[str]) -> View:
    """How far thinned networks agree on a picture, and how near their mean is to the whole network."""
    top = int(ensemble.whole.argmax())
    draws = len(ensemble.thinned)
    votes = int((ensemble.thinned.argmax(dim=1) == top).sum())
    gap = float((ensemble.arithmetic - ensemble.whole).abs().max())
    rows = ", ".join(f"{path} ({rate:.0%})" for path, rate in ensemble.rates.items())
    paragraphs = (
        f"Each of {draws} thinned networks drops other units after these rows: {rows}. The whole network says"
        f" “{classes[top]}”; so do {votes} of them. The mean of their probabilities differs from the whole network's by"
        f" at most {100 * gap:.1f} percentage points.",
    )
    numbers = {"rates": dict(ensemble.rates), "draws": draws, "class": classes[top], "votes": votes, "gap": gap}
    return View("dropout", "Dropout: thinned networks", paragraphs, dropout_figure(ensemble, classes), numbers)


def dropout_figure(ensemble: DropoutEnsemble, classes: Sequence[str]) -> Figure:
    """The most probable classes: a dot for each thinned network, their mean, and the whole network."""
    best = ensemble.whole.topk(min(_TOP, len(classes))).indices.tolist()
    figure = new_figure(2.6, width=6.5)
    axis = figure.subplots()
    for place, index in enumerate(best):
        answers = ensemble.thinned[:, index].tolist()
        label = "a thinned network" if place == 0 else None
        axis.plot(answers, [place] * len(answers), "o", color=COLOURS[5], alpha=0.5, markersize=5, label=label)
    for name, values, colour, marker in (
        ("their mean", ensemble.arithmetic, COLOURS[3], "D"),
        ("the whole network", ensemble.whole, COLOURS[6], "|"),
    ):
        size = 14 if marker == "|" else 6
        axis.plot(values[best].tolist(), range(len(best)), marker, color=colour, markersize=size, label=name)
    axis.set(xlim=(-0.02, 1.02))
    axis.set_yticks(range(len(best)), [shorten(printable(classes[index]), 24) for index in best])
    axis.invert_yaxis()
    label_axes(axis, "probability", "")
    axis.legend(fontsize=SMALL)
    return figure
