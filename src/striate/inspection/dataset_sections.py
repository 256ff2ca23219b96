"""A tour of a network with a data set: what needs many pictures, in the order of the notes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from striate.analysis import total_cost
from striate.data import Dataset, validation_batches
from striate.inspection.activity import activity, at_initialization
from striate.inspection.attribution import default_layer
from striate.inspection.feature_space import feature_space, last_hidden
from striate.inspection.hooks import convolutions
from striate.inspection.invariance import accuracy_under
from striate.inspection.sample_sections import Section
from striate.inspection.top_patches import top_patches
from striate.inspection.views.activity import activity_view
from striate.inspection.views.exciting import top_patches_view
from striate.inspection.views.invariance import robustness_view
from striate.inspection.views.space import neighbours_view, space_view
from striate.inspection.views.view import View
from striate.nn import Model
from striate.tables import Plan

_MANY, _FEW, _QUICK_MACS = 1000, 100, 50e6
"""Pictures that a network goes over, and a slow one; multiply-adds of a picture up to which it is quick."""


def dataset_sections(model: Model, dataset: Dataset, row: str | None) -> list[Section]:
    """The views of a data set; what excites `row`, or the first, the last wide and the last hidden row, most.

    At most 1,000 held-out pictures are looked at, taken evenly, or 100 where the network is large. StriateError if
    there is no such row; DataError if the data set has other classes than the model.
    """
    plan = model.network.plan
    dataset.check_classes(model.classes)
    rows = _rows(plan) if row is None else [plan.step(row).path]
    return [
        Section("changed pictures", partial(_changed, model, dataset)),
        Section("activations", partial(_active, model, dataset)),
        *(Section(f"what excites {path}", partial(_excites, model, dataset, path)) for path in rows),
        Section("feature space", partial(_space, model, dataset)),
    ]


def _changed(model: Model, dataset: Dataset) -> Iterator[View]:
    limit = _at_most(model.network.plan)
    found = accuracy_under(model.network, dataset.validation, limit=limit)
    yield robustness_view(found, model.network.table, dataset.name)


def _active(model: Model, dataset: Dataset) -> Iterator[View]:
    images_NCHW = _inputs(dataset, model.network.plan)
    trained = activity(model.network, images_NCHW)
    yield activity_view(trained, activity(at_initialization(model.network.table, images_NCHW), images_NCHW))


def _space(model: Model, dataset: Dataset) -> Iterator[View]:
    at_most = _at_most(model.network.plan)
    space = feature_space(model.network, dataset, at_most=at_most)
    yield space_view(space)
    yield neighbours_view(space)


def _excites(model: Model, dataset: Dataset, path: str) -> Iterator[View]:
    images = dataset.validation.subsample(_at_most(model.network.plan))
    yield top_patches_view(top_patches(model.network, images, path), dataset.classes)


def _inputs(dataset: Dataset, plan: Plan) -> Tensor:
    return torch.cat(list(validation_batches(dataset.validation.subsample(_at_most(plan)), plan.table)))


def _at_most(plan: Plan) -> int:
    return _MANY if total_cost(plan).macs < _QUICK_MACS else _FEW


def _rows(plan: Plan) -> list[str]:
    """The first convolution, the last row with maps to look at, and the last hidden row, as far as there are."""
    return list(
        dict.fromkeys([*(step.path for step in convolutions(plan)[:1]), default_layer(plan), last_hidden(plan)])
    )
