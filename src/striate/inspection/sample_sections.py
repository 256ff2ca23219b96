"""The report on a network and one picture: all sections, in the order of the notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from striate.analysis import total_cost
from striate.inspection.arithmetic import Unit
from striate.inspection.attribution import attribute, attribution_methods, completeness_gap
from striate.inspection.attribution_view import attribution_view
from striate.inspection.augmentation import augment_picture, class_probabilities
from striate.inspection.augmentation_view import augmentation_view
from striate.inspection.bar_stimuli import bar_experiment
from striate.inspection.bar_stimuli_view import bar_experiment_view
from striate.inspection.dropout import dropout_ensemble
from striate.inspection.dropout_view import dropout_view
from striate.inspection.feature_maps_view import feature_maps_view, layer_maps_view
from striate.inspection.filters import classic_kernel, kernels
from striate.inspection.filters_view import classic_filters_view, kernels_view, learned_filter_view
from striate.inspection.hooks import Activations, convolutions, middle_unit, record_activations
from striate.inspection.invariance import probabilities_under
from striate.inspection.invariance_view import sweep_view
from striate.inspection.learned_filter import learn_filter
from striate.inspection.perturbations import PERTURBATIONS
from striate.inspection.pooled_picture_view import pooled_picture_view
from striate.inspection.prediction_view import prediction_view
from striate.inspection.receptive_field import receptive_field_map
from striate.inspection.receptive_field_view import receptive_field_view
from striate.inspection.sample import Sample, class_index
from striate.inspection.tuning import Gratings, gratings_for, measure_tuning, untrained_selectivity
from striate.inspection.tuning_view import selectivity_view, tuning_view
from striate.inspection.unit import check_unit, strongest_unit, trace_unit
from striate.inspection.unit_view import unit_view
from striate.inspection.view import Section, View
from striate.nn import Model, Network, check_logits, device_of
from striate.tables import Conv, Dense, Dropout, Step, format_shape

_MAX_FIELDS, _LEARNED_FILTER, _LEARNED_SIDE = 8, "sobel_x", 64
_THINNED = 32
"""Networks whose units are dropped."""
_SLOW_MACS, _COARSE_GRATINGS = 1e9, Gratings(tuple(22.5 * step for step in range(8)), (6.0, 12.0))
"""Networks with more MACs get only these gratings in the section on all rows: 64 pictures instead of 192."""


@dataclass(frozen=True)
class InspectionTarget:
    """What a report inspects in detail: a row, a unit of it, a class.

    None: the first convolution, its strongest unit for the picture, the most probable class.
    """

    row: str | None = None
    unit: Unit | None = None
    label: str | None = None


@dataclass(frozen=True)
class _Subject:
    """A model, a picture, and the activations of every row; with the row, unit and class to inspect in detail."""

    model: Model
    sample: Sample
    activations: Mapping[str, Activations]
    step: Step
    class_index: int
    target: InspectionTarget

    @property
    def network(self) -> Network:
        """The model's network."""
        return self.model.network


def sample_sections(model: Model, sample: Sample, target: InspectionTarget) -> list[Section]:
    """The sections on a picture. StriateError if the model has no such row, unit or class; ModelError if a logit is not
    finite."""
    subject = _subject(model, sample, target)
    return [Section(title, partial(views, subject)) for title, views in _SECTIONS]


def _subject(model: Model, sample: Sample, target: InspectionTarget) -> _Subject:
    plan = model.network.plan
    first = next((step.path for step in convolutions(plan)), plan.steps[0].path)
    step = plan.step(target.row or first)
    if target.unit is not None:
        check_unit(step, target.unit)
    index = None if target.label is None else class_index(model, target.label)
    with torch.no_grad():
        activations = record_activations(model.network, sample.input_NCHW, [each.path for each in plan.flat])
    logits = check_logits(activations[plan.steps[-1].path].output[0])
    if index is None:
        index = int(logits.argmax())
    return _Subject(model, sample, activations, step, index, target)


def _prediction(subject: _Subject) -> Iterator[View]:
    logits = subject.activations[subject.network.plan.steps[-1].path].output[0]
    yield prediction_view(subject.sample, subject.model.classes, logits, temperature=subject.model.temperature)


def _filters(subject: _Subject) -> Iterator[View]:
    picture = subject.sample.fitted_CHW
    yield classic_filters_view(subject.sample)
    if (crop := _central_crop(picture, _LEARNED_SIDE)).min() < crop.max():
        part = "" if crop.shape == picture.shape else f"the middle {format_shape(tuple(crop.shape[1:]))} pixels of "
        yield learned_filter_view(
            _LEARNED_FILTER, learn_filter(crop, classic_kernel(_LEARNED_FILTER)), f"{part}this picture"
        )


def _kernels(subject: _Subject) -> Iterator[View]:
    for path in _inspected_rows(subject):
        if isinstance(subject.network.plan.step(path).row, Conv):
            yield kernels_view(subject.network, path)


def _maps(subject: _Subject) -> Iterator[View]:
    yield feature_maps_view(subject.sample, subject.network.plan.steps, subject.activations)
    if len(subject.step.output) == 3:
        yield layer_maps_view(subject.step, subject.activations[subject.step.path])


