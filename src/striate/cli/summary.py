"""Print a network's table with sizes, parameters, multiply-adds (MACs), memory and receptive fields.

The numbers come from the table; no network is built.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import add_language_argument, path_argument, positive
from striate.cli.output import count, print_columns, print_json, print_text, size
from striate.cli.table import TABLE_HELP, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from striate.analysis import Cost, Report, RowReport
    from striate.tables import Plan, Table

NAME = "summary"
HELP = "the table with sizes, parameters, MACs, memory, receptive field"
EXAMPLE = "striate summary lenet5 --batch-size 64"

_NUMBERS = ("Parameters", "MACs", "Connections", "Neurons", "Receptive field")
_HIDE_FIRST = (
    "Neurons", "Connections", "Padding", "Activation", "Stride", "Receptive field", "Kernel size", "MACs", "Type",
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
    from striate.analysis import total_with_heads
    from striate.tables import NOTATION_COLUMNS, notation_input_cells

    table = report.table
    print_text(f"{table.name}: {table.source}" if table.source else table.name)
    towers = ("Towers",) if table.towers > 1 else ()
    header = (*NOTATION_COLUMNS, *towers, *_NUMBERS)
    lines = [(*notation_input_cells(table.input), *[""] * (len(header) - len(NOTATION_COLUMNS)))]
    lines += [_line(row, towers=_tower_cells(report.plan, index)) for index, row in enumerate(report.rows)]
    lines += [(), _sums("Total", report.total, len(header))]
    if report.heads:
        lines += [(), *(_line(row) for head in report.heads for row in head.rows)]
        lines += [(), _sums("With heads", total_with_heads(report), len(header))]
    print_columns(header, lines, right=("Maps", "Size", *_NUMBERS), hide_first=(*_HIDE_FIRST, *towers, "Maps", "Size"))
    for note in _notes(report):
        print_text(note)


def _sums(name: str, total: Cost, columns: int) -> tuple[str, ...]:
    counts = map(count, (total.parameters, total.macs, total.connections, total.neurons))
    return name, *[""] * (columns - 1 - len(_NUMBERS)), *counts, ""


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


def _tower_cells(plan: Plan, index: int) -> tuple[str, ...]:
    """The row's cell in the column Towers, if there are towers; a network with towers has no combinators."""
    from striate.tables import tower_cell

    if plan.table.towers == 1:
        return ()
    divided = index < len(plan.steps) - 1
    size = plan.steps[index].output[0]
    return (tower_cell(size, plan.table.towers, exchanges=plan.exchanges_towers(index), divided=divided),)


def _line(row: RowReport, towers: tuple[str, ...] = ()) -> tuple[str, ...]:
    from striate.tables import notation_cells

    cost, (height, *_), (width, *_) = row.cost, row.field.height, row.field.width
    counts = map(count, (cost.parameters, cost.macs, cost.connections, cost.neurons))
    return *notation_cells(row.step), *towers, *counts, f"{height}×{width}"


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
