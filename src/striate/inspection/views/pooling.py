"""What pooling buys: costs side by side, accuracy when pictures are moved, and one map as both poolings keep it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from striate.analysis import Report
from striate.inspection.pooling import Pooling, SavedBytes, Timing, Variant
from striate.inspection.pooling_variants import KINDS, Kind, pooling_rows
from striate.inspection.views import style
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_COLOURS: Mapping[Kind, str] = {"max": style.COLOURS[1], "average": style.COLOURS[0], "none": style.COLOURS[3]}
_MARKS: Mapping[Kind, str] = {"max": "o-", "average": "s--", "none": "^:"}
_POINTS = 0.05
"""Accuracies on pictures that are not moved may be so far apart for what becomes of them to be compared."""
_LABELS: Mapping[Kind, str] = {"max": "max pooling", "average": "average pooling", "none": "no pooling"}
_COSTS: Mapping[str, Callable[[Variant], float]] = {
    "parameters": lambda variant: variant.parameters,
    "multiply-adds\nof an image": lambda variant: variant.report.total.macs,
    "memory for\na training step": lambda variant: variant.report.training_memory,
    "kept for the\nway back (measured)": lambda variant: variant.kept_bytes,
    "memory for\ninference": lambda variant: variant.report.inference_memory,
    "time of a training\nstep (measured)": lambda variant: variant.step.median,
    "time of inference\n(measured)": lambda variant: variant.image.median,
}


def pooling_figure(found: Pooling) -> Figure:
    """Above, a map before and after both poolings; below, costs over max pooling's, and accuracy over shifts."""
    figure = style.new_figure(6.6, f"{found.table.name} on {found.dataset}: with max pooling, average pooling, none")
    grid = figure.add_gridspec(2, 1, height_ratios=[1, 1.6])
    above, below = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    _draw_kept(above, found.kept)
    costs, moved = below.subplots(1, 2, width_ratios=[1.25, 1])
    _draw_costs(costs, found)
    _draw_moved(moved, found)
    return figure


def pooling_view(found: Pooling) -> View:
    """The three variants against each of the notes' claims for pooling."""
    images = found.variants["max"].moved.images
    return View(
        name="pooling",
        title="What pooling buys",
        words=(
            _parameters(found),
            _costs(found),
            _overfitting(found),
            _location(found),
            _strong_and_mean(found.kept),
            f"One training of each: seed {found.recipe.seed}, epochs {found.recipe.epochs}, one recipe for all (AdamW,"
            f" rate {found.recipe.learning_rate:g}), for the table's own suits its own pooling. Another seed gives"
            f" other accuracies. Chance: two standard errors of a difference between shares of {images:,} pictures, a"
            " wide bound where the pictures are the same.",
        ),
        figure=pooling_figure(found),
        numbers={
            "dataset": found.dataset,
            "epochs": found.recipe.epochs,
            "batch_size": found.recipe.batch_size,
            "variants": {kind: _numbers(variant) for kind, variant in found.variants.items()},
        },
        header=("", *(_LABELS[kind] for kind in KINDS)),
        lines=[(name, *(text(found.variants[kind]) for kind in KINDS)) for name, text in _lines(found).items()],
    )


def _lines(found: Pooling) -> dict[str, Callable[[Variant], str]]:
    batch = f"batch of {found.recipe.batch_size}"
    return {
        "parameters": lambda variant: f"{variant.parameters:,}",
        "multiply-adds of an image": lambda variant: f"{variant.report.total.macs:,}",
        f"memory for a training step, {batch}": lambda variant: _bytes(variant.report.training_memory),
        f"kept for the way back, {batch}, measured": lambda variant: _bytes(variant.kept_bytes),
        f"memory for inference, {batch}": lambda variant: _bytes(variant.report.inference_memory),
        f"training step, {batch}: median (quartiles)": lambda variant: _time(variant.step),
        "inference of an image, in a batch of 32: median (quartiles)": lambda variant: _time(variant.image),
        "accuracy on pictures trained on": lambda variant: _percent(variant.train_accuracy),
        "accuracy on held-out pictures": lambda variant: _percent(variant.moved.accuracy[0]),
        "mean over those moved": lambda variant: _percent(_mean_moved(variant)),
    }


def _numbers(variant: Variant) -> dict[str, object]:
    return {
        "parameters": variant.parameters,
        "macs": variant.report.total.macs,
        "train_memory_bytes": variant.report.training_memory,
        "inference_memory_bytes": variant.report.inference_memory,
        "kept_bytes": variant.kept_bytes,
        "step_seconds": {"median": variant.step.median, "quartiles": [variant.step.low, variant.step.high]},
        "image_seconds": {"median": variant.image.median, "quartiles": [variant.image.low, variant.image.high]},
        "train_accuracy": variant.train_accuracy,
        "moved": {"pixels": list(variant.moved.amounts), "accuracy": variant.moved.accuracy.tolist()},
    }


