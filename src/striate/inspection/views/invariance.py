"""Pictures under the five changes, what the network takes them for, and how many of a set it still recognises."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill, shorten
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.inspection.invariance import Robustness, SweepResult
from striate.inspection.views import style
from striate.inspection.views.view import View
from striate.tables import Table, recipe_phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STILL, _OTHER = style.COLOURS[1], style.COLOURS[3]
"""The colours of the class of the unchanged picture, and of another."""
_POINTS, _POINTS_WORDS = 0.05, "5 points"
"""An accuracy that is lower by no more than this is as good."""


def sweep_figure(responses: Sequence[SweepResult], classes: Sequence[str]) -> Figure:
    """For each change its pictures, framed by whether they keep their class, above the curves of two classes."""
    figure = style.new_figure(2.2 * len(responses) + 0.2, "One picture, changed, and what it is taken for")
    grid = figure.add_gridspec(2 * len(responses), 1, height_ratios=[1.3, 1] * len(responses))
    for number, response in enumerate(responses):
        _draw_pictures(figure.add_subplot(grid[2 * number]), response)
        _draw_curves(figure.add_subplot(grid[2 * number + 1]), response, classes)
    return figure


def sweep_view(responses: Sequence[SweepResult], classes: Sequence[str], name: str) -> View:
    """One picture, called `name`, under each change."""
    own = classes[_own(responses[0])]
    sure = responses[0].probabilities[_neutral(responses[0]), _own(responses[0])]
    return View(
        name="invariance",
        title=f"How far {name} can be changed",
        words=(
            f"{name} is taken for {own} with a probability of {_percent(sure)}, and still is (blue frames) under "
            + "; ".join(_span(response, classes) for response in responses)
            + ". In brackets: what it is taken for beyond (vermilion frames).",
            "A convolution finds a feature wherever it is, and a pooling window forgets where in it that was. Neither"
            " is made for another size or angle, or for noise: what a network bears of these it has learned from its"
            " training pictures.",
        ),
        figure=sweep_figure(responses, classes),
        numbers={
            "class": own,
            "changes": [
                {
                    "name": response.change.name,
                    "unit": response.change.unit,
                    "amounts": list(response.amounts),
                    "probabilities": response.probabilities[:, _own(response)].tolist(),
                    "taken_for": [classes[index] for index in response.probabilities.argmax(axis=1)],
                }
                for response in responses
            ],
        },
    )


def robustness_figure(found: Sequence[Robustness], classes: int) -> Figure:
    """A small panel of accuracy for each change, the first image at its ends and its middle above it."""
    figure = style.new_figure(3.3, f"Accuracy on {found[0].images:,} held-out images, changed")
    axes = np.atleast_1d(figure.subplots(1, len(found), sharey=True))
    for number, (axis, change) in enumerate(zip(axes, found, strict=True)):
        style.label_axes(
            axis, f"{change.change.name}\n{fill(change.change.unit, 18)}", "share recognised" if number == 0 else ""
        )
        axis.plot(change.amounts, change.accuracy, "o-", color=_STILL, markersize=3)
        axis.axhline(1 / classes, color="0.5", linestyle=":")
        axis.set_ylim(-0.02, 1.02)
        ends = (0, len(change.amounts) // 2, len(change.amounts) - 1)
        for place, index in enumerate(ends):
            inset = axis.inset_axes((place / 3 + 0.02, 1.05, 0.3, 0.3))
            style.show_picture(inset, change.example_NCHW[index])
        axis.set_xticks([change.amounts[index] for index in ends])
    axes[0].annotate(
        "chance", (0.03, 1 / classes), xycoords=("axes fraction", "data"), fontsize=style.SMALL, va="bottom"
    )
    return figure


def robustness_view(found: Sequence[Robustness], table: Table, dataset: str) -> View:
    """A set of images under each change."""
    plain = found[0].accuracy[_neutral(found[0])]
    varied = "; ".join(map(recipe_phrase, table.recipe.augmentation))
    return View(
        name="invariance-of-accuracy",
        title=f"How far the pictures of {dataset} can be changed",
        words=(
            f"{table.name} recognises {_percent(plain)} of {found[0].images:,} held-out images of {dataset} unchanged."
            f" It does as well, to {_POINTS_WORDS}, under "
            + "; ".join(_range(change, _still(change)) for change in found)
            + f". Above each curve: one of the images at the amounts that are named below it. Dotted: {table.classes}"
            " classes told apart by chance.",
            *(_location(change, table.input[2]) for change in found if change.change.name == "shift"),
            (f"Its recipe varies the training pictures: {varied}." if varied else "Its recipe does not vary pictures.")
            + " For LeNet-5 the authors estimate that it bears a scale of up to a factor of two, shifts of half the"
            " height of a digit, and rotations of 30 degrees (LeCun et al. 1998, section III.E).",
        ),
        figure=robustness_figure(found, table.classes),
        numbers={
            "images": found[0].images,
            "changes": [
                {
                    "name": change.change.name,
                    "unit": change.change.unit,
                    "amounts": list(change.amounts),
                    "accuracy": change.accuracy.tolist(),
                }
                for change in found
            ],
        },
        header=("change", "unit", "amount: accuracy"),
        lines=[
            (
                change.change.name,
                change.change.unit,
                ", ".join(
                    f"{a:g}: {_percent(share)}" for a, share in zip(change.amounts, change.accuracy, strict=True)
                ),
            )
            for change in found
        ],
    )


def _draw_pictures(axis: Axes, response: SweepResult) -> None:
    """Side by side, each above its amount on the axis below: in one axis, for 45 of them take seconds."""
    from matplotlib.patches import Rectangle

    number, (height, width) = len(response.amounts), response.pictures_NCHW.shape[2:]
    side = _PICTURE * height / width
    for place, taken in enumerate(response.probabilities.argmax(axis=1)):
        left = place - _PICTURE / 2
        style.show_picture(axis, response.pictures_NCHW[place]).set_extent((left, left + _PICTURE, 0, side))
        colour = _STILL if taken == _own(response) else _OTHER
        axis.add_patch(Rectangle((left, 0), _PICTURE, side, fill=False, edgecolor=colour, linewidth=2, clip_on=False))
    axis.set_aspect("equal")
    axis.set(xlim=(-0.5, number - 0.5), ylim=(0, side))


_PICTURE = 0.9
"""A picture's width where the next one is 1 away."""


