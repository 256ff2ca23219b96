"""The reports on trainings: the gradient of plain and residual networks, and pooling of three kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from striate.data import Batches, Dataset
from striate.inspection.learning import LearningRecord, measure_learning
from striate.inspection.learning_view import learning_view
from striate.inspection.pooling_comparison import compare_pooling
from striate.inspection.pooling_comparison_view import pooling_comparison_view
from striate.inspection.shortcuts import ShortcutFlow, shortcut_flow
from striate.inspection.shortcuts_view import shortcuts_view
from striate.inspection.view import View
from striate.nn import build
from striate.tables import Add, Table


@dataclass(frozen=True)
class TrainingSetup:
    """On what, from where and how the tables of a report are trained.

    `load` gives the data set as a table needs it, `seed` is that of the initialization, `device` a name as of
    `find_device`; `on_progress(title, done, total)` counts training steps.
    """

    load: Callable[[Table], Dataset]
    seed: int
    device: str | None
    on_progress: Callable[[str, int, int], None]


def learning_sections(tables: Sequence[Table], setup: TrainingSetup) -> Iterator[View]:
    """The gradient at each layer while the tables train on a data set, and its two paths through residual units.

    Errors as from `measure_learning`.
    """
    learnings, flows = [], {}
    for table in tables:
        dataset = setup.load(table)
        on_step = partial(setup.on_progress, f"training {table.name}")
        learnings.append(measure_learning(table, dataset, seed=setup.seed, device=setup.device, on_step=on_step))
        flows.update(_shortcut_flows(learnings[-1], dataset, setup.seed))
    yield learning_view(learnings)
    if flows:
        yield shortcuts_view(flows)


def pooling_sections(table: Table, setup: TrainingSetup) -> Iterator[View]:
    """The effect of pooling for a table on a data set. Errors as from `compare_pooling`."""
    on_progress = partial(setup.on_progress, "training")
    yield pooling_comparison_view(
        compare_pooling(table, setup.load(table), seed=setup.seed, device=setup.device, on_progress=on_progress)
    )


def _shortcut_flows(learning: LearningRecord, dataset: Dataset, seed: int) -> dict[str, tuple[ShortcutFlow, ...]]:
    """The flows at initialization and after the last measured step, on one batch; nothing without shortcuts."""
    table = learning.table
    if not any(isinstance(row, Add) for row in table.rows):
        return {}
    batch = next(Batches(dataset.train, table, workers=0).epoch(1))
    times = {"at initialization": build(table, seed=seed), f"after {len(learning.losses)} steps": learning.network}
    return {
        f"{table.name}, {when}": shortcut_flow(network, batch.images, batch.labels) for when, network in times.items()
    }
