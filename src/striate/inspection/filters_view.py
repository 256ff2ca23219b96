"""The pictures and the words of `filters`: sheets of kernels, classic filters on a picture, a learned filter."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from striate.inspection.filters import CLASSIC_KERNELS, apply_classic_kernels, classic_kernel, kernels
from striate.inspection.learned_filter import LearnedFilter
from striate.inspection.plotting import (
    COLOURS,
    SMALL,
    TEXT,
    WIDTH,
    label_axes,
    new_figure,
    show_picture,
    show_signed,
)
from striate.inspection.sample import Sample
from striate.inspection.tiles import arrange_tiles, number_tiles, show_rgb_tiles, show_tiles
from striate.inspection.view import View
from striate.nn import Network
from striate.tables import Conv

Floats = NDArray[Any]
_MAX_MAPS = 16
"""The most output and input maps of a sheet; of kernels in colour, or over one map, four times as many."""


def kernels_view(network: Network, path: str) -> View:
    """The kernels of a convolution."""
    step = network.plan.step(path)
    weights = kernels(network, path)
    maps, maps_in, height, width = weights.shape
    row = step.row
    assert isinstance(row, Conv)
    sparse = row.connections is not None
    inputs = "the input's colours" if maps_in == 3 and path == network.table.rows[0].name else f"{maps_in} input maps"
    paragraphs = [
        f"{path} has {maps} kernels of {height}×{width} over {inputs if maps_in > 1 else 'one input map'}; each"
        " computes one map. Nobody designed these weights: they are the result of training."
    ]
    if sparse:
        paragraphs.append("Gray squares are not connected: a map of this row reads only some of the input maps.")
    if row.groups > 1:
        paragraphs.append(f"The row has {row.groups} groups: each map reads the input maps of its own group.")
    if (shown := _shown(weights)) != (maps, maps_in):
        paragraphs.append(f"Shown are the first {shown[0]} maps and the first {shown[1]} input maps of each.")
    paragraphs.append(
        f"The weights are from {weights.min():.3g} to {weights.max():.3g}; all kernels are drawn on one scale."
    )
    numbers = {"path": path, "maps": maps, "input_maps": maps_in, "kernel": [height, width]}
    numbers |= {"smallest": float(weights.min()), "largest": float(weights.max())}
    connected = _mask_unconnected(row, weights) if sparse else weights
    return View(
        f"kernels-{path}", f"The kernels of {path}", tuple(paragraphs), kernels_figure(connected, path), numbers
    )


def kernels_figure(kernels: Floats, path: str) -> Figure:
    """A sheet of kernels (maps, input maps, height, width); those that are nan are gray."""
    maps, maps_in, height, width = kernels.shape
    shown = kernels[: _shown(kernels)[0], : _shown(kernels)[1]]
    if maps_in == 3 and height * width > 1:
        return _rgb_figure(shown, path)
    if maps_in == 1:
        tiles = arrange_tiles(shown[:, 0], min(8, len(shown)))
        figure = new_figure(_height(tiles, 1.0), width=min(WIDTH, 1.2 + 1.0 * tiles.shape[1]))
        axis = figure.subplots()
        image = show_tiles(axis, tiles, largest=float(np.nanmax(np.abs(kernels))))
        axis.set_title(f"{path}: {maps} kernels of {height}×{width}, left to right", y=1, fontsize=TEXT)
    else:
        tiles = shown.swapaxes(0, 1)
        figure = new_figure(_height(tiles, 0.46), width=min(WIDTH, 1.6 + 0.46 * len(shown)))
        axis = figure.subplots()
        image = show_tiles(axis, tiles, largest=float(np.nanmax(np.abs(kernels))))
        number_tiles(axis, tiles, rows=range(len(tiles)), columns=range(len(shown)))
        axis.set_xlabel(f"map of {path}", fontsize=TEXT)
        axis.set_ylabel("input map", fontsize=TEXT)
    bar = figure.colorbar(image, ax=axis, shrink=0.8, pad=0.02, aspect=25)
    bar.set_label("weight", fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def _rgb_figure(kernels: Floats, path: str) -> Figure:
    """Kernels over red, green and blue: zero is gray, the largest weight of all has full colour."""
    maps, _, height, width = kernels.shape
    tiles = np.stack([arrange_tiles(kernels[:, channel], min(16, maps)) for channel in range(3)], axis=2)
    rows, columns = tiles.shape[:2]
    figure = new_figure(0.5 + WIDTH * (rows * (height + 1) - 1) / (columns * (width + 1) - 1))
    axis = figure.subplots()
    scale = show_rgb_tiles(axis, tiles)
    axis.set_title(
        f"{path}: kernels of {height}×{width} over red, green and blue; gray is 0, full colour ±{scale:.3g}",
        y=1,
        fontsize=TEXT,
    )
    return figure


def _shown(kernels: Floats) -> tuple[int, int]:
    maps, maps_in, *_ = kernels.shape
    most = 4 * _MAX_MAPS if maps_in in (1, 3) else _MAX_MAPS
    return min(maps, most), min(maps_in, _MAX_MAPS)


def _mask_unconnected(row: Conv, kernels: Floats) -> Floats:
    """Kernels with nan where a sparse convolution has no connection."""
    assert row.connections is not None
    masked = np.full_like(kernels, np.nan)
    for index, sources in enumerate(row.connections):
        masked[index, list(sources)] = kernels[index, list(sources)]
    return masked


def _height(tiles_RCHW: Floats, tile: float) -> float:
    """The height of a sheet in inches, from the width of a tile."""
    rows, _, height, width = tiles_RCHW.shape
    return 0.8 + tile * float(rows * height / width)


def classic_filters_view(sample: Sample) -> View:
    """The classic filters of the notes on a picture."""
    picture = sample.fitted_CHW
    filtered = apply_classic_kernels(picture)
    paragraphs = (
        "These filters were designed by people. Each is one kernel of 3×3, a convolution like any other: the same sum"
        " of products at every place. Red is above zero, blue below.",
        *(f"{name}: {classic.description}." for name, classic in CLASSIC_KERNELS.items()),
    )
    numbers = {name: {"kernel": classic_kernel(name).tolist()} for name in CLASSIC_KERNELS}
    return View(
        "hand-made-filters",
        "Classic filters, designed by hand",
        paragraphs,
        classic_filters_figure(picture.numpy(), filtered),
        numbers,
    )


def classic_filters_figure(picture_CHW: Floats, filtered_FCHW: Floats) -> Figure:
    """The picture, and for each filter its kernel and its result: (filters, channels, height, width)."""
    figure = new_figure(3.5)
    axes = figure.subplots(2, 1 + len(CLASSIC_KERNELS), gridspec_kw={"height_ratios": [1, 1]})
    axes[0, 0].set_axis_off()
    show_picture(axes[1, 0], picture_CHW)
    axes[1, 0].set_title("the picture", y=1, fontsize=SMALL)
    for column, (name, filtered_CHW) in enumerate(zip(CLASSIC_KERNELS, filtered_FCHW, strict=True), 1):
        _draw_kernel(axes[0, column], classic_kernel(name) * (16 if name == "gaussian_blur" else 1))
        axes[0, column].set_title(f"{name}\n(over 16)" if name == "gaussian_blur" else name, y=1, fontsize=SMALL)
        if name in ("gaussian_blur", "sharpen"):  # whose result is a picture
            show_picture(axes[1, column], filtered_CHW.clip(0, 255).round().astype(np.uint8))
        else:
            show_signed(axes[1, column], filtered_CHW.mean(axis=0))
    return figure


def _draw_kernel(axis: Axes, kernel: Floats, decimals: int = 0) -> None:
    """A kernel with its weights written in it."""
    show_signed(axis, kernel)
    largest = float(np.abs(kernel).max())
    for (row, column), weight in np.ndenumerate(kernel):
        colour = "white" if abs(weight) > 0.6 * largest else "black"
        text = f"{weight:.{decimals}f}" if decimals else f"{weight:g}"
        axis.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour, in_layout=False)


def learned_filter_view(name: str, learned: LearnedFilter, pictures: str) -> View:
    """A filter that gradient descent found; `pictures` says from what, as "this picture"."""
    steps, error = len(learned.losses) - 1, float(learned.errors[-1])
    close = next((step for step, left in enumerate(learned.errors) if left < 1e-2), None)
    if close is None:
        reached = "it did not come within 0.01 of the kernel"
    else:
        reached = f"every weight was within 0.01 of the kernel's after {close} steps"
    paragraphs = (
        f"Gradient descent had {pictures} and the result of {name}, not the kernel itself. From random weights"
        f" {reached}; after {steps} steps the largest difference is {error:.2g}.",
    )
    numbers = {
        "filter": name,
        "steps": steps,
        "error": error,
        "within_0.01_after": close,
        "loss": float(learned.losses[-1]),
    }
    return View(
        f"learned-{name}",
        f"A filter that is learned: {name}",
        paragraphs,
        learned_filter_figure(name, learned),
        numbers,
    )


def learned_filter_figure(name: str, learned: LearnedFilter) -> Figure:
    """The kernel at some steps, the target, and the differences over the steps."""
    last = len(learned.losses) - 1
    at = sorted({0, *(round(last * share) for share in (0.02, 0.05, 0.15, 0.4)), last})
    figure = new_figure(4.4)
    grid = figure.add_gridspec(2, len(at) + 1, height_ratios=[1, 1.3])
    for column, step in enumerate(at):
        axis = figure.add_subplot(grid[0, column])
        _draw_kernel(axis, learned.kernels[step], decimals=2)
        axis.set_title(f"after {step} steps" if step else "random", y=1, fontsize=SMALL)
    axis = figure.add_subplot(grid[0, -1])
    _draw_kernel(axis, learned.target)
    axis.set_title(f"{name},\nthe target", y=1, fontsize=SMALL)
    curve = figure.add_subplot(grid[1, :])
    curve.plot(learned.errors, color=COLOURS[1], label="largest difference of a weight")
    curve.plot(learned.losses, color=COLOURS[3], linestyle="--", label="loss: mean squared difference of the pictures")
    curve.axhline(1e-2, color="0.4", linewidth=0.8, linestyle=":")
    curve.set_yscale("log")
    curve.set_ylim(bottom=max(1e-12, float(min(learned.errors.min(), learned.losses.min())) / 2))
    label_axes(curve, "step of gradient descent", "difference")
    curve.legend(fontsize=SMALL)
    return figure
