"""The pictures and the words of `replay`: filters, maps, tuning and answers along a training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

from striate.inspection.filters import Floats
from striate.inspection.plotting import COLOURS, MAGNITUDE, SMALL, TEXT, WIDTH, label_axes, new_figure, show_picture
from striate.inspection.replay import FirstConvolution, Replay, settled_at, share_of_change
from striate.inspection.tiles import number_tiles, show_rgb_tiles, show_tiles
from striate.inspection.tuning import selective_share
from striate.inspection.view import View
from striate.text import printable, shorten

_MAX_MAPS, _MAX_UNITS, _MAX_CLASSES, _MAX_NAMES = 16, 6, 6, 9
"""The most maps in a row, units with a tuning curve, classes with a line, and steps that a scale names."""


def replay_views(replay: Replay) -> Iterator[View]:
    """Four views of a replay: the first filters, their maps and their tuning, and the answers, along the training; the
    last alone if the network has no convolution."""
    first = [frame.first for frame in replay.frames if frame.first is not None]
    if first:
        yield _kernels_view(replay, first)
        yield _maps_view(replay, first)
        yield _tuning_view(replay, first)
    yield _answers_view(replay)


def _steps(replay: Replay) -> list[int]:
    return [frame.step for frame in replay.frames]


def _kernels_view(replay: Replay, first: Sequence[FirstConvolution]) -> View:
    path, steps, shares = first[0].path, _steps(replay), share_of_change(replay.frames)
    half = steps[int((shares >= 0.5).argmax())]
    paragraphs = [
        f"The kernels of {path} at {len(steps)} moments of the training, a row for each, with the number of steps that"
        " were done; 0 is the initialization. All are drawn on one scale.",
        f"Measured by their distance from the first row's weights, half of the way to the last row's is done after"
        f" {half:,} of {steps[-1]:,} steps.",
        *_describe_choice(first[0].kernels, "kernels"),
    ]
    numbers = {"path": path, "steps": steps, "changed": shares.tolist()}
    title = f"The kernels of {path} along the training"
    return View("replay-kernels", title, tuple(paragraphs), _kernels_figure(steps, first), numbers)


def _maps_view(replay: Replay, first: Sequence[FirstConvolution]) -> View:
    path, steps = first[0].path, _steps(replay)
    tiles_RCHW = np.stack([one.maps[:_MAX_MAPS] for one in first])
    paragraphs = [
        f"The maps of {path} for {_picture(replay)}, after the same steps; the picture is always the same, so what"
        " changes is the kernels. All are drawn on one scale.",
        *_describe_choice(first[0].maps, "maps"),
    ]
    signed = bool(tiles_RCHW.min() < 0)
    figure = _new_sheet(tiles_RCHW)
    axis = figure.subplots()
    bar = figure.colorbar(show_tiles(axis, tiles_RCHW, signed=signed), ax=axis, shrink=0.6, pad=0.02, aspect=25)
    bar.set_label("value", fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    _number_sheet(axis, tiles_RCHW, steps, f"map of {path}")
    numbers = {"path": path, "steps": steps, "largest": [float(one.maps.max()) for one in first]}
    return View("replay-maps", f"The maps of {path} along the training", tuple(paragraphs), figure, numbers)


def _tuning_view(replay: Replay, first: Sequence[FirstConvolution]) -> View:
    path, steps = first[0].path, _steps(replay)
    units = clearest_units(first[-1])
    shares = [selective_share(one.tuning.selectivity) for one in first]
    count = len(first[0].tuning.selectivity)
    paragraphs = (
        f"The orientation tuning of {path}: the response of a unit to gratings of each orientation, with a curve for"
        f" each snapshot, the lighter the later. Shown are the {len(units)} units with the clearest tuning at the end.",
        f"Of {count} units {shares[0]:.0%} are selective at the first snapshot and {shares[-1]:.0%} at the last;"
        " selective is a unit whose 1 minus circular variance is at least 1/3.",
    )
    numbers = {
        "path": path,
        "steps": steps,
        "units": units,
        "share": shares,
        "selectivity": [one.tuning.selectivity[units].tolist() for one in first],
    }
    figure = _tuning_figure(steps, first, units)
    return View("replay-tuning", f"The orientation tuning of {path} along the training", paragraphs, figure, numbers)


def clearest_units(first: FirstConvolution) -> list[int]:
    """A few units with the longest resultants of their tuning curves, the longest first."""
    tuning = first.tuning
    length = tuning.selectivity * tuning.responses.sum(axis=1)
    ranked: list[int] = np.argsort(-length, kind="stable")[:_MAX_UNITS].tolist()
    return ranked


def _answers_view(replay: Replay) -> View:
    steps, last = _steps(replay), replay.frames[-1].probabilities
    answer, since = replay.classes[int(last.argmax())], settled_at(replay.frames)
    initial = replay.frames[0].probabilities
    paragraphs = (
        f"The class probabilities for {_picture(replay)}. At the first snapshot the most probable class is"
        f" “{replay.classes[int(initial.argmax())]}” ({initial.max():.1%}), at the last “{answer}” ({last.max():.1%});"
        f" that is the prediction from the snapshot of step {since:,} on.",
        "This is one picture: how many are classified correctly is in the run's curves.",
    )
    rows = [
        (f"{frame.step:,}", replay.classes[int(frame.probabilities.argmax())], f"{frame.probabilities.max():.1%}")
        for frame in replay.frames
    ]
    numbers: dict[str, Any] = {
        "steps": steps,
        "label": replay.label or None,
        "classes": list(replay.classes),
        "probabilities": [frame.probabilities.tolist() for frame in replay.frames],
    }
    return View(
        "replay-answers",
        "The answers along the training",
        paragraphs,
        _answers_figure(replay, steps),
        numbers,
        ("step", "prediction", "probability"),
        rows,
    )


def _picture(replay: Replay) -> str:
    name = "a validation picture" if replay.label else replay.sample.name
    return f"{name} of class “{replay.label}”" if replay.label else name


def _describe_choice(values: Floats, what: str) -> list[str]:
    return [f"Shown are the first {_MAX_MAPS} of {len(values)} {what}."] if len(values) > _MAX_MAPS else []


def _kernels_figure(steps: Sequence[int], first: Sequence[FirstConvolution]) -> Figure:
    """A row of kernels for each step; over three input maps in colour, over others their sum."""
    kernels_RKCHW = np.stack([one.kernels[:_MAX_MAPS] for one in first])
    colour = kernels_RKCHW.shape[2] == 3
    tiles_RCHW = kernels_RKCHW[:, :, 0] if colour else kernels_RKCHW.sum(axis=2)
    figure = _new_sheet(tiles_RCHW)
    axis = figure.subplots()
    if colour:
        scale = show_rgb_tiles(axis, kernels_RKCHW)
        axis.set_title(f"red, green and blue; gray is 0, full colour ±{scale:.3g}", fontsize=TEXT, loc="left")
    else:
        bar = figure.colorbar(show_tiles(axis, tiles_RCHW), ax=axis, shrink=0.6, pad=0.02, aspect=25)
        bar.set_label("weight", fontsize=TEXT)
        bar.ax.tick_params(labelsize=SMALL)
    _number_sheet(axis, tiles_RCHW, steps, f"kernel of {first[0].path}")
    return figure


def _new_sheet(tiles_RCHW: Floats) -> Figure:
    """An empty figure for these tiles, a row for each step."""
    rows, columns, height, width = tiles_RCHW.shape
    tile = min(0.75, (WIDTH - 1.8) / columns)
    return new_figure(0.9 + rows * tile * height / width, width=min(WIDTH, max(4.5, 1.8 + columns * tile)))


def _number_sheet(axis: Axes, tiles_RCHW: Floats, steps: Sequence[int], columns: str) -> None:
    number_tiles(axis, tiles_RCHW, rows=[f"{step:,}" for step in steps], columns=range(tiles_RCHW.shape[1]))
    axis.set_ylabel("step", fontsize=TEXT)
    axis.set_xlabel(columns, fontsize=TEXT)


def _tuning_figure(steps: Sequence[int], first: Sequence[FirstConvolution], units: Sequence[int]) -> Figure:
    """A panel for each unit with a curve for each step."""
    columns = min(3, len(units))
    rows = -(-len(units) // columns)
    figure = new_figure(0.6 + 2.1 * rows)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    shades = colormaps[MAGNITUDE](np.linspace(0, 0.9, len(steps)))  # yellow is too light for lines
    for axis, unit in zip(axes, units, strict=False):
        for shade, one in zip(shades, first, strict=True):
            axis.plot(one.tuning.orientations_deg, one.tuning.responses[unit], color=shade, linewidth=1.2)
        initial, final = (one.tuning.selectivity[unit] for one in (first[0], first[-1]))
        title = f"unit {unit}: selectivity {initial:.2f} → {final:.2f}"
        label_axes(axis, "orientation (°)", "response", title)
        axis.set(xticks=[0, 45, 90, 135, 180], xlim=(0, 180))
        axis.set_ylim(bottom=0)
        axis.label_outer()
        axis.yaxis.set_tick_params(labelleft=True)
    for axis in axes[len(units) :]:
        axis.set_axis_off()
    _add_scale(figure, axes, steps, shades)
    return figure


def _add_scale(figure: Figure, axes: Any, steps: Sequence[int], shades: Floats) -> None:
    """A colour bar with a field for each step, at most some of which are named."""
    scale = ScalarMappable(BoundaryNorm(np.arange(len(steps) + 1), len(steps)), ListedColormap(shades))
    named = np.unique(np.linspace(0, len(steps) - 1, min(_MAX_NAMES, len(steps))).round().astype(int))
    bar = figure.colorbar(scale, ax=axes.tolist(), shrink=0.8, pad=0.02, aspect=30, ticks=named + 0.5)
    bar.ax.set_yticklabels([f"{steps[index]:,}" for index in named], fontsize=SMALL)
    bar.set_label("step", fontsize=TEXT)


def _answers_figure(replay: Replay, steps: Sequence[int]) -> Figure:
    """The picture, and the probabilities of the likeliest classes over the steps."""
    figure = new_figure(3.4)
    picture, lines = figure.subplots(1, 2, width_ratios=[1, 2.4])
    show_picture(picture, replay.sample.fitted_CHW.numpy())
    if replay.label:
        picture.set_title(f"class {shorten(printable(replay.label), 24)}", y=1, fontsize=TEXT)
    probabilities = np.stack([frame.probabilities for frame in replay.frames])
    chosen = np.argsort(-probabilities.max(axis=0), kind="stable")[:_MAX_CLASSES]
    for colour, index in zip(COLOURS, chosen, strict=False):
        name = shorten(printable(replay.classes[index]), 24)
        width = 2.4 if replay.classes[index] == replay.label else 1.1
        lines.plot(steps, probabilities[:, index], "o-", color=colour, markersize=3, linewidth=width, label=name)
    lines.set_xscale("symlog", linthresh=1, linscale=0.4)
    lines.xaxis.set_major_formatter("{x:,.0f}")
    lines.set(ylim=(-0.02, 1.02), xlim=(0, steps[-1]))
    label_axes(lines, "steps (logarithmic from 1 on)", "probability")
    lines.legend(fontsize=SMALL, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure
