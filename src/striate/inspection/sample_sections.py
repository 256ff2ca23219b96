"""A tour of a network with one picture: every view, in the order of the notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from striate.analysis import total_cost
from striate.inspection.arithmetic import Unit
from striate.inspection.attribution import attribute, attribution_methods, completeness_gap
from striate.inspection.bar_stimuli import bar_experiment
from striate.inspection.filters import classic_kernel, kernels, learn_filter
from striate.inspection.hooks import Activations, convolutions, middle_unit, record_activations
from striate.inspection.invariance import probabilities_under
from striate.inspection.perturbations import PERTURBATIONS
from striate.inspection.receptive_field import receptive_field_map
from striate.inspection.sample import Sample, class_index
from striate.inspection.tuning import Gratings, gratings_for, measure_tuning, untrained_selectivity
from striate.inspection.unit import check_unit, strongest_unit, trace_unit
from striate.inspection.views.answer import answer_view
from striate.inspection.views.attribution import attribution_view
from striate.inspection.views.bars import bars_view
from striate.inspection.views.filters import classic_view, kernels_view, learned_view
from striate.inspection.views.invariance import sweep_view
from striate.inspection.views.maps import overview_view, sheet_view
from striate.inspection.views.seen import receptive_field_view
from striate.inspection.views.tuning import selectivity_view, tuning_view
from striate.inspection.views.unit import unit_view
from striate.inspection.views.view import View
from striate.nn import Model, Network
from striate.tables import Conv, Dense, Step, format_shape

_FIELDS, _LEARNED, _LEARNED_SIDE = 8, "sobel_x", 64
_SLOW_MACS, _COARSE = 1e9, Gratings(tuple(22.5 * step for step in range(8)), (6.0, 12.0))
"""Of networks above this, all rows see these gratings only: 64 pictures, where others see 192."""


@dataclass(frozen=True)
class Section:
    """A part of a tour: what it shows, and its views, each as soon as it is made."""

    what: str
    views: Callable[[], Iterator[View]]


@dataclass(frozen=True)
class InspectionTarget:
    """What a tour looks at closely: a row, a unit of it, a class.

    None: the first convolution, its strongest unit for the picture, the likeliest class.
    """

    row: str | None = None
    unit: Unit | None = None
    label: str | None = None


@dataclass(frozen=True)
class _Subject:
    """The picture in the network: what each row got and gave, and what is looked at closely."""

    model: Model
    seen: Sample
    passed: Mapping[str, Activations]
    target: int
    step: Step
    choice: InspectionTarget

    @property
    def network(self) -> Network:
        """The model's network."""
        return self.model.network


def sample_sections(model: Model, seen: Sample, choice: InspectionTarget) -> list[Section]:
    """The views of a picture. StriateError if what is chosen is not there."""
    subject = _subject(model, seen, choice)
    return [Section(what, partial(views, subject)) for what, views in _PARTS]


def _subject(model: Model, seen: Sample, choice: InspectionTarget) -> _Subject:
    plan = model.network.plan
    first = next((step.path for step in convolutions(plan)), plan.steps[0].path)
    step = plan.step(choice.row or first)
    if choice.unit is not None:
        check_unit(step, choice.unit)
    target = None if choice.label is None else class_index(model, choice.label)
    with torch.no_grad():
        passed = record_activations(model.network, seen.input_NCHW, [each.path for each in plan.flat])
    if target is None:
        target = int(passed[plan.steps[-1].path].output[0].argmax())
    return _Subject(model, seen, passed, target, step, choice)


def _answer(subject: _Subject) -> Iterator[View]:
    logits = subject.passed[subject.network.plan.steps[-1].path].output[0]
    yield answer_view(subject.seen, subject.model.classes, logits)


def _filters(subject: _Subject) -> Iterator[View]:
    picture = subject.seen.fitted_CHW
    yield classic_view(subject.seen)
    if (middle := _middle(picture, _LEARNED_SIDE)).min() < middle.max():
        part = "" if middle.shape == picture.shape else f"the middle {format_shape(tuple(middle.shape[1:]))} pixels of "
        yield learned_view(_LEARNED, learn_filter(middle, classic_kernel(_LEARNED)), f"{part}this picture")


def _kernels(subject: _Subject) -> Iterator[View]:
    for path in _close_rows(subject):
        if isinstance(subject.network.plan.step(path).row, Conv):
            yield kernels_view(subject.network, path)


