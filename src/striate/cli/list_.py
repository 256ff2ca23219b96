"""List the networks and their variants with parameters, multiply-adds (MACs) and source, and the trained models."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from striate.cli.output import print_columns, print_json, print_text
from striate.text import count

if TYPE_CHECKING:
    from striate.analysis import Cost
    from striate.tables import Table

NAME = "list"
HELP = "networks and variants, with parameters, MACs, source"
EXAMPLE = "striate list"


def arguments(parser: argparse.ArgumentParser) -> None:
    """`striate list` has no arguments of its own."""


def run(options: argparse.Namespace) -> None:
    """Print one line per table."""
    from striate.models import shipped_models
    from striate.tables import ABLATIONS, ARCHITECTURES, EXAMPLES

    models = list(shipped_models())
    if options.json:
        tables = {"tables": ARCHITECTURES, "examples": EXAMPLES, "ablations": ABLATIONS}
        print_json({"schema": 1, **{name: _json(some) for name, some in tables.items()}, "models": models})
        return
    print_columns(
        ("Network", "Parameters", "MACs", "Source"),
        [*_lines(ARCHITECTURES), (), *_lines(EXAMPLES), (), *_lines(ABLATIONS)],
        right=("Parameters", "MACs"),
        hide_first=("Source", "MACs"),
    )
    print_text("notes:... are parts of networks, for summary and compare")
    print_text("alexnet:small-... and googlenet:small-... lack or change one idea, for ablate")
    print_text(f"Trained models that ship, for predict and evaluate: {', '.join(models)}")


def _costs(tables: Mapping[str, Table]) -> Iterator[tuple[Table, Cost]]:
    from striate.analysis import total_cost

    for table in tables.values():
        yield table, total_cost(table.plan())


def _lines(tables: Mapping[str, Table]) -> list[tuple[str, ...]]:
    return [(table.name, count(cost.parameters), count(cost.macs), table.source) for table, cost in _costs(tables)]


def _json(tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    return [
        {"name": table.name, "parameters": cost.parameters, "macs": cost.macs, "source": table.source}
        for table, cost in _costs(tables)
    ]
