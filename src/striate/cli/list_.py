"""The networks and their variants, with parameters, multiply-adds (MACs) and source."""

from __future__ import annotations

import argparse

from striate.cli.output import count, print_columns, print_json

NAME = "list"
HELP = "networks and variants, with parameters, MACs, source"
EXAMPLE = "striate list"


def arguments(parser: argparse.ArgumentParser) -> None:
    """`striate list` takes none of its own."""


def run(options: argparse.Namespace) -> None:
    """Print a line for each table."""
    from striate.analysis.cost import total
    from striate.tables import ARCHITECTURES, walk

    costs = {name: total(walk(table)) for name, table in ARCHITECTURES.items()}
    if options.json:
        tables = [
            {"name": name, "parameters": cost.parameters, "macs": cost.macs, "source": ARCHITECTURES[name].source}
            for name, cost in costs.items()
        ]
        print_json({"schema": 1, "tables": tables})
        return
    print_columns(
        ("Network", "Parameters", "MACs", "Source"),
        [(name, count(cost.parameters), count(cost.macs), ARCHITECTURES[name].source) for name, cost in costs.items()],
        right=("Parameters", "MACs"),
        hide_first=("Source", "MACs"),
    )
