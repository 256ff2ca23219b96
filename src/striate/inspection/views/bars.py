"""Hubel and Wiesel's bar experiment on one unit, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from striate.inspection.bar_stimuli import DARK, LIGHT, BarExperiment
from striate.inspection.stimuli import bar
from striate.inspection.tuning import Values
from striate.inspection.views.style import COLOURS, SIGNED, SMALL, TEXT, frame, label_axes, new_figure
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage

_FIELD, _LIGHT, _DARK = COLOURS[3], COLOURS[0], COLOURS[1]


def bars_view(found: BarExperiment) -> View:
    """The experiment on one unit, in words and numbers."""
    return View(
        f"bars-{found.path}-{found.index}",
        f"Hubel and Wiesel's experiment on unit {found.index} of {found.path}",
        _words(found),
        bars_figure(found),
        {
            "path": found.path,
            "unit": found.index,
            "orientation_deg": found.best_orientation_deg,
            "position": found.best_position,
            "width": found.width,
            "contrast": found.best_contrast,
            "response": _strongest(found),
            "across": _crosswise(found),
        },
    )


def bars_figure(found: BarExperiment) -> Figure:
    """Examples of the bars, the responses over orientation and position, over width and over contrast."""
    figure = new_figure(8.2, f"{found.path}, unit {found.index}: responses to bars")
    above, middle, below = figure.subfigures(3, 1, squeeze=False, height_ratios=(2.5, 3, 2.6))[:, 0]
    _examples(above, found)
    _maps(middle, found)
    by_width, by_contrast = below.subplots(1, 2, squeeze=False)[0]
    for responses, colour, mark, label in (
        (found.light_by_width, _LIGHT, "o", "white on black"),
        (found.dark_by_width, _DARK, "s", "black on white"),
    ):
        by_width.plot(found.widths, responses, color=colour, marker=mark, markersize=4, linewidth=1.4, label=label)
    by_width.axvline(found.width, color="0.35", linestyle=":", linewidth=1)
    by_width.legend(fontsize=SMALL, frameon=False)
    label_axes(by_width, "width of the bar (pixels)", "response", "Width, at the best orientation and position")
    by_contrast.plot(found.contrasts, found.by_contrast, color="black", marker="o", markersize=4, linewidth=1.4)
    label_axes(by_contrast, "contrast (below 0: dark bar, light ground)", "response", "Contrast, of the best bar")
    for axis in (by_width, by_contrast):
        axis.axhline(0, color="0.35", linewidth=0.8)
    return figure


def _examples(figure: SubFigure, found: BarExperiment) -> None:
    """The best bar, and it with light and dark changed, crosswise, and elsewhere, each with its response."""
    orientation, position = _best_cell(found)
    crosswise = (orientation + len(found.orientations_deg) // 2) % len(found.orientations_deg)
    beside = (position + len(found.positions) // 2) % len(found.positions)
    for axis, (title, contrast, row, column) in zip(
        figure.subplots(1, 4, squeeze=False)[0],
        (
            ("best bar", found.best_contrast, orientation, position),
            ("light and dark changed", -found.best_contrast, orientation, position),
            ("crosswise", found.best_contrast, crosswise, position),
            ("elsewhere", found.best_contrast, orientation, beside),
        ),
        strict=True,
    ):
        angle, place = found.orientations_deg[row], found.positions[column]
        shown_HW = bar(found.size, angle, found.width, place, contrast, found.centre)
        axis.imshow(shown_HW, cmap="gray", vmin=0, vmax=255)
        frame(axis, found.field, _FIELD)
        axis.set(xticks=[], yticks=[], xlim=(-0.5, found.size[1] - 0.5), ylim=(found.size[0] - 0.5, -0.5))
        axis.set_title(f"{title}\n{angle:.0f}°, {place:.1f} px", y=1, fontsize=SMALL)
        axis.set_xlabel(f"response {_responses(found, contrast)[row, column]:+.2f}", fontsize=TEXT)


def _maps(figure: SubFigure, found: BarExperiment) -> None:
    largest = max(float(np.abs(found.light).max()), float(np.abs(found.dark).max())) or 1.0
    axes = figure.subplots(1, 2, sharey=True)
    for axis, contrast, title in zip(axes, (LIGHT, DARK), ("white on black", "black on white"), strict=True):
        image = _map(axis, found, _responses(found, contrast), largest)
        axis.set_title(f"Orientation and position, {title}", y=1, fontsize=TEXT)
        if contrast == found.best_contrast:
            axis.plot(found.best_position, found.best_orientation_deg, "o", markersize=13, fillstyle="none", color="k")
    axes[0].set_ylabel("orientation (degrees)", fontsize=TEXT)
    bar_of_colours = figure.colorbar(image, ax=axes, shrink=0.9, pad=0.01)
    bar_of_colours.set_label("response", fontsize=TEXT)
    bar_of_colours.ax.tick_params(labelsize=SMALL)


def _map(axis: Axes, found: BarExperiment, responses: Values, largest: float) -> AxesImage:
    step = found.positions[1] - found.positions[0]
    turn = found.orientations_deg[1] - found.orientations_deg[0]
    extent = (
        found.positions[0] - step / 2,
        found.positions[-1] + step / 2,
        found.orientations_deg[0] - turn / 2,
        found.orientations_deg[-1] + turn / 2,
    )
    image = axis.imshow(
        responses, cmap=SIGNED, vmin=-largest, vmax=largest, origin="lower", extent=extent, aspect="auto"
    )
    axis.set_xlabel("position: how far across (pixels)", fontsize=TEXT)
    axis.set_yticks(range(0, 180, 45))
    axis.tick_params(labelsize=SMALL)
    return image


def _words(found: BarExperiment) -> tuple[str, ...]:
    height, width = found.field.height, found.field.width
    kind = {LIGHT: "white bar on black", DARK: "black bar on white"}[found.best_contrast]
    other = {LIGHT: "black one on white", DARK: "white one on black"}[found.best_contrast]
    orientation, position = _best_cell(found)
    changed = _responses(found, -found.best_contrast)[orientation, position]
    return (
        f"The unit sees {height}x{width} pixels of the input's {found.size[0]}x{found.size[1]}. Of {found.light.size}"
        f" bars {found.width:.3g} pixels wide, white on black and as many black on white, a {kind} moves it most, at"
        f" {found.best_orientation_deg:.0f} degrees, {abs(found.best_position):.2g} pixels from the middle of what it"
        f" sees: {_strongest(found):+.2f} against the ground alone.",
        f"The same bar crosswise gives {_crosswise(found):+.2f}, a {other} in its place {changed:+.2f}. Where red and"
        " blue lie side by side in one map, light excites one part of the window and inhibits the other, as in Hubel"
        " and Wiesel's simple cells. A unit red in both maps, over many positions, is like their complex cells.",
    )


def _responses(found: BarExperiment, contrast: float) -> Values:
    return found.light if contrast == LIGHT else found.dark


def _best_cell(found: BarExperiment) -> tuple[int, int]:
    """The best bar's place in the maps (orientation, position)."""
    responses = _responses(found, found.best_contrast)
    row, column = np.unravel_index(responses.argmax(), responses.shape)
    return int(row), int(column)


def _strongest(found: BarExperiment) -> float:
    return float(_responses(found, found.best_contrast).max())


def _crosswise(found: BarExperiment) -> float:
    """The response to the best bar turned by 90 degrees about the middle of the receptive field."""
    orientation, position = _best_cell(found)
    turned = (orientation + len(found.orientations_deg) // 2) % len(found.orientations_deg)
    return float(_responses(found, found.best_contrast)[turned, position])
