"""The picture and the words of `compare_pooling`: costs, accuracy under shifts, and one map pooled in both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from striate.analysis import Report
from striate.inspection import plotting
from striate.inspection.pooling_comparison import PooledMap, PoolingComparison, PoolingVariant, Timing
from striate.inspection.pooling_variants import POOLING_KINDS, PoolingKind, pooling_rows
from striate.inspection.view import View

_COLOURS: Mapping[PoolingKind, str] = {
    "max": plotting.COLOURS[1],
    "average": plotting.COLOURS[0],
    "none": plotting.COLOURS[3],
}
_MARKS: Mapping[PoolingKind, str] = {"max": "o-", "average": "s--", "none": "^:"}
_MAX_GAP = 0.05
"""Accuracies on unshifted pictures may differ by so much if their falls under shifts are to be compared."""
_LABELS: Mapping[PoolingKind, str] = {"max": "max pooling", "average": "average pooling", "none": "no pooling"}
_COSTS: Mapping[str, Callable[[PoolingVariant], float]] = {
    "parameters": lambda variant: variant.parameters,
    "multiply-adds\nof an image": lambda variant: variant.report.total.macs,
    "memory for\na training step": lambda variant: variant.report.training_memory,
    "saved for the\nbackward pass (measured)": lambda variant: variant.saved_bytes,
    "memory for\ninference": lambda variant: variant.report.inference_memory,
    "time of a training\nstep (measured)": lambda variant: variant.step_time.median,
    "time of inference\n(measured)": lambda variant: variant.image_time.median,
}


def pooling_comparison_figure(comparison: PoolingComparison) -> Figure:
    """Above, a map before and after both poolings; below, costs relative to max pooling, and accuracy over shifts."""
    figure = plotting.new_figure(
        6.6, f"{comparison.table.name} on {comparison.dataset}: max pooling, average pooling, no pooling"
    )
    grid = figure.add_gridspec(2, 1, height_ratios=[1, 1.6])
    above, below = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    _draw_pooled_map(above, comparison.example)
    costs, shifted = below.subplots(1, 2, width_ratios=[1.25, 1])
    _draw_costs(costs, comparison)
    _draw_shifted(shifted, comparison)
    return figure


def pooling_comparison_view(comparison: PoolingComparison) -> View:
    """The three variants compared with each of the notes' claims on pooling."""
    images = comparison.variants["max"].shifted.images
    return View(
        name="pooling",
        title="The effect of pooling",
        paragraphs=(
            _describe_parameters(comparison),
            _describe_costs(comparison),
            _describe_overfitting(comparison),
            _describe_location(comparison),
            _describe_pooled_map(comparison.example),
            f"One training of each: seed {comparison.recipe.seed}, epochs {comparison.recipe.epochs}, one recipe for"
            f" all (AdamW, learning rate {comparison.recipe.learning_rate:g}), since the table's own suits its own"
            " pooling. Another seed gives other accuracies. Chance: two standard errors of a difference between"
            f" shares of {images:,} pictures, which is more than enough where the pictures are the same.",
        ),
        figure=pooling_comparison_figure(comparison),
        numbers={
            "dataset": comparison.dataset,
            "epochs": comparison.recipe.epochs,
            "batch_size": comparison.recipe.batch_size,
            "variants": {kind: _numbers(variant) for kind, variant in comparison.variants.items()},
        },
        header=("", *(_LABELS[kind] for kind in POOLING_KINDS)),
        rows=[
            (name, *(text(comparison.variants[kind]) for kind in POOLING_KINDS))
            for name, text in _table_rows(comparison).items()
        ],
    )


def _table_rows(comparison: PoolingComparison) -> dict[str, Callable[[PoolingVariant], str]]:
    batch = f"batch of {comparison.recipe.batch_size}"
    return {
        "parameters": lambda variant: f"{variant.parameters:,}",
        "multiply-adds of an image": lambda variant: f"{variant.report.total.macs:,}",
        f"memory for a training step, {batch}": lambda variant: _bytes(variant.report.training_memory),
        f"saved for the backward pass, {batch}, measured": lambda variant: _bytes(variant.saved_bytes),
        f"memory for inference, {batch}": lambda variant: _bytes(variant.report.inference_memory),
        f"training step, {batch}: median (quartiles)": lambda variant: _time(variant.step_time),
        "inference of an image, in a batch of 32: median (quartiles)": lambda variant: _time(variant.image_time),
        "accuracy on training pictures": lambda variant: _percent(variant.train_accuracy),
        "accuracy on validation pictures": lambda variant: _percent(variant.shifted.accuracy[0]),
        "mean over shifted ones": lambda variant: _percent(_mean_shifted(variant)),
    }


