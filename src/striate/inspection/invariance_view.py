"""The pictures and the words of `invariance`: predictions and accuracy under the five perturbations."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill, shorten

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from striate.inspection import plotting
from striate.inspection.invariance import Robustness, SweepResult
from striate.inspection.view import View
from striate.tables import Table, recipe_phrase

_SAME_CLASS, _OTHER_CLASS = plotting.COLOURS[1], plotting.COLOURS[3]
"""The colours of the unperturbed picture's class, and of another."""
_TOLERANCE, _TOLERANCE_IN_WORDS = 0.05, "5 points"
"""An accuracy that is lower by no more than this counts as equal."""


def sweep_figure(sweeps: Sequence[SweepResult], classes: Sequence[str]) -> Figure:
    """For each perturbation its pictures, framed by whether the class stays the same, above two classes' curves."""
    figure = plotting.new_figure(2.2 * len(sweeps) + 0.2, "One picture, perturbed, and its predictions")
    grid = figure.add_gridspec(2 * len(sweeps), 1, height_ratios=[1.3, 1] * len(sweeps))
    for number, sweep in enumerate(sweeps):
        _draw_pictures(figure.add_subplot(grid[2 * number]), sweep)
        _draw_curves(figure.add_subplot(grid[2 * number + 1]), sweep, classes)
    return figure


def sweep_view(sweeps: Sequence[SweepResult], classes: Sequence[str], name: str) -> View:
    """One picture, called `name`, under each perturbation."""
    own = classes[_original_class(sweeps[0])]
    probability = sweeps[0].probabilities[_neutral_index(sweeps[0]), _original_class(sweeps[0])]
    return View(
        name="invariance",
        title=f"Predictions for {name} under perturbations",
        paragraphs=(
            f"The prediction for {name} is {own}, probability {_percent(probability)}. It stays the same (blue frames)"
            " under "
            + "; ".join(_describe_span(sweep, classes) for sweep in sweeps)
            + ". In brackets: the prediction beyond (vermilion frames).",
            "A convolution finds a feature at any place, and a pooling window discards the place within it. Neither"
            " helps against another size or angle, or against noise: how much of these a network tolerates it has"
            " learned from its training pictures.",
        ),
        figure=sweep_figure(sweeps, classes),
        numbers={
            "class": own,
            "changes": [
                {
                    "name": sweep.perturbation.name,
                    "unit": sweep.perturbation.unit,
                    "amounts": list(sweep.amounts),
                    "probabilities": sweep.probabilities[:, _original_class(sweep)].tolist(),
                    "taken_for": [classes[index] for index in sweep.probabilities.argmax(axis=1)],
                }
                for sweep in sweeps
            ],
        },
    )


