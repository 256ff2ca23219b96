"""Kernels as sheets, hand-made filters on a picture, and a filter as it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from striate.inspection.filters import CLASSIC_KERNELS, Learned, apply_classic_kernels, classic_kernel, kernels
from striate.inspection.sample import Sample
from striate.inspection.views.style import (
    COLOURS,
    SMALL,
    TEXT,
    WIDTH,
    label_axes,
    new_figure,
    show_picture,
    show_signed,
)
from striate.inspection.views.tiles import in_rows, number_tiles, show_tiles
from striate.inspection.views.view import View
from striate.nn import Network
from striate.tables import Conv

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[Any]
_MOST = 16
"""Output and input maps of a sheet at most; of kernels in colour, or over one map, four times as many."""


def kernels_view(network: Network, path: str) -> View:
    """The kernels of a convolution."""
    step = network.plan.step(path)
    found = kernels(network, path)
    maps, maps_in, height, width = found.shape
    row = step.row
    assert isinstance(row, Conv)
    sparse = row.connections is not None
    seen = "the input's colours" if maps_in == 3 and path == network.table.rows[0].name else f"{maps_in} input maps"
    words = [
        f"{path} has {maps} kernels of {height}×{width} over {seen if maps_in > 1 else 'one input map'}; each makes one"
        f" map. Nobody wrote these numbers: they are what training left."
    ]
    if sparse:
        words.append("Gray squares are not connected: a map of this row sees some of the input maps only.")
    if row.groups > 1:
        words.append(f"The row has {row.groups} groups: the input maps are those of each map's own group.")
    if (shown := _shown(found)) != (maps, maps_in):
        words.append(f"Shown are the first {shown[0]} maps and the first {shown[1]} of what each sees.")
    words.append(
        f"Weights run from {found.min():.3g} to {found.max():.3g}; all share one scale, so that weak kernels look weak."
    )
    numbers = {"path": path, "maps": maps, "input_maps": maps_in, "kernel": [height, width]}
    numbers |= {"smallest": float(found.min()), "largest": float(found.max())}
    connected = _connected(row, found) if sparse else found
    return View(f"kernels-{path}", f"The kernels of {path}", tuple(words), kernels_figure(connected, path), numbers)


def kernels_figure(kernels: Floats, path: str) -> Figure:
    """A sheet of kernels (maps, input maps, height, width); those that are nan stay gray."""
    maps, maps_in, height, width = kernels.shape
    shown = kernels[: _shown(kernels)[0], : _shown(kernels)[1]]
    if maps_in == 3 and height * width > 1:
        return _in_colour(shown, path)
    if maps_in == 1:
        tiles = in_rows(shown[:, 0], min(8, len(shown)))
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


def _in_colour(kernels: Floats, path: str) -> Figure:
    """Kernels over red, green and blue: zero is gray, the largest weight of all full."""
    maps, _, height, width = kernels.shape
    columns = min(16, maps)
    rows = -(-maps // columns)
    gap = 1
    sheet = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap, 3))
    scale = float(np.abs(kernels).max()) or 1.0
    for index, kernel in enumerate(kernels):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = np.moveaxis(0.5 + kernel / (2 * scale), 0, 2)
    figure = new_figure(0.5 + WIDTH * sheet.shape[0] / sheet.shape[1])
    axis = figure.subplots()
    axis.set_axis_off()
    axis.imshow(sheet, interpolation="nearest")
    axis.set_title(
        f"{path}: kernels of {height}×{width} over red, green and blue; gray is 0, full colour ±{scale:.3g}",
        y=1,
        fontsize=TEXT,
    )
    return figure


def _shown(kernels: Floats) -> tuple[int, int]:
    maps, maps_in, *_ = kernels.shape
    most = 4 * _MOST if maps_in in (1, 3) else _MOST
    return min(maps, most), min(maps_in, _MOST)


def _connected(row: Conv, kernels: Floats) -> Floats:
    """Kernels with nan where a sparse convolution has none."""
    assert row.connections is not None
    found = np.full_like(kernels, np.nan)
    for index, sources in enumerate(row.connections):
        found[index, list(sources)] = kernels[index, list(sources)]
    return found


def _height(tiles_RCHW: Floats, tile: float) -> float:
    """Inches for a sheet whose tiles are so wide."""
    rows, _, height, width = tiles_RCHW.shape
    return 0.8 + tile * float(rows * height / width)


def classic_view(seen: Sample) -> View:
    """The notes' hand-made filters on a picture."""
    picture = seen.fitted_CHW
    made = apply_classic_kernels(picture)
    words = (
        "These filters were thought out by people. Each is one kernel of 3×3, slid over the picture as any convolution"
        " is: the same sum of products at every place. Red is above zero, blue below.",
        *(f"{name}: {filter.does}." for name, filter in CLASSIC_KERNELS.items()),
    )
    numbers = {name: {"kernel": classic_kernel(name).tolist()} for name in CLASSIC_KERNELS}
    return View("hand-made-filters", "Filters made by hand", words, classic_figure(picture.numpy(), made), numbers)


