"""The reports on trainings: the gradient of plain and residual networks, and pooling of three kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from striate.data import Batches, DataOptions, Dataset, load_dataset
from striate.inspection.learning import LearningRecord, measure_learning
from striate.inspection.learning_view import learning_view
from striate.inspection.pooling_comparison import compare_pooling
from striate.inspection.pooling_comparison_view import pooling_comparison_view
from striate.inspection.shortcuts import ShortcutFlow, shortcut_flow
from striate.inspection.shortcuts_view import shortcuts_view
from striate.inspection.view import View
from striate.nn import build
from striate.tables import Add, Table

Progress = Callable[[str, int, int], None]
"""Called with a title, the number of steps that are done, and their total."""


def learning_sections(
    tables: Sequence[Table],
    data: str,
    options: DataOptions,
    seed: int,
    device: str | None,
    on_progress: Progress,
    on_listed: Callable[[str], None],
) -> Iterator[View]:
    """The gradient at each layer while the tables train on a data set, and its two paths through residual units.

    Errors as from `measure_learning`.
    """
    learnings, flows = [], {}
    for table in tables:
        dataset = load_dataset(data, table, options, on_listed=on_listed if table is tables[0] else _ignore)
        learnings.append(
            measure_learning(
                table, dataset, seed=seed, device=device, on_step=partial(on_progress, f"training {table.name}")
            )
        )
        flows.update(_shortcut_flows(learnings[-1], dataset, seed))
    yield learning_view(learnings)
    if flows:
        yield shortcuts_view(flows)


def pooling_sections(
    table: Table,
    data: str,
    options: DataOptions,
    seed: int,
    device: str | None,
    on_progress: Progress,
    on_listed: Callable[[str], None],
) -> Iterator[View]:
    """The effect of pooling for a table on a data set. Errors as from `compare_pooling`."""
    dataset = load_dataset(data, table, options, on_listed=on_listed)
    yield pooling_comparison_view(
        compare_pooling(table, dataset, seed=seed, device=device, on_progress=partial(on_progress, "training"))
    )


def _ignore(_line: str) -> None:
    """The same folder again."""


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
