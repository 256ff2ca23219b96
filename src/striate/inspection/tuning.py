"""Orientation tuning: to which orientation each unit of a network responds, and how selectively.

Hubel and Wiesel moved bars of light before a cat and found cells in its striate cortex that respond to one orientation
only (Hubel and Wiesel 1959, 1962). Here the stimuli are gratings of every orientation, for every unit of a row. A map's
units share their weights, so that only the one in the middle is measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from striate.analysis import total_cost
from striate.inspection.batch_norm import batch_norms, update_batch_norms
from striate.inspection.hooks import middle_unit, record_activations
from striate.inspection.stimuli import Picture, as_input, blank, grating
from striate.nn import Network, build
from striate.tables import Plan

Values = NDArray[np.float64]
OnProgress = Callable[[int, int], None]
"""Called with the number of pictures that are done, and their total."""

SELECTIVE = 1 / 3
"""A unit with at least this selectivity counts as selective for orientation: for a cosine tuning curve the response to
the best orientation is then five times that to the worst. Of linear units whose kernels are normally distributed noise
fewer than 1 in 100 are selective (5x5; 1 in 40 of 3x3, none in 2,000 of 11x11); all Gabor filters are."""

_EXCITED = 1 / 5
"""A unit whose value the best stimulus raises by less than this share of the largest fall is inhibited, not tuned: only
a tip of its curve is above 0, which would count as a response to one orientation."""

_PHASES_DEG = (0.0, 90.0, 180.0, 270.0)
_QUICK_MACS, _DRAWS = 1e6, 4
"""A network with fewer MACs (LeNet-5) gets more gratings, and so many initializations for the control."""
_CALIBRATION_BATCH = 16
_MAX_PIXELS_PER_BATCH = 2**18
"""The outputs of all measured rows are in memory for one batch: for five 224x224 pictures ResNet-50 needs 0.5 GB."""
_ROUNDING = 1e-5
"""Responses below this share of the unit's value at mid-gray are rounding errors of float32."""


@dataclass(frozen=True)
class Gratings:
    """A set of gratings: every orientation with every wavelength (pixels), each in four phases, 90 degrees apart."""

    orientations_deg: tuple[float, ...]
    wavelengths: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.orientations_deg) * len(self.wavelengths) * len(_PHASES_DEG)

    def pictures(self, size: tuple[int, int]) -> Iterator[Picture]:
        """The gratings in the order of orientations, then wavelengths, then phases."""
        for orientation, wavelength, phase in product(self.orientations_deg, self.wavelengths, _PHASES_DEG):
            yield grating(size, orientation, wavelength, phase)


def gratings_for(plan: Plan) -> Gratings:
    """The default gratings: wavelengths from 3 pixels to 24, about twice AlexNet's 11x11 kernels, or the input's size.

    Orientations every 15 degrees and wavelengths an octave apart, 192 pictures; for a small network every 7.5 degrees
    and half an octave apart, 672 pictures.

        >>> from striate.tables import load_plan
        >>> gratings_for(load_plan("resnet50")).wavelengths
        (3.0, 6.0, 12.0, 24.0)
    """
    fine = 2 if _is_quick(plan) else 1
    wavelengths = tuple(3.0 * 2 ** (step / fine) for step in range(3 * fine + 1))
    orientations = tuple(step * 15.0 / fine for step in range(12 * fine))
    return Gratings(orientations, tuple(w for w in wavelengths if w <= max(plan.table.input[1:])))


@dataclass(frozen=True)
class Tuning:
    """The responses of a row's units to gratings: one unit of each map, at `unit` (row, column), or each dense unit.

    `responses` (units, orientations) is the rise of the unit's value above that at mid-gray for the best grating of an
    orientation, at least 0, and 0 for a unit that gratings mostly inhibit (`excitation`); `wavelengths` (units,) is
    that of the best grating of all, in pixels; `preferred_deg` and `selectivity` (units,) are those of
    `preferred_orientation`.
    """

    path: str
    unit: tuple[int, int] | None
    orientations_deg: Values
    responses: Values
    wavelengths: Values
    preferred_deg: Values
    selectivity: Values

    @property
    def clearest(self) -> int:
        """The unit with the longest resultant, which is strong and selective; if possible one above `SELECTIVE`."""
        return clearest(self.responses, self.selectivity)


