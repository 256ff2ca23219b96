"""Hubel and Wiesel's experiment on a network: to which orientation each unit responds, and how selectively.

They moved bars of light before a cat and found cells in its striate cortex that respond to one orientation only
(Hubel and Wiesel 1959, 1962). Here every unit of a row sees gratings of every orientation; a single unit sees bars too.
A map's units share their weights, so the one in the middle stands for all of them.
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
"""Called with the pictures shown so far, and with how many there are."""

SELECTIVE = 1 / 3
"""From this selectivity on a unit counts as selective for orientation: tuned as a cosine, its best orientation then
moves it five times as much as its worst. Of linear units whose kernels are noise, drawn from a normal distribution,
fewer than 1 in 100 are (5x5; 1 in 40 of 3x3, none in 2,000 of 11x11); all that are Gabor filters."""

_PHASES_DEG = (0.0, 90.0, 180.0, 270.0)
_QUICK_MACS, _DRAWS = 1e6, 4
"""A network below this (LeNet-5) sees more gratings, and is drawn as often for the control."""
_FED_AT_ONCE = 16
_PIXELS_AT_ONCE = 2**18
"""Every watched row's output is kept for as many pictures: for five of 224x224 ResNet-50 needs half a gigabyte."""
_ROUNDING = 1e-5
"""Responses below this share of the unit's value at mid-gray are float32's rounding."""


@dataclass(frozen=True)
class Gratings:
    """A set of gratings: every orientation with every wavelength (pixels), each in four phases, a quarter apart."""

    orientations_deg: tuple[float, ...]
    wavelengths: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.orientations_deg) * len(self.wavelengths) * len(_PHASES_DEG)

    def pictures(self, size: tuple[int, int]) -> Iterator[Picture]:
        """Orientation by orientation, of each wavelength by wavelength, of each phase by phase."""
        for orientation, wavelength, phase in product(self.orientations_deg, self.wavelengths, _PHASES_DEG):
            yield grating(size, orientation, wavelength, phase)


def gratings_for(plan: Plan) -> Gratings:
    """From 3 pixels, as pixels show hardly less, to 24, about twice AlexNet's 11x11 kernels, and to the input's size.

    Orientations every 15 degrees and wavelengths an octave apart, 192 pictures; where the network is quick, every 7.5
    degrees and half an octave apart, 672 pictures.

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
    """How the units of a row respond to gratings: one unit of each map, at `unit` (row, column), or each dense unit.

    `responses` (units, orientations) is what the best grating of an orientation adds to the unit's value at mid-gray,
    0 where none adds anything; `wavelengths` (units,) is that of the best grating of all, in pixels; `preferred_deg`
    and `selectivity` (units,) are those of `preferred_orientation`.
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
        """The unit with the longest resultant, that is strong and selective; of the selective ones if there are any."""
        return clearest(self.responses, self.selectivity)


def measure_tuning(
    network: Network, paths: Sequence[str], gratings: Gratings | None = None, *, on_progress: OnProgress | None = None
) -> dict[str, Tuning]:
    """The tuning of several rows at once, by their paths: every picture is shown once, whatever their number.

    Over the four phases of a grating a unit's value is taken as a sinusoid, and its peak as the response: their mean
    (F0) and the amplitude of the first harmonic (F1; Movshon, Thompson and Tolhurst 1978). Of a linear unit that is
    the best phase exactly; a unit that responds to all phases alike (Hubel and Wiesel's complex cell) has F0 only.
    StriateError if there is no such row.
    """
    gratings = gratings or gratings_for(network.plan)
    size = network.table.input[1:]
    shown = (blank(size), *gratings.pictures(size))
    return {
        path: _tuning(path, middle_or_none(network.plan, path), values, gratings)
        for path, values in unit_values(network, paths, shown, on_progress).items()
    }


def _tuning(path: str, unit: tuple[int, int] | None, values: Values, gratings: Gratings) -> Tuning:
    """From a row's values (pictures, units), the first of them at mid-gray."""
    orientations, wavelengths = np.array(gratings.orientations_deg), np.array(gratings.wavelengths)
    spontaneous, shown = values[0], values[1:].reshape(len(orientations), len(wavelengths), len(_PHASES_DEG), -1)
    first_harmonic = np.hypot(shown[:, :, 0] - shown[:, :, 2], shown[:, :, 1] - shown[:, :, 3]) / 2
    responses = excitation(shown.mean(axis=2) + first_harmonic, spontaneous)  # (orientations, wavelengths, units)
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


def excitation(values: Values, spontaneous: Values) -> Values:
    """What is added to a unit's value without a stimulus; 0 where nothing is, or no more than float32 rounds off.

    >>> excitation(np.array([3.0, 2.000001, 1.0]), np.array(2.0))
    array([1., 0., 0.])
    """
    added = values - spontaneous
    return np.where(added > _ROUNDING * np.abs(spontaneous), added, 0)


