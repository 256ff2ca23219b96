"""Check every picture of a data set: unreadable ones, duplicates, and how many each class has."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import path_argument
from striate.cli.data import say_listed
from striate.cli.output import print_columns, print_json, print_text
from striate.errors import DataError
from striate.text import count, quantity

if TYPE_CHECKING:
    from striate.data import Findings

NAME = "check"
HELP = "every unreadable or suspicious image, by path and reason"
EXAMPLE = "striate check my/pictures"

_KEYS = {"validation": "held_out"}
"""The JSON keys of the parts, where they have another name."""
_TITLES = {
    "unreadable": "Unreadable",
    "blank": "Blank",
    "duplicate": "Duplicates",
    "class": "Classes",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate check`."""
    parser.add_argument(
        "data",
        metavar="DATA",
        type=path_argument,
        help="digits, mnist, fashion-mnist, cifar10, or a folder of pictures",
    )
    parser.add_argument("--data-dir", metavar="DIR", type=path_argument, help="the folder of a named data set's files")


def run(options: argparse.Namespace) -> None:
    """Print the data set's classes and problems; DataError, and exit code 1, if there are problems."""
    from striate.cli.live import counting
    from striate.data import check_dataset

    data_dir = None if options.data_dir is None else Path(options.data_dir)
    with counting() as show:
        findings = check_dataset(
            options.data, data_dir=data_dir, on_progress=partial(show, "checking"), on_listed=say_listed
        )
    if options.json:
        print_json(_json(findings))
    else:
        _print(findings)
    if findings.problems:
        words = quantity(len(findings.problems), "problem")
        raise DataError(f"{options.data}: {words}, of which the first: {_line(findings.problems[0])}")


def _print(findings: Findings) -> None:
    parts = list(findings.counts)
    lines = [(name, *(count(findings.counts[part].get(name, 0)) or "–" for part in parts)) for name in findings.classes]
    totals = [count(sum(findings.counts[part].values())) or "–" for part in parts]
    header = ("Class", *(part.capitalize() for part in parts))
    print_text(findings.source)
    print_columns(header, [*lines, (), ("Total", *totals)], right=header[1:])
    for kind, title in _TITLES.items():
        if some := [problem for problem in findings.problems if problem.kind == kind]:
            print()
            print_text(f"{title}:")
            for problem in some:
                print_text(f"  {_line(problem)}")
    if findings.notes:
        print()
        print_text("Notes:")
        for path, note in findings.notes:
            print_text(f"  {path}: {note}")
    if not findings.problems:
        print_text("No problems.")


def _line(problem: Any) -> str:
    return f"{problem.path}: {problem.reason}"


def _json(findings: Findings) -> dict[str, Any]:
    return {
        "schema": 1,
        "source": findings.source,
        "classes": [
            {"name": name, **{_KEYS.get(part, part): counts.get(name, 0) for part, counts in findings.counts.items()}}
            for name in findings.classes
        ],
        "problems": [asdict(problem) for problem in findings.problems],
        "others": list(findings.others),
        "notes": [{"path": path, "note": note} for path, note in findings.notes],
    }
