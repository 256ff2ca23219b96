"""Check every picture of a data set: unreadable ones, duplicates, and how many each class has.

With --deep also near-doubles, also across parts and classes; labels that are probably wrong; classes that one simple
number gives away; pictures that are too small. What is decided on them stands in DATA/striate-decisions.toml, which
training honours; no picture is touched.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import MODEL_HELP, add_language_argument, path_argument
from striate.cli.data import say_listed
from striate.cli.output import print_columns, print_json, print_message, print_text
from striate.errors import DataError
from striate.text import count, quantity

if TYPE_CHECKING:
    from striate.data import Findings
    from striate.doctor import Diagnosis

NAME = "check"
HELP = "every unreadable or suspicious image, by path and reason"
EXAMPLE = "striate check my/pictures"

_KEYS = {"validation": "held_out"}
"""The JSON keys of the parts, where they have another name."""
_SHOWN = 20  # lines of a kind that --deep finds
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
    parser.add_argument(
        "--deep", action="store_true", help="near-doubles, label suspects, shortcuts, small pictures too"
    )
    parser.add_argument(
        "--model",
        metavar="MODEL",
        type=path_argument,
        help=f"with --deep: look for label suspects by the features of this model, {MODEL_HELP}",
    )
    parser.add_argument(
        "--out", metavar="PAGE", type=path_argument, help="with --deep: write a page to decide in: keep, drop, relabel"
    )
    add_language_argument(parser, "the page")
    parser.set_defaults(wrong_usage=parser.error)


def run(options: argparse.Namespace) -> None:
    """Print the data set's classes and problems; DataError, and exit code 1, if there are problems. What --deep finds
    is to be looked at, and changes no exit code."""
    if not options.deep and (unused := next((name for name in ("model", "out") if getattr(options, name)), None)):
        options.wrong_usage(f"--{unused} goes with --deep")
    from striate.cli.live import counting
    from striate.data import check_dataset

    data_dir = None if options.data_dir is None else Path(options.data_dir)
    with counting() as show:
        findings = check_dataset(
            options.data, data_dir=data_dir, on_progress=partial(show, "checking"), on_listed=say_listed
        )
    diagnosis = _diagnose(options, data_dir) if options.deep else None
    if options.json:
        print_json({**_json(findings), **({"deep": _deep_json(diagnosis)} if diagnosis else {})})
    else:
        _print(findings)
        if diagnosis:
            _print_diagnosis(diagnosis)
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


def _diagnose(options: argparse.Namespace, data_dir: Path | None) -> Diagnosis:
    """The doctor's findings; the page is written if it was asked for."""
    from striate.cli.live import counting
    from striate.doctor import diagnose, write_diagnosis_page

    with counting() as show:
        diagnosis = diagnose(options.data, data_dir=data_dir, model=options.model, on_stage=show)
    if options.out:
        write_diagnosis_page(diagnosis, Path(options.out))
        print_message(f"{options.out}: the page to decide in")
    return diagnosis


def _deep_json(diagnosis: Diagnosis) -> dict[str, Any]:
    from striate.doctor import diagnosis_to_json

    return diagnosis_to_json(diagnosis)


def _print_diagnosis(diagnosis: Diagnosis) -> None:
    """Each kind of finding with the first of its lines."""
    from striate.doctor import double_in_words, shortcut_in_words, size_in_words, suspect_in_words

    paths, pairs = diagnosis.collection.paths, diagnosis.near_doubles.pairs
    sections = {
        "Near-doubles": [
            f"{paths[pair.first]}, {paths[pair.second]}: {double_in_words(diagnosis, pair)}"
            for pair in sorted(pairs, key=lambda pair: not diagnosis.leaks(pair.first, pair.second))
        ],
        "Label suspects": [
            f"{paths[suspect.index]}: {suspect_in_words(diagnosis, suspect)}" for suspect in diagnosis.label_suspects
        ],
        "Shortcuts": [shortcut_in_words(diagnosis, shortcut) for shortcut in diagnosis.shortcuts],
        "Small pictures": [f"{paths[index]}: {size_in_words(diagnosis, index)}" for index in diagnosis.small],
        "Imbalance": [diagnosis.imbalance] if diagnosis.imbalance else [],
    }
    for title, lines in sections.items():
        print()
        print_text(f"{title}: {len(lines):,}" if lines else f"{title}: none")
        for line in lines[:_SHOWN]:
            print_text(f"  {line}", indent=4)
        if len(lines) > _SHOWN:
            print_text(f"  ... and {len(lines) - _SHOWN:,} more (--out PAGE or --json has them)")


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
