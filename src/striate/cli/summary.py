"""A network's table with sizes, parameters, multiply-adds (MACs), memory and receptive fields; nothing is built."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from striate.cli.arguments import positive
from striate.cli.output import count, print_columns, print_json, print_text, size

if TYPE_CHECKING:
    from striate.analysis.report import Report, RowReport

NAME = "summary"
HELP = "the table with sizes, parameters, MACs, memory, receptive field"
EXAMPLE = "striate summary lenet5 --batch-size 64"

_NUMBERS = ("Parameters", "MACs", "Connections", "Neurons", "Sees")
_HIDE_FIRST = ("Neurons", "Connections", "Padding", "Activation", "Stride", "Sees", "Kernel size", "MACs", "Type")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate summary`."""
    parser.add_argument("table", metavar="TABLE", help="a name, family:variant, or the path of a .toml table")
    parser.add_argument("--batch-size", type=positive, default=1, metavar="N", help="images that memory is for (1)")


def run(options: argparse.Namespace) -> None:
    """Print the report of one table."""
    from striate.analysis.report import summarize, to_json
    from striate.tables import load_table

    report = summarize(load_table(options.table), options.batch_size)
    if options.json:
        print_json(to_json(report))
    else:
        _print(report)


def _print(report: Report) -> None:
    from striate.tables.notes_view import COLUMNS, input_cells

    print_text(f"{report.table.name}: {report.table.source}" if report.table.source else report.table.name)
    total = report.total
    sums = (total.parameters, total.macs, total.connections, total.neurons)
    print_columns(
        (*COLUMNS, *_NUMBERS),
        [
            (*input_cells(report.table), *[""] * len(_NUMBERS)),
            *map(_line, report.rows),
            (),
            ("Total", *[""] * (len(COLUMNS) - 1), *map(count, sums), ""),
        ],
        right=("Maps", "Size", *_NUMBERS),
        hide_first=_HIDE_FIRST,
    )
    images = "1 image" if report.batch_size == 1 else f"{report.batch_size} images"
    print_text(
        f"Memory for {images} in float32: training {size(report.training_memory)},"
        f" inference {size(report.inference_memory)}"
    )


def _line(row: RowReport) -> tuple[str, ...]:
    from striate.tables.notes_view import cells

    cost, (height, *_), (width, *_) = row.cost, row.field.height, row.field.width
    counts = map(count, (cost.parameters, cost.macs, cost.connections, cost.neurons))
    return *cells(row.step), *counts, f"{height}×{width}"