def _draw_curves(axis: Axes, response: SweepResult, classes: Sequence[str]) -> None:
    """The class of the unchanged picture, and the one that comes nearest to it or passes it."""
    own, amounts = _own(response), np.array(response.amounts)
    others = response.probabilities.copy()
    others[:, own] = -1
    rival = int(others.max(axis=0).argmax())
    style.label_axes(axis, _label(response), "probability")
    for index, colour, mark in ((own, _STILL, "o-"), (rival, _OTHER, "s--")):
        label = fill(shorten(classes[index], 45, placeholder="..."), 16)
        axis.plot(amounts, response.probabilities[:, index], mark, color=colour, markersize=4, label=label)
    half = (amounts[1] - amounts[0]) / 2
    axis.set(ylim=(-0.08, 1.08), xticks=amounts, xlim=(amounts[0] - half, amounts[-1] + half))
    axis.legend(fontsize=style.SMALL, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _neutral(found: SweepResult | Robustness) -> int:
    return found.amounts.index(found.change.neutral)


def _own(response: SweepResult) -> int:
    """The class of the unchanged picture."""
    return int(response.probabilities[_neutral(response)].argmax())


def _label(found: SweepResult | Robustness) -> str:
    return f"{found.change.name}, {found.change.unit}"


def _around(kept: NDArray[np.bool_], middle: int) -> tuple[int, int]:
    """The first and the last place of the run of kept ones around the middle."""
    first = last = middle
    while first > 0 and kept[first - 1]:
        first -= 1
    while last < len(kept) - 1 and kept[last + 1]:
        last += 1
    return first, last


def _range(found: SweepResult | Robustness, kept: NDArray[np.bool_]) -> str:
    """The change and the amounts around the neutral one that are kept."""
    first, last = (found.amounts[place] for place in _around(kept, _neutral(found)))
    name, unit = found.change.name, found.change.unit
    if first == last:
        return f"{name} of no amount that was tried"
    if found.amounts[0] == found.change.neutral:
        return f"{name} up to {last:g} {unit}"
    return f"{name} from {first:g} to {last:g} {unit}"


def _span(response: SweepResult, classes: Sequence[str]) -> str:
    """From which amount to which the picture keeps its class, and what it is taken for beyond them."""
    taken = response.probabilities.argmax(axis=1)
    kept = taken == _own(response)
    first, last = _around(kept, _neutral(response))
    beyond = [place for place in (first - 1, last + 1) if 0 <= place < len(taken)]
    then = " and ".join(f"{classes[taken[place]]} at {response.amounts[place]:g}" for place in beyond)
    return f"{_range(response, kept)} ({then or 'all that was tried'})"


def _still(found: Robustness) -> NDArray[np.bool_]:
    """At which amounts the accuracy is as good as that of the unchanged pictures (amounts,)."""
    still: NDArray[np.bool_] = found.accuracy >= found.accuracy[_neutral(found)] - _POINTS
    return still


def _location(found: Robustness, width: int) -> str:
    """What the shifts say of location invariance, for an input so many pixels wide."""
    first, last = _around(_still(found), _neutral(found))
    borne, tried = min(-found.amounts[first], found.amounts[last]), max(found.amounts)
    said = (
        "The notes credit pooling with location invariance. Moved to either side the pictures are recognised as well,"
        f" to {_POINTS_WORDS}, for up to {borne:g} of the input's {width} pixels"
    )
    if _still(found).all():
        return said + ": as far as was tried, this network does not mind where the figure is."
    return (
        f"{said}; {tried:g} pixels to the left leave {_percent(found.accuracy[0])}, to the right"
        f" {_percent(found.accuracy[-1])}, where part of a figure may have left the input. So it is not invariant to"
        " location. What pooling has to do with what it bears, only a network without it can tell."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