def _draw_kept(figure: SubFigure, kept: SavedBytes) -> None:
    axes = figure.subplots(1, 4)
    style.show_picture(axes[0], kept.picture_CHW)
    axes[0].set_title("the picture", y=1, fontsize=style.TEXT)
    maps = {
        f"map {kept.map} before {kept.path}": kept.before_HW,
        "max pooling": kept.max_HW,
        "average pooling": kept.average_HW,
    }
    least, most = (pick(map_HW) for pick, map_HW in ((np.min, kept.before_HW), (np.max, kept.before_HW)))
    for axis, (title, map_HW) in zip(axes[1:], maps.items(), strict=True):
        image = axis.imshow(map_HW, cmap=style.MAGNITUDE, vmin=least, vmax=most, interpolation="nearest")
        axis.set_axis_off()
        size = "×".join(map(str, map_HW.shape))
        axis.set_title(
            f"{title}, {size}\nlargest {map_HW.max():.2f}, mean {map_HW.mean():.2f}", y=1, fontsize=style.TEXT
        )
    figure.colorbar(image, ax=axes[1:], shrink=0.8).ax.tick_params(labelsize=style.SMALL)


def _draw_costs(axis: Axes, found: Pooling) -> None:
    """A pair of bars for each cost, from that with max pooling to that without or with average pooling."""
    kinds: tuple[Kind, ...] = ("average", "none")
    for number, kind in enumerate(kinds):
        ratios = [cost(found.variants[kind]) / cost(found.variants["max"]) for cost in _COSTS.values()]
        places = np.arange(len(ratios)) + 0.4 * (number - 0.5)
        axis.barh(places, np.array(ratios) - 1, 0.4, left=1, color=_COLOURS[kind])
        for place, ratio in zip(places, ratios, strict=True):
            text, end = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}", (max(1.0, ratio), place)
            axis.annotate(text, end, xytext=(3, 0), textcoords="offset points", va="center", fontsize=style.SMALL)
    axis.axvline(1, color=_COLOURS["max"], linewidth=1.5)
    style.label_axes(axis, "times that with max pooling", "", "Costs")
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.margins(x=0.14)
    axis.set_yticks(range(len(_COSTS)), list(_COSTS), fontsize=style.SMALL)
    axis.invert_yaxis()


def _draw_moved(axis: Axes, found: Pooling) -> None:
    for kind, variant in found.variants.items():
        axis.plot(
            variant.moved.amounts, variant.moved.accuracy, _MARKS[kind], color=_COLOURS[kind], label=_LABELS[kind]
        )
    axis.axhline(1 / found.variants["max"].report.table.classes, color="0.5", linestyle=":", label="chance")
    images = found.variants["max"].moved.images
    style.label_axes(axis, "moved by pixels", "share recognised", f"Accuracy on {images:,} held-out images")
    axis.set_ylim(-0.02, 1.02)
    axis.legend(fontsize=style.SMALL)


def _parameters(found: Pooling) -> str:
    pooled, bare = found.variants["max"], found.variants["none"]
    pooling = pooling_rows(found.table.plan())
    rows = " and ".join(pooling) if len(pooling) < 4 else "the pooling rows"
    if pooled.parameters == bare.parameters:
        return (
            f"The notes say that pooling means fewer parameters. Here it does not: {pooled.parameters:,} with it and"
            " without, for no row behind it has a weight for each place of a map."
        )
    path, before, after = _grown(pooled.report, bare.report)
    return (
        f"The notes say that pooling means fewer parameters. Without {rows} the network has"
        f" {_times(bare.parameters, pooled.parameters)} as many, {bare.parameters:,} rather than {pooled.parameters:,}."
        f" Pooling has none to speak of: row {path} sees larger maps and has {after:,} rather than {before:,}."
    )


def _grown(pooled: Report, bare: Report) -> tuple[str, int, int]:
    """The row that has most parameters more without pooling, and how many with and without."""
    before = {row.step.path: row.cost.parameters for row in pooled.rows}
    after = {row.step.path: row.cost.parameters for row in bare.rows}
    path = max(after, key=lambda path: after[path] - before[path])
    return path, before[path], after[path]


def _costs(found: Pooling) -> str:
    pooled, mean, bare = (found.variants[kind] for kind in KINDS)
    kept = f"{_bytes(pooled.kept_bytes)} with max pooling, {_bytes(mean.kept_bytes)} with average"
    places = " (max pooling also keeps where the largest value was)" if pooled.kept_bytes > mean.kept_bytes else ""
    return (
        "Less computation and memory: without pooling an image takes"
        f" {_times(bare.report.total.macs, pooled.report.total.macs)} the multiply-adds. Measured, a training step"
        f" takes {_times(bare.step.median, pooled.step.median)} the time, and an image's inference"
        f" {_times(bare.image.median, pooled.image.median)}. Of a batch of {found.recipe.batch_size} torch keeps {kept}"
        f"{places}, {_bytes(bare.kept_bytes)} with none."
    )


