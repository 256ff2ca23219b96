"""The report on a network and a data set: sections on what needs many pictures, in the order of the notes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from striate.analysis import total_cost
from striate.data import Dataset, ImageSet, validation_batches
from striate.inspection.activation_statistics import activation_statistics, at_initialization
from striate.inspection.activation_statistics_view import activation_statistics_view
from striate.inspection.attribution import default_layer
from striate.inspection.feature_space import feature_space, last_hidden
from striate.inspection.feature_space_view import feature_space_view, neighbours_view
from striate.inspection.hooks import convolutions
from striate.inspection.invariance import accuracy_under
from striate.inspection.invariance_view import robustness_view
from striate.inspection.top_patches import top_patches
from striate.inspection.top_patches_view import top_patches_view
from striate.inspection.view import Section, View
from striate.nn import Model, device_of
from striate.tables import Plan

_MAX_IMAGES, _MAX_IMAGES_SLOW, _SLOW_MACS = 1000, 100, 50e6
"""Pictures that are used of a data set, and for a slow network; multiply-adds from which a network is slow."""


def dataset_sections(model: Model, dataset: Dataset, row: str | None) -> list[Section]:
    """The sections on a data set; top patches of `row`, or of the first, the last wide and the last hidden row.

    At most 1,000 validation pictures are used, evenly spaced, or 100 for a large network. StriateError if there is no
    such row; DataError if the data set has other classes than the model.
    """
    plan = model.network.plan
    dataset.check_classes(model.classes)
    rows = _default_rows(plan) if row is None else [plan.step(row).path]
    limit = _MAX_IMAGES if total_cost(plan).macs < _SLOW_MACS else _MAX_IMAGES_SLOW
    images = dataset.validation.subsample(limit)
    return [
        Section("perturbations", partial(_robustness, model, dataset, images)),
        Section("activations", partial(_activations, model, images)),
        *(Section(f"top patches of {path}", partial(_top_patches, model, dataset, images, path)) for path in rows),
        Section("feature space", partial(_feature_space, model, dataset, limit)),
    ]


def _robustness(model: Model, dataset: Dataset, images: ImageSet) -> Iterator[View]:
    results = accuracy_under(model.network, images)
    yield robustness_view(results, model.network.table, dataset.name)


def _activations(model: Model, images: ImageSet) -> Iterator[View]:
    images_NCHW = torch.cat(list(validation_batches(images, model.network.table)))
    trained = activation_statistics(model.network, images_NCHW)
    untrained = at_initialization(model.network.table, images_NCHW, device=device_of(model.network))
    yield activation_statistics_view(trained, activation_statistics(untrained, images_NCHW))


def _top_patches(model: Model, dataset: Dataset, images: ImageSet, path: str) -> Iterator[View]:
    yield top_patches_view(top_patches(model.network, images, path), dataset.classes)


def _feature_space(model: Model, dataset: Dataset, limit: int) -> Iterator[View]:
    space = feature_space(model.network, dataset, max_images=limit)
    yield feature_space_view(space)
    yield neighbours_view(space)


def _default_rows(plan: Plan) -> list[str]:
    """The first convolution, the last row with maps of more than one cell, and the last hidden row; each once."""
    return list(
        dict.fromkeys([*(step.path for step in convolutions(plan)[:1]), default_layer(plan), last_hidden(plan)])
    )