def _units(subject: _Subject) -> Iterator[View]:
    plan = subject.network.plan
    last = plan.steps[-1]
    for path in dict.fromkeys([*_inspected_rows(subject), last.path]):
        step = plan.step(path)
        unit = strongest_unit(subject.activations[path].output)
        if path == subject.step.path and subject.target.unit is not None:
            unit = subject.target.unit
        elif path == last.path:
            unit = (subject.class_index,)
        yield unit_view(subject.sample, plan, trace_unit(subject.network, step, unit, subject.activations))


def _fields(subject: _Subject) -> Iterator[View]:
    """The fields of rows evenly spaced through the network, and of the inspected row."""
    plan = subject.network.plan
    steps = plan.steps
    chosen = (
        [steps[round(i * (len(steps) - 1) / (_MAX_FIELDS - 1))] for i in range(_MAX_FIELDS)]
        if len(steps) > _MAX_FIELDS
        else steps
    )
    fields = []
    for path in dict.fromkeys([subject.step.path, *(step.path for step in chosen)]):
        step = plan.step(path)
        place = middle_unit(step) if len(step.output) == 3 else None
        fields.append(receptive_field_map(subject.network, subject.sample.input_NCHW, path, place))
    yield receptive_field_view(subject.sample, fields)


def _orientation(subject: _Subject) -> Iterator[View]:
    """Orientation tuning of the inspected row, and the bar experiment on its clearest unit."""
    network, path = subject.network, subject.step.path
    tuning = measure_tuning(network, [path])[path]
    reads_picture = isinstance(subject.step.row, Conv) and path == network.table.rows[0].name
    yield tuning_view(tuning, kernels(network, path) if reads_picture else None)
    yield bar_experiment_view(bar_experiment(network, tuning, tuning.clearest))


def _selectivity(subject: _Subject) -> Iterator[View]:
    """The selectivity of every row with weights, and of untrained networks."""
    plan = subject.network.plan
    weighted = [step.path for step in plan.flat if isinstance(step.row, Conv | Dense)]
    gratings = _COARSE_GRATINGS if total_cost(plan).macs > _SLOW_MACS else gratings_for(plan)
    tunings = measure_tuning(subject.network, weighted, gratings)
    untrained = untrained_selectivity(plan, weighted, gratings, device=device_of(subject.network))
    yield selectivity_view(tunings, untrained)


def _perturbations(subject: _Subject) -> Iterator[View]:
    sweeps = [
        probabilities_under(
            subject.network, subject.sample.fitted_CHW, perturbation, temperature=subject.model.temperature
        )
        for perturbation in PERTURBATIONS.values()
    ]
    yield sweep_view(sweeps, subject.model.classes, subject.sample.name)


def _pooling(subject: _Subject) -> Iterator[View]:
    if min(subject.sample.fitted_CHW.shape[1:]) > 1:  # else a window of 2x2 does not fit
        yield pooled_picture_view(subject.sample, subject.network.table)


def _dropout(subject: _Subject) -> Iterator[View]:
    """Of a network whose training drops units."""
    if any(isinstance(row, Dropout) for row in subject.network.table.rows):
        ensemble = dropout_ensemble(
            subject.network, subject.sample.input_NCHW, draws=_THINNED, temperature=subject.model.temperature
        )
        yield dropout_view(ensemble, subject.model.classes)


def _augmentation(subject: _Subject) -> Iterator[View]:
    """Of a network whose training varies its pictures."""
    table = subject.network.table
    if not table.recipe.augmentation:
        return
    made = augment_picture(np.ascontiguousarray(subject.sample.fitted_CHW.permute(1, 2, 0).numpy()), table)
    inputs_NCHW = torch.cat([subject.sample.input_NCHW, made.inputs_NCHW])
    unchanged, *answers = class_probabilities(subject.network, inputs_NCHW).argmax(dim=1)
    yield augmentation_view(made, torch.stack(answers), int(unchanged), subject.model.classes)


def _attributions(subject: _Subject) -> Iterator[View]:
    network, image_NCHW, index = subject.network, subject.sample.input_NCHW, subject.class_index
    attributions = {
        method: attribute(network, image_NCHW, index, method) for method in attribution_methods(network.plan)
    }
    gap = completeness_gap(network, image_NCHW, attributions["integrated_gradients"])
    yield attribution_view(subject.sample, list(attributions.values()), subject.model.classes[index], gap)


_SECTIONS: tuple[tuple[str, Callable[[_Subject], Iterator[View]]], ...] = (
    ("prediction", _prediction),
    ("filters", _filters),
    ("kernels", _kernels),
    ("feature maps", _maps),
    ("unit arithmetic", _units),
    ("receptive fields", _fields),
    ("orientation tuning", _orientation),
    ("selectivity", _selectivity),
    ("pooling", _pooling),
    ("dropout", _dropout),
    ("augmentation", _augmentation),
    ("perturbations", _perturbations),
    ("attributions", _attributions),
)


def _central_crop(picture_CHW: Tensor, side: int) -> Tensor:
    """The middle of a picture, at most so many pixels high and wide."""
    top, left = (max(0, size - side) // 2 for size in picture_CHW.shape[1:])
    return picture_CHW[:, top : top + side, left : left + side]


def _inspected_rows(subject: _Subject) -> list[str]:
    """The row of the target; else the first convolution, and the next one with a kernel larger than 1x1."""
    if subject.target.row is not None:
        return [subject.step.path]
    deep = (step.path for step in convolutions(subject.network.plan)[1:] if step.window and step.window.area > 1)
    return list(dict.fromkeys([subject.step.path, *list(deep)[:1]]))
