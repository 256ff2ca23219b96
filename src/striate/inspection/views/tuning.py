"""Tuning curves of a row's units, and how many units are selective at each depth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from striate.inspection.tuning import SELECTIVE, Tuning, Values, selective_share
from striate.inspection.views.style import COLOURS, SMALL, TEXT, label_axes, new_figure, show_signed
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_MOST = 24
"""Units in a sheet of tuning curves."""
_MOST_LEVEL, _MOST_READABLE = 6, 24
"""Rows whose names stand level below an axis, and in ordinary type."""
_UNTRAINED, _TRAINED, _MARK = COLOURS[0], COLOURS[1], COLOURS[3]


def tuning_view(tuned: Tuning, kernels_MCHW: NDArray[Any] | None = None) -> View:
    """The curves of a row; with its kernels (maps, channels, height, width) beside them, if it sees the picture."""
    return View(
        f"tuning-{tuned.path}",
        f"To which orientation the units of {tuned.path} respond",
        tuple(filter(None, (_selective_words(tuned), _clearest_words(tuned), _choice_words(tuned)))),
        tuning_figure(tuned, kernels_MCHW),
        {
            "path": tuned.path,
            "threshold": SELECTIVE,
            "share": selective_share(tuned.selectivity),
            "units": [
                {
                    "preferred_deg": None if math.isnan(preferred) else preferred,
                    "selectivity": selectivity,
                    "wavelength": wavelength,
                }
                for preferred, selectivity, wavelength in zip(
                    tuned.preferred_deg.tolist(), tuned.selectivity.tolist(), tuned.wavelengths.tolist(), strict=True
                )
            ],
        },
    )


def chosen_units(tuned: Tuning) -> list[int]:
    """The units of the sheet: all if they fit, else evenly spaced in rank from the most to the least selective."""
    units = len(tuned.selectivity)
    if units <= _MOST:
        return list(range(units))
    ranked = np.argsort(-tuned.selectivity, kind="stable")
    chosen: list[int] = ranked[np.linspace(0, units - 1, _MOST).round().astype(int)].tolist()
    return chosen


def tuning_figure(tuned: Tuning, kernels_MCHW: NDArray[Any] | None = None) -> Figure:
    """A lobe for each chosen unit, as far from the middle as it responds to that orientation; below, every unit."""
    chosen = chosen_units(tuned)
    columns = min(6 if kernels_MCHW is not None else 8, len(chosen))
    lines = math.ceil(len(chosen) / columns)
    sheet = lines * (1.05 if kernels_MCHW is not None else 1.4) + 0.5
    figure = new_figure(sheet + 2.6)
    top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=(sheet, 2.6))[:, 0]
    _sheet(top, tuned, chosen, (lines, columns), kernels_MCHW)
    _every_unit(bottom.subplots(), tuned)
    return figure


def _sheet(
    figure: SubFigure,
    tuned: Tuning,
    chosen: list[int],
    shape: tuple[int, int],
    kernels_MCHW: NDArray[Any] | None,
) -> None:
    beside = ""
    if kernels_MCHW is not None:
        colours = ", its colours added up as the stripes are gray" if kernels_MCHW.shape[1] > 1 else ""
        beside = f"its kernel (red adds, blue takes away{colours}), "
    figure.suptitle(
        f"{tuned.path}: for each unit {beside}preferred orientation and selectivity.\n"
        "The lobe reaches out as far as the unit responds to stripes of that orientation.",
        fontsize=TEXT,
    )
    lines, columns = shape
    wide = 1 if kernels_MCHW is None else 2
    axes = figure.subplots(lines, columns * wide, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for place, unit in enumerate(chosen):
        line, column = divmod(place, columns)
        lobe = axes[line, wide * column + wide - 1]
        _lobe(lobe, tuned, unit)
        label = "silent"
        if tuned.selectivity[unit] > 0 or tuned.responses[unit].any():
            label = f"{_whole_degrees(tuned.preferred_deg[unit])}°, {tuned.selectivity[unit]:.2f}"
        if kernels_MCHW is None:
            lobe.set_title(f"{unit}: {label}", y=1, fontsize=SMALL, pad=2)
        else:
            kernel = axes[line, 2 * column]
            show_signed(kernel, kernels_MCHW[unit].sum(axis=0))
            kernel.set_title(f"unit {unit}", y=1, fontsize=SMALL, pad=2)
            lobe.set_title(label, y=1, fontsize=SMALL, pad=2)


def _lobe(axis: Axes, tuned: Tuning, unit: int) -> None:
    """The tuning curve around a middle, twice as an orientation comes back after 180 degrees, as seen on the page."""
    from matplotlib.patches import Circle

    axis.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal")
    axis.add_patch(Circle((0, 0), 1, fill=False, edgecolor="0.75", linewidth=0.6))
    if not tuned.responses[unit].any():
        return
    angles = np.deg2rad(np.concatenate([tuned.orientations_deg, tuned.orientations_deg + 180]))
    reach = np.tile(tuned.responses[unit] / tuned.responses[unit].max(), 2)
    axis.fill(reach * np.cos(angles), reach * np.sin(angles), facecolor="#9EC7E4", edgecolor=_TRAINED, linewidth=1.0)
    preferred = np.deg2rad(tuned.preferred_deg[unit])
    ends = np.array([-1.1, 1.1])
    axis.plot(ends * np.cos(preferred), ends * np.sin(preferred), color=_MARK, linewidth=1.2)


def _every_unit(axis: Axes, tuned: Tuning) -> None:
    label_axes(axis, "preferred orientation (degrees from horizontal, counterclockwise)", "selectivity")
    axis.plot(tuned.preferred_deg, tuned.selectivity, "o", color=_TRAINED, markersize=4, alpha=0.6, markeredgewidth=0)
    axis.axhline(SELECTIVE, color="0.35", linestyle="--", linewidth=1)
    axis.text(180, SELECTIVE + 0.02, "selective from 1/3 on", fontsize=SMALL, ha="right", color="0.25")
    axis.set(xlim=(-3, 183), ylim=(0, 1), xticks=range(0, 181, 30))
    axis.set_title(f"All {len(tuned.selectivity)} units of {tuned.path}", y=1, fontsize=TEXT)


def selectivity_view(tuned: Mapping[str, Tuning], control: Mapping[str, Values]) -> View:
    """How the share of selective units changes with depth, beside networks that never learned.

    `control` is that of `untrained_selectivity`, of the same rows.
    """
    return View(
        "selectivity",
        "How many units are selective for orientation, by depth",
        _depth_words(tuned, control),
        selectivity_figure(tuned, control),
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
                for path, row in tuned.items()
            ],
        },
        header=("row", "units", "selective", "untrained", "median selectivity", "untrained"),
        lines=[
            (
                path,
                str(len(row.selectivity)),
                f"{selective_share(row.selectivity):.0%}",
                f"{selective_share(control[path]):.0%}",
                f"{np.median(row.selectivity):.2f}",
                f"{np.median(control[path]):.2f}",
            )
            for path, row in tuned.items()
        ],
    )


def selectivity_figure(tuned: Mapping[str, Tuning], control: Mapping[str, Values]) -> Figure:
    """Above the selectivity of each row's units (median, and from the 10th to the 90th of 100); below the share."""
    many = len(tuned) > _MOST_READABLE
    figure = new_figure(6.4 if many else 5.2, "Orientation selectivity from the input to the output")
    above, below = figure.subplots(2, 1, sharex=True)
    rows = np.arange(len(tuned))
    trained = [row.selectivity for row in tuned.values()]
    drawn = [control[path] for path in tuned]
    apart = min(0.14, 0.01 * len(tuned))
    for name, values, colour, offset, mark in (
        ("this network", trained, _TRAINED, -apart, "o"),
        ("first weights, not trained", drawn, _UNTRAINED, apart, "s"),
    ):
        low, middle, high = np.array([np.quantile(units, (0.1, 0.5, 0.9)) for units in values]).T
        above.vlines(rows + offset, low, high, color=colour, linewidth=2, alpha=0.6)
        above.plot(rows + offset, middle, mark, color=colour, markersize=4.5, label=name)
        shares = [100 * selective_share(units) for units in values]
        below.plot(rows, shares, marker=mark, color=colour, markersize=4.5, linewidth=1.4, label=name)
    above.axhline(SELECTIVE, color="0.35", linestyle="--", linewidth=1)
    label_axes(above, "", "selectivity")
    above.set_title("Median of the units, and the middle 80 %; selective from 1/3 on", y=1, fontsize=TEXT, loc="left")
    label_axes(below, "", "selective units (%)")
    above.set_ylim(0, 1)
    below.set_ylim(bottom=0)
    above.legend(fontsize=SMALL, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    below.set_xticks(rows, list(tuned), rotation=90 if len(tuned) > _MOST_LEVEL else 0)
    below.tick_params(axis="x", labelsize=6 if many else SMALL)
    return figure


def _selective_words(tuned: Tuning) -> str:
    share, units = selective_share(tuned.selectivity), len(tuned.selectivity)
    return (
        f"Gratings of {len(tuned.orientations_deg)} orientations were shown to {units} units of {tuned.path}; of each"
        f" orientation the best wavelength and phase counts. {round(share * units)} units ({share:.0%}) are selective:"
        " their selectivity, 1 less the circular variance of the curve, is 1/3 or more, as of a smooth curve that is"
        " five times as high at its best orientation as at its worst. 0 is a circle, a unit to which all orientations"
        " are alike; at 1 it responds to a single one."
    )


def _clearest_words(tuned: Tuning) -> str:
    silent = int(np.isnan(tuned.preferred_deg).sum())
    if silent == len(tuned.selectivity):
        return "No grating makes any unit respond more than plain gray does."
    unit = tuned.clearest
    selective = tuned.selectivity[unit] >= SELECTIVE
    words = (
        f"The clearest is unit {unit}: it prefers {_whole_degrees(tuned.preferred_deg[unit])} degrees, counterclockwise"
        f" from horizontal, in stripes {tuned.wavelengths[unit]:.3g} pixels apart, with selectivity"
        f" {tuned.selectivity[unit]:.2f}"
    )
    if selective:
        words += ": what Hubel and Wiesel found in the cat, a cell that responds to lines of one orientation."
    else:
        words += ", too little to count."
    if silent:
        words += f" {silent} units respond to no grating more than to plain gray."
    return words


def _choice_words(tuned: Tuning) -> str:
    if len(tuned.selectivity) <= _MOST:
        return ""
    return f"Shown are {_MOST} units, evenly spaced in rank from the most to the least selective."


def _depth_words(tuned: Mapping[str, Tuning], control: Mapping[str, Values]) -> tuple[str, ...]:
    shares = {path: selective_share(row.selectivity) for path, row in tuned.items()}
    paths = list(tuned)
    told = dict.fromkeys([paths[0], max(paths, key=lambda path: shares[path]), paths[-1]])  # each once
    parts = [f"{path} {shares[path]:.0%} ({selective_share(control[path]):.0%} before training)" for path in told]
    above = sum(bool(np.median(row.selectivity) > np.median(control[path])) for path, row in tuned.items())
    return (
        f"Units that are selective for orientation, in the first row, in that with most, and in the last:"
        f" {', '.join(parts)}.",
        f"In {above} of {len(tuned)} rows the median unit is more selective than with first weights: there orientation"
        " was learned; elsewhere what there is comes with the layers' form. The smallest row has"
        f" {min(len(row.selectivity) for row in tuned.values())} units, so read its share with care.",
        "Hubel and Wiesel took a simple cell to add up cells below it whose windows lie in a line, so that orientation"
        " appears above cells that have none; the notes say the same of high-level neurons, that they build on the"
        " outputs of neighbouring low-level ones.",
    )


def _whole_degrees(degrees: float) -> int:
    return round(degrees) % 180