def clearest(responses: Values, selectivity: Values) -> int:
    """The unit with the longest resultant of its responses (units, orientations); a selective one if there are any."""
    length = selectivity * responses.sum(axis=1)
    selective = selectivity >= SELECTIVE
    return int(np.where(selective, length, 0).argmax() if selective.any() else length.argmax())


def preferred_orientation(orientations_deg: Values, responses: Values) -> tuple[Values, Values]:
    """Preferred orientation in degrees and selectivity (units,) of responses R (units, orientations), not below 0.

    Half the angle of the resultant, the sum of R exp(2 i orientation), as an orientation comes back after 180 degrees;
    and its length over the sum of R, which is 1 less the circular variance: 0 if all orientations are alike, 1 if the
    unit responds to a single one. A unit that responds to none has selectivity 0, and prefers nan.
    Source: Swindale 1998; Ringach, Shapley and Hawken 2002.

        >>> orientations, responses = np.array([0.0, 45.0, 90.0, 135.0]), np.array([[0.0, 1.0, 0.0, 0.0]])
        >>> preferred, selectivity = preferred_orientation(orientations, responses)
        >>> preferred.round(), selectivity.round()
        (array([45.]), array([1.]))
    """
    resultant = responses @ np.exp(2j * np.deg2rad(orientations_deg))
    in_all = responses.sum(axis=1)
    silent = in_all == 0
    selectivity = np.abs(resultant) / np.where(silent, 1, in_all)
    return np.where(silent, np.nan, np.rad2deg(np.angle(resultant)) / 2 % 180), selectivity


def unit_values(
    network: Network, paths: Sequence[str], pictures: Sequence[Picture], on_progress: OnProgress | None = None
) -> dict[str, Values]:
    """What the rows give for pictures of light, by path: (pictures, units), a map's middle unit or every dense one.

    The network sees a few at a time, and only the middle units' values are kept.
    """
    units = {path: middle_or_none(network.plan, path) for path in paths}
    parts: dict[str, list[Values]] = {path: [] for path in units}
    shown = 0
    for batch in _batches(pictures, max(1, _PIXELS_AT_ONCE // math.prod(network.table.input[1:]))):
        passed = record_activations(network, as_input(batch, network.table), list(units))
        for path, unit in units.items():
            output = passed[path].output
            parts[path].append((output if unit is None else output[:, :, *unit]).double().numpy())
        shown += len(batch)
        if on_progress:
            on_progress(shown, len(pictures))
    return {path: np.concatenate(values) for path, values in parts.items()}


def untrained_selectivity(
    plan: Plan, paths: Sequence[str], gratings: Gratings | None = None, *, on_progress: OnProgress | None = None
) -> dict[str, Values]:
    """What learning is to be compared with: the selectivity of these rows' units in networks with first weights only.

    The weights are drawn as the table says; where a network is quick, eight times, and the units stand together. Batch
    normalization has the statistics of the gratings themselves: one that was never fed normalizes nothing (mean 0,
    variance 1), so what goes through many such layers drifts and falls silent, in a way that no training lets happen.
    Such networks need not be without selectivity: a threshold cuts off the weak responses, and so sharpens any curve.
    """
    gratings = gratings or gratings_for(plan)
    draws = _DRAWS if _is_quick(plan) else 1
    pooled: dict[str, list[Values]] = {path: [] for path in paths}
    for seed in range(draws):
        report = partial(_report, on_progress, seed, draws) if on_progress else None
        for path, drawn in measure_tuning(
            _untrained(plan, gratings, seed), paths, gratings, on_progress=report
        ).items():
            pooled[path].append(drawn.selectivity)
    return {path: np.concatenate(parts) for path, parts in pooled.items()}


def selective_share(selectivity: Values) -> float:
    """The share of units that are selective, `SELECTIVE` at least."""
    return float((selectivity >= SELECTIVE).mean())


def _untrained(plan: Plan, gratings: Gratings, seed: int) -> Network:
    """A network in evaluation mode, its batch normalization fed with each grating in one phase, in mixed batches."""
    network = build(plan.table, seed=seed).eval()
    if batch_norms(network):
        pictures = list(gratings.pictures(plan.table.input[1:]))[:: len(_PHASES_DEG)]
        order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))
        parts = order.tensor_split(math.ceil(len(pictures) / _FED_AT_ONCE))
        update_batch_norms(network, (as_input([pictures[index] for index in part], plan.table) for part in parts))
    return network


def _is_quick(plan: Plan) -> bool:
    return total_cost(plan).macs < _QUICK_MACS


def _report(on_progress: OnProgress, draw: int, draws: int, shown: int, pictures: int) -> None:
    on_progress(draw * pictures + shown, draws * pictures)


def middle_or_none(plan: Plan, path: str) -> tuple[int, int] | None:
    """(row, column) of the unit in the middle of a row's maps; None if its units stand in none."""
    step = plan.step(path)
    return middle_unit(step) if len(step.output) == 3 else None


def _batches(pictures: Sequence[Picture], size: int) -> Iterator[Sequence[Picture]]:
    for begin in range(0, len(pictures), size):
        yield pictures[begin : begin + size]
