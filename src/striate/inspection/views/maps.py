"""Feature maps: what every row of a network makes of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.inspection.hooks import Activations
from striate.inspection.sample import Sample
from striate.inspection.views.style import SMALL, TEXT, WIDTH, new_figure
from striate.inspection.views.tiles import in_rows, number_tiles, show_tiles
from striate.inspection.views.view import View
from striate.tables import Step, format_shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[Any]
_ACROSS = 16
"""Maps of a row that are shown beside each other."""
_SHEET = 64
"""Maps of a row's own sheet."""


def overview_view(seen: Sample, steps: tuple[Step, ...], passed: Mapping[str, Activations]) -> View:
    """The maps of the rows at the table's top level, a line for each."""
    outputs = {step.path: passed[step.path].output[0] for step in steps}
    words = (
        f"{seen.name} on its way through {len(steps)} rows: maps grow smaller and deeper, from edges to parts to"
        " classes. Each line has a scale of its own; where values lie on both sides of zero, red is above and blue"
        " below it, elsewhere light is large.",
        f"Of a row with more than {_ACROSS} maps those with the largest values are shown, by their numbers.",
    )
    numbers = {"rows": [_numbers(step, outputs[step.path]) for step in steps]}
    return View("maps", "Feature maps of every row", words, overview_figure(outputs), numbers)


def sheet_view(step: Step, passed: Activations) -> View:
    """All maps of one row, or its first 64."""
    output = passed.output[0]
    shown = min(len(output), _SHEET)
    words = [f"{step.path} makes {format_shape(step.output)}: each map is one kernel's answer at every place."]
    if shown < len(output):
        words.append(f"Shown are the first {shown}.")
    figure = maps_figure(output[:shown].float().numpy(), step.path)
    return View(f"maps-{step.path}", f"The feature maps of {step.path}", tuple(words), figure, _numbers(step, output))


def maps_figure(maps_CHW: Floats, path: str) -> Figure:
    """A sheet of feature maps with one scale."""
    tiles = in_rows(maps_CHW, min(8, len(maps_CHW)))
    rows, columns, height, width = tiles.shape
    figure = new_figure(0.7 + rows * 1.0 * height / width, width=min(WIDTH, 1.3 + columns))
    axis = figure.subplots()
    image = show_tiles(axis, tiles, signed=bool(maps_CHW.min() < 0))
    axis.set_title(f"{path}: maps 0 to {len(maps_CHW) - 1}, left to right", y=1, fontsize=TEXT)
    bar = figure.colorbar(image, ax=axis, shrink=0.8, pad=0.02, aspect=25)
    bar.set_label("value", fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def overview_figure(outputs: Mapping[str, Tensor]) -> Figure:
    """A line of maps for each row: (maps, height, width), or (units,)."""
    from matplotlib.figure import Figure

    strips = {path: _strip(output.float().numpy()) for path, output in outputs.items()}
    left, across = 1.55, WIDTH - 1.6
    sizes = [_size(tiles, across) for tiles, _ in strips.values()]
    total = sum(height for _, height in sizes) + 0.34 * len(strips) + 0.1
    figure = Figure(figsize=(WIDTH, total))  # placed by hand: a layout of fifty lines takes seconds
    top = total
    for (path, (tiles, names)), (width, height) in zip(strips.items(), sizes, strict=True):
        top -= height + 0.34
        axis = figure.add_axes((left / WIDTH, (top + 0.06) / total, width / WIDTH, height / total))
        _line(axis, tiles, names)
        label = f"{path}\n{format_shape(tuple(outputs[path].shape))}"
        figure.text(
            (left - 0.12) / WIDTH, (top + 0.06 + height / 2) / total, label, ha="right", va="center", fontsize=SMALL
        )
    return figure


def _line(axis: Axes, tiles: Floats, names: list[str]) -> None:
    show_tiles(axis, tiles, signed=bool(np.nanmin(tiles) < 0))
    axis.set_aspect("auto")
    if names:
        number_tiles(axis, tiles, columns=names)
        axis.tick_params(pad=1, labelsize=6)


def _strip(output: Floats) -> tuple[Floats, list[str]]:
    """The tiles of a row (1, across, height, width) and the numbers of their maps; units stand in lines."""
    if output.ndim == 1 or output[0].size == 1:
        units = output.reshape(-1)
        lines = -(-len(units) // _LINE)
        padded = np.full(lines * min(len(units), _LINE), np.nan)
        padded[: len(units)] = units
        return padded.reshape(1, 1, lines, -1), []
    chosen = np.arange(len(output))
    if len(output) > _ACROSS:
        chosen = np.sort(np.argsort(-output.max(axis=(1, 2)), kind="stable")[:_ACROSS])
    return output[chosen][None], [str(index) for index in chosen]


_LINE = 128
"""Units of a line, where they stand in no map."""


def _size(tiles_RCHW: Floats, across: float) -> tuple[float, float]:
    """(width, height) of a strip in inches: a tile has the same width in all of them."""
    _, columns, height, width = tiles_RCHW.shape
    if columns == 1:
        return across, across * max(0.009 * height, 0.025)
    tile = across / _ACROSS
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
