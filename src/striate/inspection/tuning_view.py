"""The pictures and the words of `tuning`: tuning curves of a row, and selectivity over depth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from striate.inspection.plotting import COLOURS, SMALL, TEXT, label_axes, new_figure, show_signed
from striate.inspection.tuning import SELECTIVE, Tuning, Values, selective_share
from striate.inspection.view import View

_MAX_UNITS = 24
"""The most units in a sheet of tuning curves."""
_MAX_HORIZONTAL_NAMES, _MAX_TEXT_SIZE_NAMES = 6, 24
"""The most rows whose names are horizontal below an axis, and in the usual size."""
_UNTRAINED, _TRAINED, _MARK = COLOURS[0], COLOURS[1], COLOURS[3]


def tuning_view(tuning: Tuning, kernels_MCHW: NDArray[Any] | None = None) -> View:
    """The tuning curves of a row; with its kernels (maps, channels, height, width), if its input is the picture."""
    return View(
        f"tuning-{tuning.path}",
        f"Orientation tuning of {tuning.path}",
        tuple(filter(None, (_describe_selectivity(tuning), _describe_clearest(tuning), _describe_choice(tuning)))),
        tuning_figure(tuning, kernels_MCHW),
        {
            "path": tuning.path,
            "threshold": SELECTIVE,
            "share": selective_share(tuning.selectivity),
            "units": [
                {
                    "preferred_deg": None if math.isnan(preferred) else preferred,
                    "selectivity": selectivity,
                    "wavelength": wavelength,
                }
                for preferred, selectivity, wavelength in zip(
                    tuning.preferred_deg.tolist(), tuning.selectivity.tolist(), tuning.wavelengths.tolist(), strict=True
                )
            ],
        },
    )


def chosen_units(tuning: Tuning) -> list[int]:
    """The units of the sheet: all if there is room, else evenly spaced in rank from the most to the least selective."""
    units = len(tuning.selectivity)
    if units <= _MAX_UNITS:
        return list(range(units))
    ranked = np.argsort(-tuning.selectivity, kind="stable")
    chosen: list[int] = ranked[np.linspace(0, units - 1, _MAX_UNITS).round().astype(int)].tolist()
    return chosen


def tuning_figure(tuning: Tuning, kernels_MCHW: NDArray[Any] | None = None) -> Figure:
    """A polar tuning curve for each chosen unit; below, all units."""
    chosen = chosen_units(tuning)
    columns = min(6 if kernels_MCHW is not None else 8, len(chosen))
    lines = math.ceil(len(chosen) / columns)
    sheet = lines * (1.05 if kernels_MCHW is not None else 1.4) + 0.5
    figure = new_figure(sheet + 2.6)
    top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=(sheet, 2.6))[:, 0]
    _draw_sheet(top, tuning, chosen, (lines, columns), kernels_MCHW)
    _draw_all_units(bottom.subplots(), tuning)
    return figure


def _draw_sheet(
    figure: SubFigure,
    tuning: Tuning,
    chosen: list[int],
    shape: tuple[int, int],
    kernels_MCHW: NDArray[Any] | None,
) -> None:
    kernel_text = ""
    if kernels_MCHW is not None:
        colours = ", summed over its colours since the stripes are gray" if kernels_MCHW.shape[1] > 1 else ""
        kernel_text = f"its kernel (red positive, blue negative{colours}), "
    figure.suptitle(
        f"{tuning.path}: for each unit {kernel_text}preferred orientation and selectivity by gratings.\n"
        "The distance from the middle is the response to stripes of that orientation.",
        fontsize=TEXT,
    )
    lines, columns = shape
    axes_per_unit = 1 if kernels_MCHW is None else 2
    axes = figure.subplots(lines, columns * axes_per_unit, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for place, unit in enumerate(chosen):
        line, column = divmod(place, columns)
        lobe = axes[line, axes_per_unit * column + axes_per_unit - 1]
        _draw_lobe(lobe, tuning, unit)
        label = "no response"
        if tuning.selectivity[unit] > 0 or tuning.responses[unit].any():
            label = f"{_whole_degrees(tuning.preferred_deg[unit])}°, {tuning.selectivity[unit]:.2f}"
        if kernels_MCHW is None:
            lobe.set_title(f"{unit}: {label}", y=1, fontsize=SMALL, pad=2)
        else:
            kernel = axes[line, 2 * column]
            show_signed(kernel, kernels_MCHW[unit].sum(axis=0))
            kernel.set_title(f"unit {unit}", y=1, fontsize=SMALL, pad=2)
            lobe.set_title(label, y=1, fontsize=SMALL, pad=2)


def _draw_lobe(axis: Axes, tuning: Tuning, unit: int) -> None:
    """The tuning curve in polar coordinates, twice, since orientations are equal modulo 180 degrees."""
    axis.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal")
    axis.add_patch(Circle((0, 0), 1, fill=False, edgecolor="0.75", linewidth=0.6))
    if not tuning.responses[unit].any():
        return
    angles = np.deg2rad(np.concatenate([tuning.orientations_deg, tuning.orientations_deg + 180]))
    reach = np.tile(tuning.responses[unit] / tuning.responses[unit].max(), 2)
    axis.fill(reach * np.cos(angles), reach * np.sin(angles), facecolor="#9EC7E4", edgecolor=_TRAINED, linewidth=1.0)
    preferred = np.deg2rad(tuning.preferred_deg[unit])
    ends = np.array([-1.1, 1.1])
    axis.plot(ends * np.cos(preferred), ends * np.sin(preferred), color=_MARK, linewidth=1.2)


def _draw_all_units(axis: Axes, tuning: Tuning) -> None:
    label_axes(axis, "preferred orientation (degrees from horizontal, counterclockwise)", "selectivity by gratings")
    axis.plot(tuning.preferred_deg, tuning.selectivity, "o", color=_TRAINED, markersize=4, alpha=0.6, markeredgewidth=0)
    axis.axhline(SELECTIVE, color="0.35", linestyle="--", linewidth=1)
    axis.text(180, SELECTIVE + 0.02, "selective: 1/3 and above", fontsize=SMALL, ha="right", color="0.25")
    axis.set(xlim=(-3, 183), ylim=(0, 1), xticks=range(0, 181, 30))
    axis.set_title(f"All {len(tuning.selectivity)} units of {tuning.path}", y=1, fontsize=TEXT)


def selectivity_view(tunings: Mapping[str, Tuning], control: Mapping[str, Values]) -> View:
    """How the share of selective units changes with depth, compared with untrained networks.

    `control` is that of `untrained_selectivity` for the same rows.
    """
    return View(
        "selectivity",
        "Orientation selectivity by depth",
        _describe_depth(tunings, control),
        selectivity_figure(tunings, control),
        {
            "threshold": SELECTIVE,
            "rows": [
                {
                    "path": path,
                    "units": len(row.selectivity),
                    "share": selective_share(row.selectivity),
                    "median": float(np.median(row.selectivity)),
                    "control_share": selective_share(control[path]),
                    "control_median": float(np.median(control[path])),
                }
                for path, row in tunings.items()
            ],
        },
        header=("row", "units", "selective", "untrained", "median selectivity", "untrained"),
        rows=[
            (
                path,
                str(len(row.selectivity)),
                f"{selective_share(row.selectivity):.0%}",
                f"{selective_share(control[path]):.0%}",
                f"{np.median(row.selectivity):.2f}",
                f"{np.median(control[path]):.2f}",
            )
            for path, row in tunings.items()
        ],
    )


def selectivity_figure(tunings: Mapping[str, Tuning], control: Mapping[str, Values]) -> Figure:
    """Above, the selectivity of each row's units (median, 10th to 90th percentile); below, the selective share."""
    many = len(tunings) > _MAX_TEXT_SIZE_NAMES
    figure = new_figure(6.4 if many else 5.2, "Orientation selectivity, by gratings, from the input to the output")
    above, below = figure.subplots(2, 1, sharex=True)
    rows = np.arange(len(tunings))
    trained = [row.selectivity for row in tunings.values()]
    untrained = [control[path] for path in tunings]
    apart = min(0.14, 0.01 * len(tunings))
    for name, values, colour, offset, mark in (
        ("this network", trained, _TRAINED, -apart, "o"),
        ("untrained", untrained, _UNTRAINED, apart, "s"),
    ):
        low, middle, high = np.array([np.quantile(units, (0.1, 0.5, 0.9)) for units in values]).T
        above.vlines(rows + offset, low, high, color=colour, linewidth=2, alpha=0.6)
        above.plot(rows + offset, middle, mark, color=colour, markersize=4.5, label=name)
        shares = [100 * selective_share(units) for units in values]
        below.plot(rows, shares, marker=mark, color=colour, markersize=4.5, linewidth=1.4, label=name)
    above.axhline(SELECTIVE, color="0.35", linestyle="--", linewidth=1)
    label_axes(above, "", "selectivity")
    above.set_title(
        "Median of the units, and the middle 80 %; selective: 1/3 and above", y=1, fontsize=TEXT, loc="left"
    )
    label_axes(below, "", "selective units (%)")
    above.set_ylim(0, 1)
    below.set_ylim(bottom=0)
    above.legend(fontsize=SMALL, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    below.set_xticks(rows, list(tunings), rotation=90 if len(tunings) > _MAX_HORIZONTAL_NAMES else 0)
    below.tick_params(axis="x", labelsize=6 if many else SMALL)
    return figure


def _describe_selectivity(tuning: Tuning) -> str:
    share, units = selective_share(tuning.selectivity), len(tuning.selectivity)
    return (
        f"Gratings of {len(tuning.orientations_deg)} orientations were the input for {units} units of {tuning.path};"
        f" of each orientation the best wavelength and phase counts. {round(share * units)} units ({share:.0%}) are"
        " selective: their selectivity, 1 minus the circular variance of the curve, is at least 1/3, as for a smooth"
        " curve that is five times as high at its best orientation as at its worst. 0 is a circle, a unit with equal"
        " responses to all orientations; at 1 it responds to a single one. A bar in one place, as in the lab's Cortex,"
        " often gives a larger number: it misses at orientations where stripes have some position that excites the"
        " unit."
    )


def _describe_clearest(tuning: Tuning) -> str:
    unresponsive = int(np.isnan(tuning.preferred_deg).sum())
    if unresponsive == len(tuning.selectivity):
        return "Gratings raise no unit's value, or hardly: by less than a fifth of what others lower it by."
    unit = tuning.clearest
    selective = tuning.selectivity[unit] >= SELECTIVE
    text = (
        f"The clearest tuning has unit {unit}: it prefers {_whole_degrees(tuning.preferred_deg[unit])} degrees,"
        f" counterclockwise from horizontal, in stripes {tuning.wavelengths[unit]:.3g} pixels apart, with selectivity"
        f" {tuning.selectivity[unit]:.2f}"
    )
    if selective:
        text += ", as a cell of Hubel and Wiesel's cat that responds to lines of one orientation."
    else:
        text += ", which is not selective."
    if unresponsive:
        text += (
            f" Of {unresponsive} units no grating raises the value, or hardly: by less than a fifth of what others"
            " lower it by."
        )
    return text


def _describe_choice(tuning: Tuning) -> str:
    if len(tuning.selectivity) <= _MAX_UNITS:
        return ""
    return f"Shown are {_MAX_UNITS} units, evenly spaced in rank from the most to the least selective."


def _describe_depth(tunings: Mapping[str, Tuning], control: Mapping[str, Values]) -> tuple[str, ...]:
    shares = {path: selective_share(row.selectivity) for path, row in tunings.items()}
    paths = list(tunings)
    paths_to_name = dict.fromkeys([paths[0], max(paths, key=lambda path: shares[path]), paths[-1]])  # each once
    parts = [
        f"{path} {shares[path]:.0%} ({selective_share(control[path]):.0%} before training)" for path in paths_to_name
    ]
    above = sum(bool(np.median(row.selectivity) > np.median(control[path])) for path, row in tunings.items())
    return (
        "Share of units that are selective for orientation, by gratings, in the first row, the row with most, and the"
        f" last row: {', '.join(parts)}.",
        f"In {above} of {len(tunings)} rows the median unit is more selective than in untrained networks: there"
        " orientation was learned; elsewhere the selectivity comes from the form of the layers. The smallest row has"
        f" {min(len(row.selectivity) for row in tunings.values())} units, so its share is uncertain.",
        "Hubel and Wiesel explained a simple cell as the sum of cells below it whose receptive fields lie in a line, so"
        " that orientation appears above cells that have none; the notes say the same of high-level neurons: they"
        " combine the outputs of neighbouring low-level ones.",
    )


def _whole_degrees(degrees: float) -> int:
    return round(degrees) % 180