def classic_figure(picture_CHW: Floats, made_FCHW: Floats) -> Figure:
    """The picture, and for each filter its kernel and what it makes: (filters, channels, height, width)."""
    figure = new_figure(3.5)
    axes = figure.subplots(2, 1 + len(CLASSIC_KERNELS), gridspec_kw={"height_ratios": [1, 1]})
    axes[0, 0].set_axis_off()
    show_picture(axes[1, 0], picture_CHW)
    axes[1, 0].set_title("the picture", y=1, fontsize=SMALL)
    for column, (name, made_CHW) in enumerate(zip(CLASSIC_KERNELS, made_FCHW, strict=True), 1):
        _written(axes[0, column], classic_kernel(name) * (16 if name == "gaussian_blur" else 1))
        axes[0, column].set_title(f"{name}\n(over 16)" if name == "gaussian_blur" else name, y=1, fontsize=SMALL)
        if name in ("gaussian_blur", "sharpen"):  # of these a picture comes out
            show_picture(axes[1, column], made_CHW.clip(0, 255).round().astype(np.uint8))
        else:
            show_signed(axes[1, column], made_CHW.mean(axis=0))
    return figure


def _written(axis: Axes, kernel: Floats, decimals: int = 0) -> None:
    """A kernel with its numbers in it."""
    show_signed(axis, kernel)
    largest = float(np.abs(kernel).max())
    for (row, column), weight in np.ndenumerate(kernel):
        colour = "white" if abs(weight) > 0.6 * largest else "black"
        text = f"{weight:.{decimals}f}" if decimals else f"{weight:g}"
        axis.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour, in_layout=False)


def learned_view(name: str, learned: Learned, pictures: str) -> View:
    """A filter as gradient descent found it."""
    steps, error = len(learned.losses) - 1, float(learned.errors[-1])
    close = next((step for step, left in enumerate(learned.errors) if left < 1e-2), None)
    reached = f"within 0.01 of it in every weight after {close} steps" if close is not None else "not within 0.01 of it"
    words = (
        f"Gradient descent was shown {pictures}, and what {name} makes of it; never the kernel. It began at random"
        f" weights, and was {reached}; after {steps} steps the largest difference is {error:.2g}.",
    )
    numbers = {
        "filter": name,
        "steps": steps,
        "error": error,
        "within_0.01_after": close,
        "loss": float(learned.losses[-1]),
    }
    return View(f"learned-{name}", f"A filter that is learned: {name}", words, learned_figure(name, learned), numbers)


def learned_figure(name: str, learned: Learned) -> Figure:
    """The kernel at some steps, the wanted one, and how the differences fall."""
    last = len(learned.losses) - 1
    at = sorted({0, *(round(last * share) for share in (0.02, 0.05, 0.15, 0.4)), last})
    figure = new_figure(4.4)
    grid = figure.add_gridspec(2, len(at) + 1, height_ratios=[1, 1.3])
    for column, step in enumerate(at):
        axis = figure.add_subplot(grid[0, column])
        _written(axis, learned.kernels[step], decimals=2)
        axis.set_title(f"after {step} steps" if step else "drawn", y=1, fontsize=SMALL)
    axis = figure.add_subplot(grid[0, -1])
    _written(axis, learned.wanted)
    axis.set_title(f"{name}, as people\nmade it", y=1, fontsize=SMALL)
    curve = figure.add_subplot(grid[1, :])
    curve.plot(learned.errors, color=COLOURS[1], label="largest difference of a weight")
    curve.plot(learned.losses, color=COLOURS[3], linestyle="--", label="loss: mean squared difference of the pictures")
    curve.axhline(1e-2, color="0.4", linewidth=0.8, linestyle=":")
    curve.set_yscale("log")
    curve.set_ylim(bottom=max(1e-12, float(min(learned.errors.min(), learned.losses.min())) / 2))
    label_axes(curve, "step of gradient descent", "difference")
    curve.legend(fontsize=SMALL)
    return figure
