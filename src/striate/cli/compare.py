"""Compare two tables: the cost of the second relative to the first, and their rows side by side."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from striate.cli.arguments import path_argument, positive
from striate.cli.output import count, print_columns, print_json, size
from striate.cli.table import TABLE_HELP, plan_of

if TYPE_CHECKING:
    from striate.analysis import Comparison, ModuleCost

NAME = "compare"
HELP = "two tables side by side (two 3x3 against one 5x5, with and without bottlenecks)"
EXAMPLE = "striate compare googlenet:direct googlenet"

_ROW = ("Layer", "Size", "Kernel", "Parameters", "MACs")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate compare`."""
    for place in ("first", "second"):
        parser.add_argument(place, metavar="TABLE", type=path_argument, help=TABLE_HELP)
    parser.add_argument(
        "--batch-size", type=positive, default=1, metavar="N", help="batch size for the memory figures (1)"
    )


def run(options: argparse.Namespace) -> None:
    """Print the comparison of two tables."""
    from striate.analysis import compare, comparison_to_json

    comparison = compare(plan_of(options.first), plan_of(options.second), options.batch_size)
    if options.json:
        print_json(comparison_to_json(comparison))
        return
    _print_totals(comparison)
    print()
    _print_rows(comparison)


def _print_totals(comparison: Comparison) -> None:
    first, second = comparison.first, comparison.second
    lines = [
        (name.capitalize() if name != "macs" else "MACs", f"{getattr(first.total, name):,}",
         f"{getattr(second.total, name):,}", _ratio(comparison.ratios[name]))
        for name in ("parameters", "macs", "connections", "neurons")
    ]  # fmt: skip
    for kind in ("training", "inference"):
        name = {"training": "train_memory_bytes", "inference": "inference_memory_bytes"}[kind]
        bytes_ = [getattr(report, f"{kind}_memory") for report in (first, second)]
        lines.append((f"Memory, {kind}", size(bytes_[0]), size(bytes_[1]), _ratio(comparison.ratios[name])))
    header = ("", first.table.name, second.table.name, "Ratio")
    print_columns(header, lines, right=header[1:], hide_first=("Ratio", first.table.name))


def _print_rows(comparison: Comparison) -> None:
    # A leading space makes the second table's column names different from the first's.
    header = (*_ROW, "│", *(f" {name}" for name in _ROW), "Parameter ratio")
    print_columns(
        header,
        [(*_cells(first), "│", *_cells(second), _parameter_ratio(first, second)) for first, second in comparison.pairs],
        right=("Size", "Parameters", "MACs", " Size", " Parameters", " MACs", "Parameter ratio"),
        hide_first=("Kernel", " Kernel", "MACs", " MACs", "Size", " Size", "Parameter ratio"),
    )


def _cells(module: ModuleCost | None) -> tuple[str, ...]:
    from striate.tables import notation_cells

    if module is None:
        return ("",) * len(_ROW)
    path, _, maps, area, kernel, *_ = notation_cells(module.step)
    shape = area if len(module.step.output) == 1 else f"{maps}×{area}"
    return path, shape, kernel, count(module.cost.parameters), count(module.cost.macs)


def _parameter_ratio(first: ModuleCost | None, second: ModuleCost | None) -> str:
    """The second table's parameters over the first's, where both tables have the row."""
    from striate.analysis import ratio

    if first is None or second is None or first.step.path != second.step.path or not first.cost.parameters:
        return ""
    return _ratio(ratio(first.cost.parameters, second.cost.parameters))


def _ratio(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"
