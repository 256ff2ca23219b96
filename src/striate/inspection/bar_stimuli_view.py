"""The picture and the words of `bar_experiment`: one unit's responses to bars."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage

from striate.inspection.bar_stimuli import DARK, LIGHT, BarExperiment
from striate.inspection.plotting import COLOURS, SIGNED, SMALL, TEXT, draw_box, label_axes, new_figure
from striate.inspection.stimuli import bar
from striate.inspection.tuning import Values
from striate.inspection.view import View

_FIELD, _LIGHT, _DARK = COLOURS[3], COLOURS[0], COLOURS[1]


def bar_experiment_view(experiment: BarExperiment) -> View:
    """The experiment on one unit."""
    return View(
        f"bars-{experiment.path}-{experiment.index}",
        f"Hubel and Wiesel's experiment on unit {experiment.index} of {experiment.path}",
        _paragraphs(experiment),
        bar_experiment_figure(experiment),
        {
            "path": experiment.path,
            "unit": experiment.index,
            "orientation_deg": experiment.best_orientation_deg,
            "position": experiment.best_position,
            "width": experiment.width,
            "contrast": experiment.best_contrast,
            "response": _strongest_response(experiment),
            "across": _orthogonal_response(experiment),
        },
    )


def bar_experiment_figure(experiment: BarExperiment) -> Figure:
    """Examples of the bars, the responses over orientation and position, over width and over contrast."""
    figure = new_figure(8.2, f"{experiment.path}, unit {experiment.index}: responses to bars")
    above, middle, below = figure.subfigures(3, 1, squeeze=False, height_ratios=(2.5, 3, 2.6))[:, 0]
    _draw_examples(above, experiment)
    _draw_maps(middle, experiment)
    by_width, by_contrast = below.subplots(1, 2, squeeze=False)[0]
    for responses, colour, mark, label in (
        (experiment.light_by_width, _LIGHT, "o", "white on black"),
        (experiment.dark_by_width, _DARK, "s", "black on white"),
    ):
        by_width.plot(experiment.widths, responses, color=colour, marker=mark, markersize=4, linewidth=1.4, label=label)
    by_width.axvline(experiment.width, color="0.35", linestyle=":", linewidth=1)
    by_width.legend(fontsize=SMALL, frameon=False)
    label_axes(by_width, "width of the bar (pixels)", "response", "Width, at the best orientation and position")
    by_contrast.plot(
        experiment.contrasts, experiment.by_contrast, color="black", marker="o", markersize=4, linewidth=1.4
    )
    label_axes(by_contrast, "contrast (below 0: dark bar, light background)", "response", "Contrast, of the best bar")
    for axis in (by_width, by_contrast):
        axis.axhline(0, color="0.35", linewidth=0.8)
    return figure


def _draw_examples(figure: SubFigure, experiment: BarExperiment) -> None:
    """The best bar; the same with light and dark exchanged, orthogonal, and elsewhere; each with its response."""
    orientation, position = _best_cell(experiment)
    orthogonal = (orientation + len(experiment.orientations_deg) // 2) % len(experiment.orientations_deg)
    elsewhere = (position + len(experiment.positions) // 2) % len(experiment.positions)
    for axis, (title, contrast, row, column) in zip(
        figure.subplots(1, 4, squeeze=False)[0],
        (
            ("best bar", experiment.best_contrast, orientation, position),
            ("contrast inverted", -experiment.best_contrast, orientation, position),
            ("orthogonal", experiment.best_contrast, orthogonal, position),
            ("elsewhere", experiment.best_contrast, orientation, elsewhere),
        ),
        strict=True,
    ):
        angle, place = experiment.orientations_deg[row], experiment.positions[column]
        stimulus_HW = bar(experiment.size, angle, experiment.width, place, contrast, experiment.centre)
        axis.imshow(stimulus_HW, cmap="gray", vmin=0, vmax=255)
        draw_box(axis, experiment.field, _FIELD)
        axis.set(xticks=[], yticks=[], xlim=(-0.5, experiment.size[1] - 0.5), ylim=(experiment.size[0] - 0.5, -0.5))
        axis.set_title(f"{title}\n{angle:.0f}°, {place:.1f} px", y=1, fontsize=SMALL)
        axis.set_xlabel(f"response {_responses(experiment, contrast)[row, column]:+.2f}", fontsize=TEXT)


def _draw_maps(figure: SubFigure, experiment: BarExperiment) -> None:
    largest = max(float(np.abs(experiment.light).max()), float(np.abs(experiment.dark).max())) or 1.0
    axes = figure.subplots(1, 2, sharey=True)
    for axis, contrast, title in zip(axes, (LIGHT, DARK), ("white on black", "black on white"), strict=True):
        image = _draw_map(axis, experiment, _responses(experiment, contrast), largest)
        axis.set_title(f"Orientation and position, {title}", y=1, fontsize=TEXT)
        if contrast == experiment.best_contrast:
            axis.plot(
                experiment.best_position,
                experiment.best_orientation_deg,
                "o",
                markersize=13,
                fillstyle="none",
                color="k",
            )
    axes[0].set_ylabel("orientation (degrees)", fontsize=TEXT)
    colorbar = figure.colorbar(image, ax=axes, shrink=0.9, pad=0.01)
    colorbar.set_label("response", fontsize=TEXT)
    colorbar.ax.tick_params(labelsize=SMALL)


def _draw_map(axis: Axes, experiment: BarExperiment, responses: Values, largest: float) -> AxesImage:
    step = experiment.positions[1] - experiment.positions[0]
    turn = experiment.orientations_deg[1] - experiment.orientations_deg[0]
    extent = (
        experiment.positions[0] - step / 2,
        experiment.positions[-1] + step / 2,
        experiment.orientations_deg[0] - turn / 2,
        experiment.orientations_deg[-1] + turn / 2,
    )
    image = axis.imshow(
        responses, cmap=SIGNED, vmin=-largest, vmax=largest, origin="lower", extent=extent, aspect="auto"
    )
    axis.set_xlabel("position: distance across (pixels)", fontsize=TEXT)
    axis.set_yticks(range(0, 180, 45))
    axis.tick_params(labelsize=SMALL)
    return image


def _paragraphs(experiment: BarExperiment) -> tuple[str, ...]:
    height, width = experiment.field.height, experiment.field.width
    kind = {LIGHT: "white bar on black", DARK: "black bar on white"}[experiment.best_contrast]
    other = {LIGHT: "black one on white", DARK: "white one on black"}[experiment.best_contrast]
    orientation, position = _best_cell(experiment)
    inverted = _responses(experiment, -experiment.best_contrast)[orientation, position]
    return (
        f"The unit's receptive field has {height}x{width} pixels of the input's"
        f" {experiment.size[0]}x{experiment.size[1]}. Of {experiment.light.size} bars {experiment.width:.3g} pixels"
        f" wide, white on black and as many black on white, the unit responds most to a {kind} at"
        f" {experiment.best_orientation_deg:.0f} degrees, {abs(experiment.best_position):.2g} pixels from the middle"
        f" of its receptive field: {_strongest_response(experiment):+.2f} against the background alone.",
        f"The same bar turned by 90 degrees gives {_orthogonal_response(experiment):+.2f}, a {other} in its place"
        f" {inverted:+.2f}. Where red and blue lie side by side in one map, light excites one part of the window and"
        " inhibits the other, as in Hubel and Wiesel's simple cells. A unit that is red in both maps, over many"
        " positions, is like their complex cells.",
    )


def _responses(experiment: BarExperiment, contrast: float) -> Values:
    return experiment.light if contrast == LIGHT else experiment.dark


def _best_cell(experiment: BarExperiment) -> tuple[int, int]:
    """The best bar's indices in the maps (orientation, position)."""
    responses = _responses(experiment, experiment.best_contrast)
    row, column = np.unravel_index(responses.argmax(), responses.shape)
    return int(row), int(column)


def _strongest_response(experiment: BarExperiment) -> float:
    return float(_responses(experiment, experiment.best_contrast).max())


def _orthogonal_response(experiment: BarExperiment) -> float:
    """The response to the best bar turned by 90 degrees about the middle of the receptive field."""
    orientation, position = _best_cell(experiment)
    orthogonal = (orientation + len(experiment.orientations_deg) // 2) % len(experiment.orientations_deg)
    return float(_responses(experiment, experiment.best_contrast)[orthogonal, position])