def _numbers(variant: PoolingVariant) -> dict[str, object]:
    return {
        "parameters": variant.parameters,
        "macs": variant.report.total.macs,
        "train_memory_bytes": variant.report.training_memory,
        "inference_memory_bytes": variant.report.inference_memory,
        "kept_bytes": variant.saved_bytes,
        "step_seconds": {
            "median": variant.step_time.median,
            "quartiles": [variant.step_time.low, variant.step_time.high],
        },
        "image_seconds": {
            "median": variant.image_time.median,
            "quartiles": [variant.image_time.low, variant.image_time.high],
        },
        "train_accuracy": variant.train_accuracy,
        "moved": {"pixels": list(variant.shifted.amounts), "accuracy": variant.shifted.accuracy.tolist()},
    }


def _draw_pooled_map(figure: SubFigure, example: PooledMap) -> None:
    axes = figure.subplots(1, 4)
    plotting.show_picture(axes[0], example.fitted_CHW)
    axes[0].set_title("the picture", y=1, fontsize=plotting.TEXT)
    maps = {
        f"map {example.map} before {example.path}": example.before_HW,
        "max pooling": example.max_HW,
        "average pooling": example.average_HW,
    }
    least, most = (pick(map_HW) for pick, map_HW in ((np.min, example.before_HW), (np.max, example.before_HW)))
    for axis, (title, map_HW) in zip(axes[1:], maps.items(), strict=True):
        image = axis.imshow(map_HW, cmap=plotting.MAGNITUDE, vmin=least, vmax=most, interpolation="nearest")
        axis.set_axis_off()
        size = "×".join(map(str, map_HW.shape))
        axis.set_title(
            f"{title}, {size}\nlargest {map_HW.max():.2f}, mean {map_HW.mean():.2f}", y=1, fontsize=plotting.TEXT
        )
    figure.colorbar(image, ax=axes[1:], shrink=0.8).ax.tick_params(labelsize=plotting.SMALL)


def _draw_costs(axis: Axes, comparison: PoolingComparison) -> None:
    """A pair of bars for each cost: without pooling and with average pooling, relative to max pooling."""
    kinds: tuple[PoolingKind, ...] = ("average", "none")
    for number, kind in enumerate(kinds):
        ratios = [cost(comparison.variants[kind]) / cost(comparison.variants["max"]) for cost in _COSTS.values()]
        places = np.arange(len(ratios)) + 0.4 * (number - 0.5)
        axis.barh(places, np.array(ratios) - 1, 0.4, left=1, color=_COLOURS[kind])
        for place, ratio in zip(places, ratios, strict=True):
            text, end = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}", (max(1.0, ratio), place)
            axis.annotate(text, end, xytext=(3, 0), textcoords="offset points", va="center", fontsize=plotting.SMALL)
    axis.axvline(1, color=_COLOURS["max"], linewidth=1.5)
    plotting.label_axes(axis, "relative to max pooling", "", "Costs")
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.margins(x=0.14)
    axis.set_yticks(range(len(_COSTS)), list(_COSTS), fontsize=plotting.SMALL)
    axis.invert_yaxis()


def _draw_shifted(axis: Axes, comparison: PoolingComparison) -> None:
    for kind, variant in comparison.variants.items():
        axis.plot(
            variant.shifted.amounts, variant.shifted.accuracy, _MARKS[kind], color=_COLOURS[kind], label=_LABELS[kind]
        )
    axis.axhline(1 / comparison.variants["max"].report.table.classes, color="0.5", linestyle=":", label="chance")
    images = comparison.variants["max"].shifted.images
    plotting.label_axes(axis, "shift in pixels", "accuracy", f"Accuracy on {images:,} validation images")
    axis.set_ylim(-0.02, 1.02)
    axis.legend(fontsize=plotting.SMALL)


def _describe_parameters(comparison: PoolingComparison) -> str:
    pooled, unpooled = comparison.variants["max"], comparison.variants["none"]
    pooling = pooling_rows(comparison.table.plan())
    rows = " and ".join(pooling) if len(pooling) < 4 else "the pooling rows"
    if pooled.parameters == unpooled.parameters:
        return (
            f"The notes say that pooling means fewer parameters. Here it does not: {pooled.parameters:,} with it and"
            " without, since no row after it has a weight for each place of a map."
        )
    path, before, after = _largest_growth(pooled.report, unpooled.report)
    return (
        f"The notes say that pooling means fewer parameters. Without {rows} the network has"
        f" {_times(unpooled.parameters, pooled.parameters)} as many, {unpooled.parameters:,} instead of"
        f" {pooled.parameters:,}. Pooling itself has almost none: row {path} gets larger maps and has {after:,}"
        f" instead of {before:,}."
    )


def _largest_growth(pooled: Report, unpooled: Report) -> tuple[str, int, int]:
    """The row whose parameters grow most without pooling; its parameters with pooling, and without."""
    before = {row.step.path: row.cost.parameters for row in pooled.rows}
    after = {row.step.path: row.cost.parameters for row in unpooled.rows}
    path = max(after, key=lambda path: after[path] - before[path])
    return path, before[path], after[path]