def measure_tuning(
    network: Network, paths: Sequence[str], gratings: Gratings | None = None, *, on_progress: OnProgress | None = None
) -> dict[str, Tuning]:
    """The tuning of several rows, by their paths; every picture goes through the network once for all rows.

    A sinusoid is fitted to a unit's values over the four phases of a grating, and its peak is the response: the mean
    (F0) plus the amplitude of the first harmonic (F1; Movshon, Thompson and Tolhurst 1978). For a linear unit that is
    exactly the response to the best phase; a unit that responds equally to all phases (Hubel and Wiesel's complex cell)
    has F0 only. StriateError if there is no such row.

        >>> measure_tuning(build("lenet5", seed=0), ["C1"])["C1"].responses.shape
        (6, 24)
    """
    gratings = gratings or gratings_for(network.plan)
    size = network.table.input[1:]
    shown = (blank(size), *gratings.pictures(size))
    return {
        path: _tuning(path, middle_or_none(network.plan, path), values, gratings)
        for path, values in unit_values(network, paths, shown, on_progress).items()
    }


def _tuning(path: str, unit: tuple[int, int] | None, values: Values, gratings: Gratings) -> Tuning:
    """The tuning from a row's values (pictures, units), the first of them at mid-gray."""
    orientations, wavelengths = np.array(gratings.orientations_deg), np.array(gratings.wavelengths)
    spontaneous, shown = values[0], values[1:].reshape(len(orientations), len(wavelengths), len(_PHASES_DEG), -1)
    first_harmonic = np.hypot(shown[:, :, 0] - shown[:, :, 2], shown[:, :, 1] - shown[:, :, 3]) / 2
    peaks = shown.mean(axis=2) + first_harmonic  # (orientations, wavelengths, units)
    responses = excitation(peaks, spontaneous, values.min(axis=0))
    best = responses.max(axis=0).argmax(axis=0)
    by_orientation = responses.max(axis=1).T
    return Tuning(
        path,
        unit,
        orientations,
        by_orientation,
        wavelengths[best],
        *preferred_orientation(orientations, by_orientation),
    )


def excitation(values: Values, spontaneous: Values, lowest: Values) -> Values:
    """The rise of values (..., units) above that without a stimulus (units,); 0 where there is none beyond rounding.

    All of a unit's values are 0 if its largest rise is less than a fifth of its largest fall, to `lowest` (units,).

        >>> values, lowest = np.array([[3.0, 2.000001, 2.1], [1.0, 2.0, -3.0]]), np.array([1.0, 2.0, -3.0])
        >>> excitation(values, np.array([2.0, 2.0, 2.0]), lowest)
        array([[1., 0., 0.],
               [0., 0., 0.]])
    """
    added = values - spontaneous
    strongest = added.max(axis=tuple(range(added.ndim - 1)))
    counts = (added > _ROUNDING * np.abs(spontaneous)) & (strongest >= _EXCITED * (spontaneous - lowest))
    return np.where(counts, added, 0)


def clearest(responses: Values, selectivity: Values) -> int:
    """The unit with the longest resultant of its responses (units, orientations), if possible a selective one."""
    length = selectivity * responses.sum(axis=1)
    selective = selectivity >= SELECTIVE
    return int(np.where(selective, length, 0).argmax() if selective.any() else length.argmax())


def preferred_orientation(orientations_deg: Values, responses: Values) -> tuple[Values, Values]:
    """Preferred orientation in degrees and selectivity (units,) of responses R (units, orientations), not below 0.

    The first is half the angle of the resultant, the sum of R exp(2 i orientation), in [0, 180), since orientations
    are equal modulo 180 degrees; the second its length divided by the sum of R, which is 1 minus the circular variance:
    0 if all responses are equal, 1 if the unit responds to a single orientation. A unit without responses has
    selectivity 0 and preference nan.
    Source: Swindale 1998; Ringach, Shapley and Hawken 2002.

        >>> orientations, responses = np.array([0.0, 45.0, 90.0, 135.0]), np.array([[0.0, 1.0, 0.0, 0.0]])
        >>> preferred, selectivity = preferred_orientation(orientations, responses)
        >>> preferred.round(), selectivity.round()
        (array([45.]), array([1.]))
    """
    resultant = responses @ np.exp(2j * np.deg2rad(orientations_deg))
    total = responses.sum(axis=1)
    unresponsive = total == 0
    selectivity = np.abs(resultant) / np.where(unresponsive, 1, total)
    degrees = np.rad2deg(np.angle(resultant)) / 2 % 180
    preferred = np.where(degrees == 180, 0, degrees)  # an angle a rounding error below 0, modulo 180, is 180
    return np.where(unresponsive, np.nan, preferred), selectivity