def _overfitting(found: Pooling) -> str:
    pooled, bare = found.variants["max"], found.variants["none"]
    parts = [
        f"{_percent(variant.train_accuracy)} and {_percent(variant.moved.accuracy[0])} ({_LABELS[kind]})"
        for kind, variant in found.variants.items()
    ]
    said = f"Overfitting: recognised are, of pictures trained on and of held-out ones, {', '.join(parts)}."
    if not _comparable(found):
        return said + " They have not learned equally much yet, so that their gaps tell nothing; take more epochs."
    wider = bare.train_accuracy - bare.moved.accuracy[0] - (pooled.train_accuracy - pooled.moved.accuracy[0])
    chance = _chance(found, pooled.moved.accuracy[0], bare.moved.accuracy[0])
    claim = "that speaks for the notes' claim" if wider > chance else "no sign that pooling keeps from overfitting here"
    return f"{said} The gap without pooling is {_apart(wider, 'wider', 'narrower', chance)}: {claim}."


def _location(found: Pooling) -> str:
    pooled, mean, bare = (found.variants[kind] for kind in KINDS)
    parts = [
        f"from {_percent(variant.moved.accuracy[0])} to {_percent(_mean_moved(variant))} ({_LABELS[kind]})"
        for kind, variant in found.variants.items()
    ]
    said = (
        f"Location invariance: moved by {pooled.moved.amounts[1]:g} to {pooled.moved.amounts[-1]:g} pixels, in the"
        f" mean, accuracy falls {', '.join(parts)}."
    )
    if not _comparable(found):
        return said + " They fall from different heights, so that this tells nothing of pooling; take more epochs."
    further, with_mean = _fall(bare) - _fall(pooled), _fall(mean) - _fall(pooled)
    chance = _chance(found, _mean_moved(pooled), _mean_moved(bare))
    chance_of_mean = _chance(found, _mean_moved(pooled), _mean_moved(mean))
    claim = "pooling helps against shifts" if further > chance else "no sign that pooling helps against shifts here"
    return (
        f"{said} Beside max pooling the fall without pooling is {_apart(further, 'larger', 'smaller', chance)}, with"
        f" average pooling {_apart(with_mean, 'larger', 'smaller', chance_of_mean)}: {claim}, and none of the three is"
        " invariant where its curve falls."
    )


def _strong_and_mean(kept: SavedBytes) -> str:
    before, most, mean = kept.before_HW, kept.max_HW, kept.average_HW
    return (
        f"Max pooling remembers the strong stimulus, average pooling the mean: map {kept.map} before {kept.path} has at"
        f" most {before.max():.2f}, of which max pooling keeps {most.max():.2f}, average pooling {mean.max():.2f}. Its"
        f" mean is {before.mean():.2f}, which average pooling leaves at {mean.mean():.2f} and max pooling makes"
        f" {most.mean():.2f}."
    )


def _apart(difference: float, more: str, less: str, chance: float) -> str:
    """A difference of accuracies in words, and whether it is more than chance."""
    judged = "beyond" if abs(difference) > chance else "within"
    return (
        f"{100 * abs(difference):.1f} points {more if difference > 0 else less} ({judged} chance, {100 * chance:.1f})"
    )


def _comparable(found: Pooling) -> bool:
    """Whether all have learned about as much: else an accuracy that is low anyhow falls least."""
    unmoved = [variant.moved.accuracy[0] for variant in found.variants.values()]
    return bool(max(unmoved) - min(unmoved) <= _POINTS)


def _chance(found: Pooling, *shares: float) -> float:
    """Two standard errors of the difference between two shares of as many images."""
    return 2 * sqrt(sum(share * (1 - share) for share in shares) / found.variants["max"].moved.images)


def _fall(variant: Variant) -> float:
    return float(variant.moved.accuracy[0]) - _mean_moved(variant)


def _mean_moved(variant: Variant) -> float:
    return float(variant.moved.accuracy[1:].mean())


def _times(more: float, less: float) -> str:
    return f"{more / less:.3g} times"


def _bytes(number: int) -> str:
    return f"{number / 2**20:.3g} MiB"


def _time(timing: Timing) -> str:
    median, low, high = (
        f"{1e3 * seconds:.3g}" if seconds < 1 else f"{1e3 * seconds:,.0f}"
        for seconds in (timing.median, timing.low, timing.high)
    )
    return f"{median} ms ({low} to {high})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
