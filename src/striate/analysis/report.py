"""A table's report: every row with its shapes, cost and receptive field, and the totals; as data, as texts, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from striate.analysis.cost import Cost, row_cost
from striate.analysis.memory import inference_memory, training_memory
from striate.analysis.receptive_field import ReceptiveField, receptive_fields
from striate.markup import html_table
from striate.tables import (
    NOTATION_COLUMNS,
    Head,
    HeadPlan,
    Plan,
    Step,
    Table,
    as_plan,
    notation_cells,
    notation_input_cells,
    tower_cell,
)
from striate.text import count

SCHEMA = 1
SUMMARY_NUMBERS = ("Parameters", "MACs", "Connections", "Neurons", "Receptive field")
"""The last columns of `summary_columns`: those that the notes' notation does not have."""


@dataclass(frozen=True)
class RowReport:
    """One row: its step in the plan, its cost, the receptive field of its units."""

    step: Step
    cost: Cost
    field: ReceptiveField


@dataclass(frozen=True)
class HeadReport:
    """An auxiliary head's rows and their sum."""

    head: Head
    rows: tuple[RowReport, ...]
    total: Cost


@dataclass(frozen=True)
class Report:
    """All rows and their sums, without auxiliary heads; memory is in bytes, for `batch_size` images.

    Training memory includes the heads, which inference does not use.
    """

    plan: Plan
    rows: tuple[RowReport, ...]
    heads: tuple[HeadReport, ...]
    total: Cost
    batch_size: int
    training_memory: int
    inference_memory: int

    @property
    def table(self) -> Table:
        """The table of this report."""
        return self.plan.table

    def _repr_html_(self) -> str:
        caption = f"{self.table.name}: {self.table.source}" if self.table.source else self.table.name
        return html_table(summary_lines(self), summary_columns(self), caption)


def summarize(network: Plan | Table | str, batch_size: int = 1) -> Report:
    """Cost and receptive fields of a network, given by name, table or plan, without building it.

    TableError if the table is impossible.

    >>> report = summarize("lenet5")
    >>> report.total.parameters, report.total.connections
    (60000, 340908)
    """
    plan = as_plan(network)
    fields = receptive_fields(plan)
    rows = _rows(plan.flat, fields)
    return Report(
        plan=plan,
        rows=rows,
        heads=tuple(_head(head, fields) for head in plan.heads),
        total=_sum(rows),
        batch_size=batch_size,
        training_memory=training_memory(plan, batch_size),
        inference_memory=inference_memory(plan, batch_size),
    )


def _rows(steps: tuple[Step, ...], fields: dict[str, ReceptiveField]) -> tuple[RowReport, ...]:
    return tuple(RowReport(step, row_cost(step), fields[step.path]) for step in steps)


def _head(head: HeadPlan, fields: dict[str, ReceptiveField]) -> HeadReport:
    rows = _rows(head.flat, fields)
    return HeadReport(head.head, rows, _sum(rows))


def _sum(rows: tuple[RowReport, ...]) -> Cost:
    return sum((row.cost for row in rows), Cost())


def total_with_heads(report: Report) -> Cost:
    """The sum over the rows and those of the auxiliary heads: all that is trained.

    >>> total_with_heads(summarize("googlenet")).parameters
    13378280
    """
    return sum((head.total for head in report.heads), report.total)


def summary_columns(report: Report) -> tuple[str, ...]:
    """The names of the columns.

    >>> summary_columns(summarize("lenet5"))[-2:]
    ('Neurons', 'Receptive field')
    """
    towers = ("Towers",) if report.table.towers > 1 else ()
    return (*NOTATION_COLUMNS, *towers, *SUMMARY_NUMBERS)


