"""Hubel and Wiesel's own experiment on one unit: a bar over orientation, position, width and contrast.

They found the strongest response by hand, turning and moving a slit of light, or a dark bar on a light ground, over the
cell's receptive field; here every orientation and position is tried. Source: Hubel and Wiesel 1959, 1962.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from striate.inspection.seen import Box, theory
from striate.inspection.stimuli import Picture, bar
from striate.inspection.tuning import Tuning, Values, unit_values
from striate.nn.build import Network

_ORIENTATIONS_DEG: Values = np.array([15.0 * step for step in range(12)])
_POSITIONS, _WIDTHS = 15, 12
_CONTRASTS: Values = np.array([step / 5 for step in range(-5, 6)])
LIGHT, DARK = 1.0, -1.0
"""Contrasts of a white bar on black, and of a black one on white."""


@dataclass(frozen=True)
class BarExperiment:
    """How one unit of a row responds to bars: each response is its value with the bar less that without, on one ground.

    `size` is the input's (height, width), `field` the unit's receptive field in it, which may reach
    beyond. `light` and `dark` (orientations, positions) are the responses to bars `width`
    pixels wide. The strongest of them is that to the bar at `best_orientation_deg` and `best_position`, light or dark
    as `best_contrast` says. There the width varies (`light_by_width`, `dark_by_width`), and the contrast from -1 to 1
    (`by_contrast`).
    """

    path: str
    index: int
    size: tuple[int, int]
    field: Box
    orientations_deg: Values
    positions: Values
    width: float
    light: Values
    dark: Values
    best_orientation_deg: float
    best_position: float
    best_contrast: float
    widths: Values
    light_by_width: Values
    dark_by_width: Values
    contrasts: Values
    by_contrast: Values

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the receptive field, (row, column): position 0."""
        return _centre(self.field)


def bar_experiment(network: Network, tuned: Tuning, index: int) -> BarExperiment:
    """The bar experiment on unit `index` of a row whose tuning is known; about 400 pictures.

    The bars are half as wide as the unit's best wavelength, like one stripe of its best grating, or as wide as the
    step from position to position where that is more, so that they miss no place.

        >>> from striate.inspection.tuning import tuning
        >>> from striate.nn.build import build
        >>> network = build("lenet5", seed=0)
        >>> bar_experiment(network, tuning(network, ["C1"])["C1"], 0).field
        Box(top=14, left=14, height=5, width=5)
    """
    table = network.table
    field = theory(table, tuned.path, tuned.unit)
    extent = float(min(max(field.height, field.width), max(table.input[1:])))
    width = max(float(tuned.wavelengths[index]) / 2, extent / (_POSITIONS - 1))
    reach = (extent + width) / 2
    positions, widths = _evenly(-reach, reach, _POSITIONS), _evenly(extent / _WIDTHS, extent, _WIDTHS)
    unit = _Unit(network, tuned.path, index, _centre(field))
    light, dark = (
        np.array([unit.responses([(o, width, p) for p in positions], c) for o in _ORIENTATIONS_DEG])
        for c in (LIGHT, DARK)
    )
    contrast, strongest = (LIGHT, light) if light.max() >= dark.max() else (DARK, dark)
    row, column = np.unravel_index(strongest.argmax(), strongest.shape)
    orientation, position = float(_ORIENTATIONS_DEG[row]), float(positions[column])
    light_by_width, dark_by_width = (
        unit.responses([(orientation, w, position) for w in widths], c) for c in (LIGHT, DARK)
    )
    by_contrast = np.concatenate([unit.responses([(orientation, width, position)], c) for c in _CONTRASTS])
    return BarExperiment(
        path=tuned.path,
        index=index,
        size=table.input[1:],
        field=field,
        orientations_deg=_ORIENTATIONS_DEG,
        positions=positions,
        width=width,
        light=light,
        dark=dark,
        best_orientation_deg=orientation,
        best_position=position,
        best_contrast=contrast,
        widths=widths,
        light_by_width=light_by_width,
        dark_by_width=dark_by_width,
        contrasts=_CONTRASTS,
        by_contrast=by_contrast,
    )


@dataclass(frozen=True)
class _Unit:
    """A unit under the electrode."""

    network: Network
    path: str
    index: int
    centre: tuple[float, float]

    def responses(self, bars: Sequence[tuple[float, float, float]], contrast: float) -> Values:
        """Its values at bars (orientation, width, position), less that at their ground, a bar of no width."""
        pictures = [self._picture(*one, contrast) for one in [(0.0, 0.0, 0.0), *bars]]
        values: Values = unit_values(self.network, [self.path], pictures)[self.path][:, self.index]
        return values[1:] - values[:1]

    def _picture(self, orientation_deg: float, width: float, position: float, contrast: float) -> Picture:
        return bar(self.network.table.input[1:], orientation_deg, width, position, contrast, self.centre)


def _centre(field: Box) -> tuple[float, float]:
    return field.top + (field.height - 1) / 2, field.left + (field.width - 1) / 2


def _evenly(first: float, last: float, count: int) -> Values:
    return np.linspace(first, last, count, dtype=np.float64)