def _describe_costs(comparison: PoolingComparison) -> str:
    pooled, mean, unpooled = (comparison.variants[kind] for kind in POOLING_KINDS)
    saved = f"{_bytes(pooled.saved_bytes)} with max pooling, {_bytes(mean.saved_bytes)} with average"
    places = " (max pooling also saves the place of the largest value)" if pooled.saved_bytes > mean.saved_bytes else ""
    return (
        "Less computation and memory: without pooling an image takes"
        f" {_times(unpooled.report.total.macs, pooled.report.total.macs)} the multiply-adds. Measured, a training step"
        f" takes {_times(unpooled.step_time.median, pooled.step_time.median)} the time, and an image's inference"
        f" {_times(unpooled.image_time.median, pooled.image_time.median)}. Of a batch of"
        f" {comparison.recipe.batch_size} torch saves {saved}{places}, {_bytes(unpooled.saved_bytes)} without pooling."
    )


def _describe_overfitting(comparison: PoolingComparison) -> str:
    pooled, unpooled = comparison.variants["max"], comparison.variants["none"]
    parts = [
        f"{_percent(variant.train_accuracy)} and {_percent(variant.shifted.accuracy[0])} ({_LABELS[kind]})"
        for kind, variant in comparison.variants.items()
    ]
    text = f"Overfitting: accuracy on training and on validation pictures: {', '.join(parts)}."
    if not _comparable(comparison):
        return text + " They have not learned equally much yet, so that their gaps show nothing; use more epochs."
    wider = (
        unpooled.train_accuracy - unpooled.shifted.accuracy[0] - (pooled.train_accuracy - pooled.shifted.accuracy[0])
    )
    chance = _chance(comparison, pooled.shifted.accuracy[0], unpooled.shifted.accuracy[0])
    claim = "this supports the notes' claim" if wider > chance else "no sign that pooling reduces overfitting here"
    return f"{text} The gap without pooling is {_describe_difference(wider, 'wider', 'narrower', chance)}: {claim}."


def _describe_location(comparison: PoolingComparison) -> str:
    pooled, mean, unpooled = (comparison.variants[kind] for kind in POOLING_KINDS)
    parts = [
        f"from {_percent(variant.shifted.accuracy[0])} to {_percent(_mean_shifted(variant))} ({_LABELS[kind]})"
        for kind, variant in comparison.variants.items()
    ]
    text = (
        f"Location invariance: under shifts of {pooled.shifted.amounts[1]:g} to {pooled.shifted.amounts[-1]:g} pixels"
        f" the mean accuracy falls {', '.join(parts)}."
    )
    if not _comparable(comparison):
        return text + " They fall from different levels, so that this shows nothing about pooling; use more epochs."
    further, with_mean = (
        _accuracy_drop(unpooled) - _accuracy_drop(pooled),
        _accuracy_drop(mean) - _accuracy_drop(pooled),
    )
    chance = _chance(comparison, _mean_shifted(pooled), _mean_shifted(unpooled))
    chance_of_mean = _chance(comparison, _mean_shifted(pooled), _mean_shifted(mean))
    claim = "pooling helps against shifts" if further > chance else "no sign that pooling helps against shifts here"
    return (
        f"{text} Compared with max pooling the fall without pooling is"
        f" {_describe_difference(further, 'larger', 'smaller', chance)}, with average pooling"
        f" {_describe_difference(with_mean, 'larger', 'smaller', chance_of_mean)}: {claim}. None of the three is"
        " invariant where its curve falls."
    )


def _describe_pooled_map(example: PooledMap) -> str:
    before, most, mean = example.before_HW, example.max_HW, example.average_HW
    return (
        f"Max pooling keeps the strong stimulus, average pooling the mean: map {example.map} before {example.path} is"
        f" at most {before.max():.2f}, after max pooling {most.max():.2f}, after average pooling {mean.max():.2f}. Its"
        f" mean is {before.mean():.2f}, after average pooling {mean.mean():.2f}, after max pooling {most.mean():.2f}."
    )


def _describe_difference(difference: float, more: str, less: str, chance: float) -> str:
    """A difference of accuracies in words, and whether it is beyond chance."""
    judged = "beyond" if abs(difference) > chance else "within"
    return (
        f"{100 * abs(difference):.1f} points {more if difference > 0 else less} ({judged} chance, {100 * chance:.1f})"
    )


def _comparable(comparison: PoolingComparison) -> bool:
    """Whether all have learned about equally much: an accuracy that is low anyway falls less."""
    unmoved = [variant.shifted.accuracy[0] for variant in comparison.variants.values()]
    return bool(max(unmoved) - min(unmoved) <= _MAX_GAP)


def _chance(comparison: PoolingComparison, *shares: float) -> float:
    """Two standard errors of the difference between two shares of as many images."""
    return 2 * sqrt(sum(share * (1 - share) for share in shares) / comparison.variants["max"].shifted.images)


def _accuracy_drop(variant: PoolingVariant) -> float:
    return float(variant.shifted.accuracy[0]) - _mean_shifted(variant)


def _mean_shifted(variant: PoolingVariant) -> float:
    return float(variant.shifted.accuracy[1:].mean())


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
