"""Tours of tables that learn: the gradient plain and residual, and pooling of three kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from striate.data import Batches, DataOptions, Dataset, load_dataset
from striate.inspection.learning import Learning, measure_learning
from striate.inspection.pooling import compare_pooling
from striate.inspection.shortcuts import UnitFlow, shortcut_flow
from striate.inspection.views.learning import learning_view
from striate.inspection.views.pooling import pooling_view
from striate.inspection.views.shortcuts import shortcut_view
from striate.inspection.views.view import View
from striate.nn import build
from striate.tables import Add, Table

Progress = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many steps are done."""


def learning_sections(
    tables: Sequence[Table], data: str, options: DataOptions, seed: int, on_progress: Progress
) -> Iterator[View]:
    """The gradient at each layer while the tables learn a data set, and its two ways through residual units.

    Errors as from `measure_learning`.
    """
    learnings, flows = [], {}
    for table in tables:
        dataset = load_dataset(data, table, options)
        learnings.append(
            measure_learning(table, dataset, seed=seed, on_step=partial(on_progress, f"{table.name} learns"))
        )
        flows.update(_two_ways(learnings[-1], dataset, seed))
    yield learning_view(learnings)
    if flows:
        yield shortcut_view(flows)


def pooling_sections(table: Table, data: str, options: DataOptions, seed: int, on_progress: Progress) -> Iterator[View]:
    """What pooling buys a table on a data set. Errors as from `compare_pooling`."""
    dataset = load_dataset(data, table, options)
    yield pooling_view(compare_pooling(table, dataset, seed=seed, on_progress=partial(on_progress, "training")))


def _two_ways(learning: Learning, dataset: Dataset, seed: int) -> dict[str, tuple[UnitFlow, ...]]:
    """By either way at the first weights and at the last measured ones, on one batch; nothing without shortcuts."""
    table = learning.table
    if not any(isinstance(row, Add) for row in table.rows):
        return {}
    batch = next(Batches(dataset.train, table, workers=0).epoch(1))
    times = {"first weights": build(table, seed=seed), f"{len(learning.losses)} steps later": learning.network}
    return {
        f"{table.name}, {when}": shortcut_flow(network, batch.images, batch.labels) for when, network in times.items()
    }