def _maps(subject: _Subject) -> Iterator[View]:
    yield overview_view(subject.seen, subject.network.plan.steps, subject.passed)
    if len(subject.step.output) == 3:
        yield sheet_view(subject.step, subject.passed[subject.step.path])


def _units(subject: _Subject) -> Iterator[View]:
    plan = subject.network.plan
    last = plan.steps[-1]
    for path in dict.fromkeys([*_close_rows(subject), last.path]):
        step = plan.step(path)
        unit = strongest_unit(subject.passed[path].output)
        if path == subject.step.path and subject.choice.unit is not None:
            unit = subject.choice.unit
        elif path == last.path:
            unit = (subject.target,)
        yield unit_view(subject.seen, plan, trace_unit(subject.network, step, unit, subject.passed))


def _fields(subject: _Subject) -> Iterator[View]:
    """Of rows evenly through the network, the chosen one among them."""
    plan = subject.network.plan
    steps = plan.steps
    chosen = (
        [steps[round(i * (len(steps) - 1) / (_FIELDS - 1))] for i in range(_FIELDS)] if len(steps) > _FIELDS else steps
    )
    fields = []
    for path in dict.fromkeys([subject.step.path, *(step.path for step in chosen)]):
        step = plan.step(path)
        place = middle_unit(step) if len(step.output) == 3 else None
        fields.append(receptive_field_map(subject.network, subject.seen.input_NCHW, path, place))
    yield receptive_field_view(subject.seen, fields)


def _cortex(subject: _Subject) -> Iterator[View]:
    """Hubel and Wiesel's experiment on the units of the chosen row, and on the clearest of them."""
    network, path = subject.network, subject.step.path
    tuned = measure_tuning(network, [path])[path]
    sees_picture = isinstance(subject.step.row, Conv) and path == network.table.rows[0].name
    yield tuning_view(tuned, kernels(network, path) if sees_picture else None)
    yield bars_view(bar_experiment(network, tuned, tuned.clearest))


def _selectivity(subject: _Subject) -> Iterator[View]:
    """Of every row with weights, the network's and an untrained one's."""
    plan = subject.network.plan
    weighted = [step.path for step in plan.flat if isinstance(step.row, Conv | Dense)]
    gratings = _COARSE if total_cost(plan).macs > _SLOW_MACS else gratings_for(plan)
    tuned = measure_tuning(subject.network, weighted, gratings)
    yield selectivity_view(tuned, untrained_selectivity(plan, weighted, gratings))


def _changed(subject: _Subject) -> Iterator[View]:
    responses = [
        probabilities_under(subject.network, subject.seen.fitted_CHW, change) for change in PERTURBATIONS.values()
    ]
    yield sweep_view(responses, subject.model.classes, subject.seen.name)


def _attributed(subject: _Subject) -> Iterator[View]:
    network, image_NCHW, target = subject.network, subject.seen.input_NCHW, subject.target
    found = {method: attribute(network, image_NCHW, target, method) for method in attribution_methods(network.plan)}
    left_out = completeness_gap(network, image_NCHW, found["integrated_gradients"])
    yield attribution_view(subject.seen, list(found.values()), subject.model.classes[target], left_out)


_PARTS: tuple[tuple[str, Callable[[_Subject], Iterator[View]]], ...] = (
    ("the answer", _answer),
    ("filters", _filters),
    ("kernels", _kernels),
    ("feature maps", _maps),
    ("a unit's arithmetic", _units),
    ("receptive fields", _fields),
    ("bars and gratings", _cortex),
    ("selectivity", _selectivity),
    ("changed pictures", _changed),
    ("attributions", _attributed),
)


def _middle(picture_CHW: Tensor, side: int) -> Tensor:
    """The middle part of a picture, at most so many pixels high and wide."""
    top, left = (max(0, size - side) // 2 for size in picture_CHW.shape[1:])
    return picture_CHW[:, top : top + side, left : left + side]


def _close_rows(subject: _Subject) -> list[str]:
    """The row that was chosen; else the first convolution, and the next one that sees a window of many maps."""
    if subject.choice.row is not None:
        return [subject.step.path]
    deep = (step.path for step in convolutions(subject.network.plan)[1:] if step.window and step.window.area > 1)
    return list(dict.fromkeys([subject.step.path, *list(deep)[:1]]))
