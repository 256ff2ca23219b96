"""Print a network's table with sizes, parameters, multiply-adds (MACs), memory and receptive fields.

The numbers come from the table; no network is built.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import add_language_argument, path_argument, positive
from striate.cli.output import print_columns, print_json, print_text, size
from striate.cli.table import TABLE_HELP, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from striate.analysis import Report
    from striate.tables import Plan, Table

NAME = "summary"
HELP = "the table with sizes, parameters, MACs, memory, receptive field"
EXAMPLE = "striate summary lenet5 --batch-size 64"

_HIDE_FIRST = (
    "Neurons", "Connections", "Padding", "Activation", "Stride", "Receptive field", "Kernel size", "MACs", "Type",
    "Towers", "Maps", "Size",
)  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate summary`."""
    parser.add_argument("table", metavar="TABLE", type=path_argument, help=TABLE_HELP)
    parser.add_argument(
        "--batch-size", type=positive, default=1, metavar="N", help="batch size for the memory figures (1)"
    )
    parser.add_argument("--recipe", action="store_true", help="also print the training recipe")
    parser.add_argument("--svg", metavar="FILE", type=path_argument, help="also draw the network, into an SVG file")
    add_language_argument(parser, "the drawing")


def run(options: argparse.Namespace) -> None:
    """Print the report of one table."""
    from striate.analysis import report_to_json, summarize

    report = summarize(plan_of(options.table), options.batch_size)
    if options.svg is not None:
        _draw(report.plan, options.svg)
    if options.json:
        drawn = {} if options.svg is None else {"svg": options.svg}
        print_json(report_to_json(report) | drawn | (_recipe_json(report.table) if options.recipe else {}))
        return
    _print(report)
    if options.svg is not None:
        print_text(f"drawing: {options.svg}")
    if options.recipe:
        _print_recipe(report.table)


def _draw(plan: Plan, file: str) -> None:
    from pathlib import Path

    from striate.drawing import draw_svg
    from striate.runtime import write_atomically

    write_atomically(Path(file), draw_svg(plan).encode())


def _print(report: Report) -> None:
    from striate.analysis import SUMMARY_NUMBERS, summary_columns, summary_lines

    table = report.table
    print_text(f"{table.name}: {table.source}" if table.source else table.name)
    columns, right = summary_columns(report), ("Maps", "Size", *SUMMARY_NUMBERS)
    hide_first = [name for name in _HIDE_FIRST if name in columns]
    print_columns(columns, list(summary_lines(report)), right=right, hide_first=hide_first)
    for note in _notes(report):
        print_text(note)


def _notes(report: Report) -> Iterator[str]:
    """The lines under the table."""
    if report.table.towers > 1:
        yield "⇄ reads the maps of all towers; the other rows read only their own tower's"
    for head in report.table.heads:
        yield f"{head.name}: auxiliary classifier on {head.after}, in training only; weight of its loss {head.weight:g}"
    images = "1 image" if report.batch_size == 1 else f"{report.batch_size} images"
    yield (
        f"Memory for {images} in float32: training {size(report.training_memory)},"
        f" inference {size(report.inference_memory)}"
    )


def _print_recipe(table: Table) -> None:
    from striate.tables import recipe_lines

    print()
    for name, words in recipe_lines(table):
        print_text(f"{name[0].upper() + name[1:]:<15} {words}", indent=16)


def _recipe_json(table: Table) -> dict[str, Any]:
    from striate.tables import to_dict

    return {
        "recipe": to_dict(table.recipe, defaults=True),
        "initialization": to_dict(table.initialization, defaults=True),
        "preprocessing": to_dict(table.preprocessing, defaults=True),
    }