def unit_values(
    network: Network, paths: Sequence[str], pictures: Sequence[Picture], on_progress: OnProgress | None = None
) -> dict[str, Values]:
    """The rows' values for pictures of luminance, by path: (pictures, units), a map's middle unit or every dense one.

    The pictures are processed in batches, and only the middle units' values are kept in memory.
    """
    units = {path: middle_or_none(network.plan, path) for path in paths}
    parts: dict[str, list[Values]] = {path: [] for path in units}
    shown = 0
    for batch in _batches(pictures, max(1, _MAX_PIXELS_PER_BATCH // math.prod(network.table.input[1:]))):
        activations = record_activations(network, as_input(batch, network.table), list(units))
        for path, unit in units.items():
            output = activations[path].output
            parts[path].append((output if unit is None else output[:, :, *unit]).double().numpy())
        shown += len(batch)
        if on_progress:
            on_progress(shown, len(pictures))
    return {path: np.concatenate(values) for path, values in parts.items()}


def untrained_selectivity(
    plan: Plan,
    paths: Sequence[str],
    gratings: Gratings | None = None,
    *,
    device: torch.device | str = "cpu",
    on_progress: OnProgress | None = None,
) -> dict[str, Values]:
    """The control for what learning adds: the selectivity of these rows' units in untrained networks.

    The weights are those of the table's initialization; for a small network of four, whose units are concatenated.
    Batch normalization gets the statistics of the gratings: at initialization it normalizes nothing (mean 0, variance
    1), so that the activations of deep networks would drift or vanish, as they do not in training. Untrained units can
    be selective: a threshold cuts off weak responses, which sharpens any tuning curve.
    """
    gratings = gratings or gratings_for(plan)
    draws = _DRAWS if _is_quick(plan) else 1
    pooled: dict[str, list[Values]] = {path: [] for path in paths}
    for seed in range(draws):
        report = partial(_report_progress, on_progress, seed, draws) if on_progress else None
        for path, untrained in measure_tuning(
            _untrained(plan, gratings, seed, device), paths, gratings, on_progress=report
        ).items():
            pooled[path].append(untrained.selectivity)
    return {path: np.concatenate(parts) for path, parts in pooled.items()}


def selective_share(selectivity: Values) -> float:
    """The share of units whose selectivity is at least `SELECTIVE`."""
    return float((selectivity >= SELECTIVE).mean())


def _untrained(plan: Plan, gratings: Gratings, seed: int, device: torch.device | str) -> Network:
    """A network in evaluation mode, its batch normalization fed with each grating in one phase, in mixed batches."""
    network = build(plan.table, seed=seed).to(device).eval()
    if batch_norms(network):
        pictures = list(gratings.pictures(plan.table.input[1:]))[:: len(_PHASES_DEG)]
        order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))
        parts = order.tensor_split(math.ceil(len(pictures) / _CALIBRATION_BATCH))
        update_batch_norms(network, (as_input([pictures[index] for index in part], plan.table) for part in parts))
    return network


def _is_quick(plan: Plan) -> bool:
    return total_cost(plan).macs < _QUICK_MACS


def _report_progress(on_progress: OnProgress, draw: int, draws: int, shown: int, pictures: int) -> None:
    on_progress(draw * pictures + shown, draws * pictures)


def middle_or_none(plan: Plan, path: str) -> tuple[int, int] | None:
    """(row, column) of the unit in the middle of a row's maps; None if the row has no maps."""
    step = plan.step(path)
    return middle_unit(step) if len(step.output) == 3 else None


def _batches(pictures: Sequence[Picture], size: int) -> Iterator[Sequence[Picture]]:
    for begin in range(0, len(pictures), size):
        yield pictures[begin : begin + size]
