"""Two tables side by side: totals, their ratios, and the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from striate.analysis.report import SCHEMA, Report, summarize, to_json
from striate.tables import Table

QUANTITIES = ("parameters", "macs", "connections", "neurons", "train_memory_bytes", "inference_memory_bytes")


@dataclass(frozen=True)
class Comparison:
    """Two reports, and for each of `QUANTITIES` the second's total over the first's (None over zero)."""

    first: Report
    second: Report
    ratios: dict[str, float | None]


def compare(first: Table, second: Table, batch_size: int = 1) -> Comparison:
    """Two tables' reports and the ratios of their totals.

    >>> from striate.tables import load_table
    >>> ratios = compare(load_table("lenet5:modern"), load_table("lenet5:3x3")).ratios
    >>> round(ratios["parameters"], 2)
    2.62
    """
    reports = summarize(first, batch_size), summarize(second, batch_size)
    totals = [to_json(report)["total"] for report in reports]
    ratios = {name: totals[1][name] / totals[0][name] if totals[0][name] else None for name in QUANTITIES}
    return Comparison(*reports, ratios)


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data: what `striate compare --json` prints."""
    return {
        "schema": SCHEMA,
        "first": to_json(comparison.first),
        "second": to_json(comparison.second),
        "ratios": comparison.ratios,
    }