def robustness_figure(results: Sequence[Robustness], classes: int) -> Figure:
    """A panel of accuracy for each perturbation; above it the first image at the ends and in the middle."""
    figure = plotting.new_figure(3.3, f"Accuracy on {results[0].images:,} validation images, perturbed")
    axes = np.atleast_1d(figure.subplots(1, len(results), sharey=True))
    for number, (axis, result) in enumerate(zip(axes, results, strict=True)):
        plotting.label_axes(
            axis, f"{result.perturbation.name}\n{fill(result.perturbation.unit, 18)}", "accuracy" if number == 0 else ""
        )
        axis.plot(result.amounts, result.accuracy, "o-", color=_SAME_CLASS, markersize=3)
        axis.axhline(1 / classes, color="0.5", linestyle=":")
        axis.set_ylim(-0.02, 1.02)
        ends = (0, len(result.amounts) // 2, len(result.amounts) - 1)
        for place, index in enumerate(ends):
            inset = axis.inset_axes((place / 3 + 0.02, 1.05, 0.3, 0.3))
            plotting.show_picture(inset, result.example_NCHW[index])
        axis.set_xticks([result.amounts[index] for index in ends])
    axes[0].annotate(
        "chance", (0.03, 1 / classes), xycoords=("axes fraction", "data"), fontsize=plotting.SMALL, va="bottom"
    )
    return figure


def robustness_view(results: Sequence[Robustness], table: Table, dataset: str) -> View:
    """The accuracy on a set of images under each perturbation."""
    plain = results[0].accuracy[_neutral_index(results[0])]
    varied = "; ".join(map(recipe_phrase, table.recipe.augmentation))
    return View(
        name="invariance-of-accuracy",
        title=f"Accuracy on {dataset} under perturbations",
        paragraphs=(
            f"The accuracy of {table.name} on {results[0].images:,} validation images of {dataset} is"
            f" {_percent(plain)}. It stays within {_TOLERANCE_IN_WORDS} of that under "
            + "; ".join(_describe_range(result, _within_tolerance(result)) for result in results)
            + ". Above each curve: one of the images at the amounts that are labelled below it. Dotted: chance, with"
            f" {table.classes} classes.",
            *(_describe_location(result, table.input[2]) for result in results if result.perturbation.name == "shift"),
            (f"Its recipe augments the training pictures: {varied}." if varied else "Its recipe has no augmentation.")
            + " The authors of LeNet-5 estimate that it tolerates a scale of up to a factor of two, shifts of half the"
            " height of a digit, and rotations of 30 degrees (LeCun et al. 1998, section III.E).",
        ),
        figure=robustness_figure(results, table.classes),
        numbers={
            "images": results[0].images,
            "changes": [
                {
                    "name": result.perturbation.name,
                    "unit": result.perturbation.unit,
                    "amounts": list(result.amounts),
                    "accuracy": result.accuracy.tolist(),
                }
                for result in results
            ],
        },
        header=("perturbation", "unit", "amount: accuracy"),
        rows=[
            (
                result.perturbation.name,
                result.perturbation.unit,
                ", ".join(
                    f"{a:g}: {_percent(share)}" for a, share in zip(result.amounts, result.accuracy, strict=True)
                ),
            )
            for result in results
        ],
    )


def _draw_pictures(axis: Axes, sweep: SweepResult) -> None:
    """The pictures side by side, each above its amount on the axis below: in one axis, since 45 axes take seconds."""
    number, (height, width) = len(sweep.amounts), sweep.images_NCHW.shape[2:]
    side = _PICTURE_WIDTH * height / width
    for place, predicted in enumerate(sweep.probabilities.argmax(axis=1)):
        left = place - _PICTURE_WIDTH / 2
        plotting.show_picture(axis, sweep.images_NCHW[place]).set_extent((left, left + _PICTURE_WIDTH, 0, side))
        colour = _SAME_CLASS if predicted == _original_class(sweep) else _OTHER_CLASS
        axis.add_patch(
            Rectangle((left, 0), _PICTURE_WIDTH, side, fill=False, edgecolor=colour, linewidth=2, clip_on=False)
        )
    axis.set_aspect("equal")
    axis.set(xlim=(-0.5, number - 0.5), ylim=(0, side))


_PICTURE_WIDTH = 0.9
"""The width of a picture, relative to the distance between two."""


def _draw_curves(axis: Axes, sweep: SweepResult, classes: Sequence[str]) -> None:
    """The probability of the unperturbed picture's class, and of the strongest other one."""
    own, amounts = _original_class(sweep), np.array(sweep.amounts)
    others = sweep.probabilities.copy()
    others[:, own] = -1
    rival = int(others.max(axis=0).argmax())
    plotting.label_axes(axis, _label(sweep), "probability")
    for index, colour, mark in ((own, _SAME_CLASS, "o-"), (rival, _OTHER_CLASS, "s--")):
        label = fill(shorten(classes[index], 45, placeholder="..."), 16)
        axis.plot(amounts, sweep.probabilities[:, index], mark, color=colour, markersize=4, label=label)
    half = (amounts[1] - amounts[0]) / 2
    axis.set(ylim=(-0.08, 1.08), xticks=amounts, xlim=(amounts[0] - half, amounts[-1] + half))
    axis.legend(fontsize=plotting.SMALL, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _neutral_index(result: SweepResult | Robustness) -> int:
    return result.amounts.index(result.perturbation.neutral)


def _original_class(sweep: SweepResult) -> int:
    """The predicted class of the unperturbed picture."""
    return int(sweep.probabilities[_neutral_index(sweep)].argmax())


def _label(result: SweepResult | Robustness) -> str:
    return f"{result.perturbation.name}, {result.perturbation.unit}"


def _run_around(holds: NDArray[np.bool_], middle: int) -> tuple[int, int]:
    """The first and the last index of the run of true values around the middle."""
    first = last = middle
    while first > 0 and holds[first - 1]:
        first -= 1
    while last < len(holds) - 1 and holds[last + 1]:
        last += 1
    return first, last


def _describe_range(result: SweepResult | Robustness, holds: NDArray[np.bool_]) -> str:
    """The perturbation, with the range of amounts around the neutral one for which `holds` holds."""
    first, last = (result.amounts[place] for place in _run_around(holds, _neutral_index(result)))
    name, unit = result.perturbation.name, result.perturbation.unit
    if first == last:
        return f"{name} by none of the amounts"
    if result.amounts[0] == result.perturbation.neutral:
        return f"{name} up to {last:g} {unit}"
    return f"{name} from {first:g} to {last:g} {unit}"


def _describe_span(sweep: SweepResult, classes: Sequence[str]) -> str:
    """The range of amounts for which the class stays the same, and the predictions beyond it."""
    predicted = sweep.probabilities.argmax(axis=1)
    holds = predicted == _original_class(sweep)
    first, last = _run_around(holds, _neutral_index(sweep))
    beyond = [place for place in (first - 1, last + 1) if 0 <= place < len(predicted)]
    then = " and ".join(f"{classes[predicted[place]]} at {sweep.amounts[place]:g}" for place in beyond)
    return f"{_describe_range(sweep, holds)} ({then or 'all amounts'})"


def _within_tolerance(result: Robustness) -> NDArray[np.bool_]:
    """For which amounts the accuracy is within the tolerance of the unperturbed one (amounts,)."""
    within: NDArray[np.bool_] = result.accuracy >= result.accuracy[_neutral_index(result)] - _TOLERANCE
    return within


def _describe_location(result: Robustness, width: int) -> str:
    """Location invariance by the shifts, for an input so many pixels wide."""
    first, last = _run_around(_within_tolerance(result), _neutral_index(result))
    tolerated, largest = min(-result.amounts[first], result.amounts[last]), max(result.amounts)
    text = (
        "The notes say that pooling gives location invariance. With shifts to either side the accuracy stays within"
        f" {_TOLERANCE_IN_WORDS} for up to {tolerated:g} of the input's {width} pixels"
    )
    if _within_tolerance(result).all():
        return text + ": within the amounts tried, the network is invariant to the location."
    return (
        f"{text}; {largest:g} pixels to the left leave {_percent(result.accuracy[0])}, to the right"
        f" {_percent(result.accuracy[-1])}, where part of a figure may be outside the input. So it is not invariant to"
        " location. How much of this is due to pooling, only a network without it can show."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
