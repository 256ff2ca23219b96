"""The picture and the words of feature maps: the output of every row of a network for one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from striate.inspection.hooks import Activations
from striate.inspection.plotting import SMALL, TEXT, WIDTH, new_figure
from striate.inspection.sample import Sample
from striate.inspection.tiles import arrange_tiles, number_tiles, show_tiles
from striate.inspection.view import View
from striate.tables import Step, format_shape

Floats = NDArray[Any]
_MAX_IN_STRIP = 16
"""Maps of a row in a strip."""
_MAX_IN_SHEET = 64
"""Maps in a sheet of one row."""


def feature_maps_view(sample: Sample, steps: tuple[Step, ...], activations: Mapping[str, Activations]) -> View:
    """The maps of the rows at the table's top level, a strip for each."""
    outputs = {step.path: activations[step.path].output[0] for step in steps}
    paragraphs = (
        f"The output of {len(steps)} rows for {sample.name}: maps become smaller and more, from edges to parts to"
        " classes. Each row has its own scale; where values lie on both sides of zero, red is above and blue below"
        " it, elsewhere light is large.",
        f"Of a row with more than {_MAX_IN_STRIP} maps those with the largest values are shown, with their indices.",
    )
    numbers = {"rows": [_numbers(step, outputs[step.path]) for step in steps]}
    return View("maps", "Feature maps of every row", paragraphs, feature_maps_figure(outputs), numbers)


def layer_maps_view(step: Step, activations: Activations) -> View:
    """All maps of one row, or its first 64."""
    output = activations.output[0]
    shown = min(len(output), _MAX_IN_SHEET)
    paragraphs = [
        f"The output of {step.path} is {format_shape(step.output)}: each map is the response of one kernel at every"
        " place."
    ]
    if shown < len(output):
        paragraphs.append(f"Shown are the first {shown}.")
    figure = layer_maps_figure(output[:shown].float().numpy(), step.path)
    return View(
        f"maps-{step.path}", f"The feature maps of {step.path}", tuple(paragraphs), figure, _numbers(step, output)
    )


def layer_maps_figure(maps_CHW: Floats, path: str) -> Figure:
    """A sheet of feature maps, all on one scale."""
    tiles = arrange_tiles(maps_CHW, min(8, len(maps_CHW)))
    rows, columns, height, width = tiles.shape
    figure = new_figure(0.7 + rows * 1.0 * height / width, width=min(WIDTH, 1.3 + columns))
    axis = figure.subplots()
    image = show_tiles(axis, tiles, signed=bool(maps_CHW.min() < 0))
    axis.set_title(f"{path}: maps 0 to {len(maps_CHW) - 1}, left to right", y=1, fontsize=TEXT)
    bar = figure.colorbar(image, ax=axis, shrink=0.8, pad=0.02, aspect=25)
    bar.set_label("value", fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def feature_maps_figure(outputs: Mapping[str, Tensor]) -> Figure:
    """A strip of maps for each row: (maps, height, width), or (units,)."""
    strips = {path: _strip(output.float().numpy()) for path, output in outputs.items()}
    left, across = 1.55, WIDTH - 1.6
    sizes = [_size(tiles, across) for tiles, _ in strips.values()]
    total = sum(height for _, height in sizes) + 0.34 * len(strips) + 0.1
    figure = Figure(figsize=(WIDTH, total))  # placed by hand: a layout of fifty lines takes seconds
    top = total
    for (path, (tiles, names)), (width, height) in zip(strips.items(), sizes, strict=True):
        top -= height + 0.34
        axis = figure.add_axes((left / WIDTH, (top + 0.06) / total, width / WIDTH, height / total))
        _draw_strip(axis, tiles, names)
        label = f"{path}\n{format_shape(tuple(outputs[path].shape))}"
        figure.text(
            (left - 0.12) / WIDTH, (top + 0.06 + height / 2) / total, label, ha="right", va="center", fontsize=SMALL
        )
    return figure


def _draw_strip(axis: Axes, tiles: Floats, names: list[str]) -> None:
    show_tiles(axis, tiles, signed=bool(np.nanmin(tiles) < 0))
    axis.set_aspect("auto")
    if names:
        number_tiles(axis, tiles, columns=names)
        axis.tick_params(pad=1, labelsize=6)


def _strip(output: Floats) -> tuple[Floats, list[str]]:
    """The tiles of a row (1, columns, height, width) and the indices of their maps; units are laid out in lines."""
    if output.ndim == 1 or output[0].size == 1:
        units = output.reshape(-1)
        lines = -(-len(units) // _UNITS_PER_LINE)
        padded = np.full(lines * min(len(units), _UNITS_PER_LINE), np.nan)
        padded[: len(units)] = units
        return padded.reshape(1, 1, lines, -1), []
    chosen = np.arange(len(output))
    if len(output) > _MAX_IN_STRIP:
        chosen = np.sort(np.argsort(-output.max(axis=(1, 2)), kind="stable")[:_MAX_IN_STRIP])
    return output[chosen][None], [str(index) for index in chosen]


_UNITS_PER_LINE = 128
"""Units in a line, where a row has no maps."""


def _size(tiles_RCHW: Floats, across: float) -> tuple[float, float]:
    """(width, height) of a strip in inches: a tile has the same width in all strips."""
    _, columns, height, width = tiles_RCHW.shape
    if columns == 1:
        return across, across * max(0.009 * height, 0.025)
    tile = across / _MAX_IN_STRIP
    return tile * columns, tile * height / width


def _numbers(step: Step, output: Tensor) -> dict[str, Any]:
    return {
        "path": step.path,
        "shape": list(step.output),
        "smallest": output.min().item(),
        "largest": output.max().item(),
        "mean": output.mean().item(),
        "zeros": (output == 0).double().mean().item(),
    }