def summary_lines(report: Report) -> Iterator[tuple[str, ...]]:
    """The input, the rows, the sums, then the auxiliary heads; an empty line stands before each line of sums.

    >>> list(summary_lines(summarize("lenet5")))[-1][-5:]
    ('60,000', '325,680', '340,908', '8,094', '')
    """
    columns = len(summary_columns(report))
    yield (*notation_input_cells(report.table.input), *[""] * (columns - len(NOTATION_COLUMNS)))
    for index, row in enumerate(report.rows):
        yield _line(row, _tower_cells(report.plan, index))
    yield ()
    yield _sums("Total", report.total, columns)
    if report.heads:
        yield ()
        for head in report.heads:
            yield from map(_line, head.rows)
        yield ()
        yield _sums("With heads", total_with_heads(report), columns)


def _sums(name: str, total: Cost, columns: int) -> tuple[str, ...]:
    return name, *[""] * (columns - 1 - len(SUMMARY_NUMBERS)), *_counts(total), ""


def _tower_cells(plan: Plan, index: int) -> tuple[str, ...]:
    """The row's cell in the column Towers, if there are towers; a network with towers has no combinators."""
    if plan.table.towers == 1:
        return ()
    divided = index < len(plan.steps) - 1
    size = plan.steps[index].output[0]
    return (tower_cell(size, plan.table.towers, exchanges=plan.exchanges_towers(index), divided=divided),)


def _line(row: RowReport, towers: tuple[str, ...] = ()) -> tuple[str, ...]:
    (height, *_), (width, *_) = row.field.height, row.field.width
    return *notation_cells(row.step), *towers, *_counts(row.cost), f"{height}×{width}"


def _counts(cost: Cost) -> Iterator[str]:
    return map(count, (cost.parameters, cost.macs, cost.connections, cost.neurons))


def report_to_json(report: Report) -> dict[str, Any]:
    """The report as plain data, as `striate summary --json` prints it.

    Where both directions agree a kernel, stride, padding or receptive field is one number, else [height, width].
    """
    total = report.total
    return {
        "schema": SCHEMA,
        "name": report.table.name,
        "source": report.table.source,
        "input": list(report.table.input),
        "rows": [_row_json(row) for row in report.rows],
        "heads": [
            {
                "name": head.head.name,
                "after": head.head.after,
                "weight": head.head.weight,
                "rows": [_row_json(row) for row in head.rows],
                "total": _cost_json(head.total),
            }
            for head in report.heads
        ],
        "towers": report.table.towers,
        "exchanges": [step.row.name for i, step in enumerate(report.plan.steps) if report.plan.exchanges_towers(i)],
        "total": {
            **_cost_json(total),
            "train_memory_bytes": report.training_memory,
            "inference_memory_bytes": report.inference_memory,
            "batch_size": report.batch_size,
        },
    }


def _cost_json(cost: Cost) -> dict[str, int]:
    return {name: getattr(cost, name) for name in ("parameters", "macs", "connections", "neurons")}


def _row_json(report: RowReport) -> dict[str, Any]:
    step, row = report.step, report.step.row
    height, width = report.field.height, report.field.width
    return {
        "path": step.path,
        "type": type(row).__name__,
        "maps": step.output[0],
        "size": list(step.output[1:]) or [1, 1],
        "kernel": _one_or_both(step.window.kernel) if step.window else None,
        "stride": _one_or_both(step.window.stride) if step.window else None,
        "padding": _padding_json(getattr(row, "padding", "valid")) if step.window else None,
        "groups": getattr(row, "groups", None),
        "activation": getattr(row, "activation", None),
        **_cost_json(report.cost),
        "receptive_field": {
            name: _one_or_both((height[index], width[index])) for index, name in enumerate(("size", "stride", "start"))
        },
    }


def _one_or_both(numbers: tuple[int, int]) -> int | list[int]:
    return numbers[0] if numbers[0] == numbers[1] else list(numbers)


def _padding_json(padding: Any) -> Any:
    return [_padding_json(side) for side in padding] if isinstance(padding, tuple) else padding
