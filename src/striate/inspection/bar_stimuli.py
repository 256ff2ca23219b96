"""Hubel and Wiesel's experiment on one unit: bars of several orientations, positions, widths and contrasts.

They searched the strongest response by hand: they turned and moved a slit of light, or a dark bar on a light
background, over the cell's receptive field. Here every orientation and position is tried. Source: Hubel and Wiesel
1959, 1962.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from striate.inspection.receptive_field import Box, visible_field
from striate.inspection.stimuli import Picture, bar
from striate.inspection.tuning import (
    Tuning,
    Values,
    clearest,
    excitation,
    middle_or_none,
    preferred_orientation,
    unit_values,
)
from striate.nn import Network

_ORIENTATIONS_DEG: Values = np.array([15.0 * step for step in range(12)])
_POSITIONS, _WIDTHS = 15, 12
_SWEEP_ORIENTATIONS_DEG: Values = np.array([5.0 * step for step in range(36)])
_CONTRASTS: Values = np.array([step / 5 for step in range(-5, 6)])
LIGHT, DARK = 1.0, -1.0
"""Contrasts of a white bar on black, and of a black one on white."""


@dataclass(frozen=True)
class BarExperiment:
    """The responses of one unit of a row to bars: its value with the bar minus its value at the background alone.

    `size` is the input's (height, width), `field` the unit's receptive field in it.
    `light` and `dark` (orientations, positions) are the responses to bars `width` pixels wide. The strongest response
    is to the bar at `best_orientation_deg`, `best_position` and `best_contrast` (`LIGHT` or `DARK`). With this
    orientation and position `light_by_width` and `dark_by_width` have the responses to other widths, `by_contrast`
    those to contrasts from -1 to 1.
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
    """The bar experiment on unit `index` of a row whose tuning was measured; about 400 pictures.

    The bars are half as wide as the unit's best wavelength, like one stripe of its best grating; but at least as wide
    as the step between positions, so that together they cover the field.

        >>> from striate.inspection import measure_tuning
        >>> from striate.nn import build
        >>> network = build("lenet5", seed=0)
        >>> bar_experiment(network, measure_tuning(network, ["C1"])["C1"], 0).field
        Box(top=14, left=14, height=5, width=5)
    """
    table = network.table
    field = visible_field(network.plan, tuned.path, tuned.unit)
    extent = bar_extent((field.height, field.width), table.input[1:])
    width = max(float(tuned.wavelengths[index]) / 2, extent / (_POSITIONS - 1))
    reach = (extent + width) / 2
    positions, widths = _linspace(-reach, reach, _POSITIONS), _linspace(extent / _WIDTHS, extent, _WIDTHS)
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
class OrientationSweep:
    """The responses of a row's units, one of each map, to a bar at every orientation through their receptive field.

    `responses` (units, orientations) is the value with the bar minus the value at the background. `preferred_deg` and
    `selectivity` (units,) are those of `preferred_orientation` for the positive responses, since a cell's rate is not
    negative; a unit that the bar mostly inhibits (`excitation`) has none.
    """

    path: str
    size: tuple[int, int]
    field: Box
    width: float
    position: float
    contrast: float
    orientations_deg: Values
    responses: Values
    preferred_deg: Values
    selectivity: Values
    clearest: int

    @property
    def roses(self) -> Values:
        """The shapes of all units' tuning curves (units, orientations): their positive responses as shares of the
        largest; all 0 for a unit that the bar mostly inhibits, as for one that does not respond.

        >>> from striate.nn import build
        >>> orientation_sweep(build("lenet5", seed=0), "C1", width=2).roses.max(axis=1)  # a bar inhibits the first two
        array([0., 0., 1., 1., 1., 1.])
        """
        rises = np.where(np.isnan(self.preferred_deg)[:, None], 0, np.maximum(self.responses, 0))
        largest = rises.max(axis=1, keepdims=True)
        shares: Values = rises / np.where(largest > 0, largest, 1)
        return shares

    def picture(self, orientation_deg: float) -> Picture:
        """The stimulus at an orientation, (height, width)."""
        return bar(self.size, orientation_deg, self.width, self.position, self.contrast, _centre(self.field))


def orientation_sweep(
    network: Network, path: str, width: float, position: float = 0.0, contrast: float = LIGHT
) -> OrientationSweep:
    """The responses of a row's units to a bar at every 5 degrees; 37 pictures.

    StriateError if there is no such row.

        >>> from striate.nn import build
        >>> orientation_sweep(build("lenet5", seed=0), "C1", width=2).responses.shape
        (6, 36)
    """
    table = network.table
    field = visible_field(network.plan, path, middle_or_none(network.plan, path))
    bars = [(orientation, width, position) for orientation in _SWEEP_ORIENTATIONS_DEG]
    background, bar_values = _values(network, path, _centre(field), bars, contrast)
    added = excitation(bar_values, background, bar_values.min(axis=0)).T
    preferred_deg, selectivity = preferred_orientation(_SWEEP_ORIENTATIONS_DEG, added)
    return OrientationSweep(
        path=path,
        size=table.input[1:],
        field=field,
        width=width,
        position=position,
        contrast=contrast,
        orientations_deg=_SWEEP_ORIENTATIONS_DEG,
        responses=(bar_values - background).T,
        preferred_deg=preferred_deg,
        selectivity=selectivity,
        clearest=clearest(added, selectivity),
    )


def bar_extent(field: tuple[int, int], size: tuple[int, int]) -> float:
    """The range of positions for bars, in pixels: the longer side of the receptive field, at most that of the input.

    >>> bar_extent((40, 30), (32, 32))
    32.0
    """
    return float(min(max(field), max(size)))


@dataclass(frozen=True)
class _Unit:
    """The unit of an experiment."""

    network: Network
    path: str
    index: int
    centre: tuple[float, float]

    def responses(self, bars: Sequence[tuple[float, float, float]], contrast: float) -> Values:
        """Its values at bars (orientation, width, position), minus its value at the background."""
        background, bar_values = _values(self.network, self.path, self.centre, bars, contrast)
        responses: Values = bar_values[:, self.index] - background[self.index]
        return responses


def _values(
    network: Network,
    path: str,
    centre: tuple[float, float],
    bars: Sequence[tuple[float, float, float]],
    contrast: float,
) -> tuple[Values, Values]:
    """A row's values (units,) at the background, and (bars, units) at bars (orientation, width, position)."""
    size = network.table.input[1:]
    background = (0.0, 0.0, 0.0)  # a bar of no width
    pictures = [bar(size, *parameters, contrast, centre) for parameters in [background, *bars]]
    values = unit_values(network, [path], pictures)[path]
    return values[0], values[1:]


def _centre(field: Box) -> tuple[float, float]:
    return field.top + (field.height - 1) / 2, field.left + (field.width - 1) / 2


def _linspace(first: float, last: float, count: int) -> Values:
    return np.linspace(first, last, count, dtype=np.float64)
