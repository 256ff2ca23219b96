"""Comparison of two tables: totals, their ratios, and the rows, with an Inception module or a residual unit as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from striate.analysis.cost import Cost, step_cost
from striate.analysis.report import SCHEMA, Report, report_to_json, summarize
from striate.tables import Plan, Step, Table

QUANTITIES = ("parameters", "macs", "connections", "neurons", "train_memory_bytes", "inference_memory_bytes")


@dataclass(frozen=True)
class ModuleCost:
    """A row at a table's top level, and its cost with all rows inside it."""

    step: Step
    cost: Cost


@dataclass(frozen=True)
class Comparison:
    """Two reports, and for each of `QUANTITIES` the second's total over the first's (None over zero).

    `pairs` are their modules, paired by name, None where one table has none.
    """

    first: Report
    second: Report
    ratios: dict[str, float | None]
    pairs: tuple[tuple[ModuleCost | None, ModuleCost | None], ...]


def compare(first: Plan | Table | str, second: Plan | Table | str, batch_size: int = 1) -> Comparison:
    """Two tables' reports, the ratios of their totals, their modules in pairs.

    >>> comparison = compare("notes:direct", "notes:bottleneck")
    >>> comparison.first.total.parameters, comparison.second.total.parameters
    (4608, 1520)
    """
    reports = summarize(first, batch_size), summarize(second, batch_size)
    totals = [report_to_json(report)["total"] for report in reports]
    ratios = {name: ratio(totals[0][name], totals[1][name]) for name in QUANTITIES}
    return Comparison(*reports, ratios, tuple(_pairs(*map(_modules, reports))))


def ratio(first: int, second: int) -> float | None:
    """The second over the first, None over zero.

    >>> ratio(4608, 1152), ratio(0, 5)
    (0.25, None)
    """
    return second / first if first else None


def comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data, as `striate compare --json` prints it."""
    return {
        "schema": SCHEMA,
        "first": report_to_json(comparison.first),
        "second": report_to_json(comparison.second),
        "ratios": comparison.ratios,
        "modules": [{"first": _json(first), "second": _json(second)} for first, second in comparison.pairs],
    }


def _json(module: ModuleCost | None) -> dict[str, Any] | None:
    if module is None:
        return None
    return {"path": module.step.path, "parameters": module.cost.parameters, "macs": module.cost.macs}


def _modules(report: Report) -> list[ModuleCost]:
    return [ModuleCost(step, step_cost(step)) for step in report.plan.steps]


def _pairs(first: list[ModuleCost], second: list[ModuleCost]) -> Iterator[tuple[ModuleCost | None, ModuleCost | None]]:
    from difflib import SequenceMatcher

    names, others = ([module.step.path for module in modules] for modules in (first, second))
    for _, start1, end1, start2, end2 in SequenceMatcher(None, names, others, autojunk=False).get_opcodes():
        yield from zip_longest(first[start1:end1], second[start2:end2])
