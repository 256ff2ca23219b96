"""Compare two tables: the cost of the second relative to the first, and their rows side by side.

With --data compare two trained models on the same pictures: tables, recipes, weights, scores with the difference of
top-1, its 95 % interval (Tango 1998) and McNemar's exact test, each class, and the pictures whose answer changed.
Without --part they are those that `evaluate` takes for the model that was trained on the data, else for the first.
"""

from __future__ import annotations

import argparse
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.arguments import MODEL_HELP, add_language_argument, model_argument, path_argument, positive
from striate.cli.data import add_data_arguments, given_data_options, say_listed
from striate.cli.device import add_device_argument, device_option
from striate.cli.output import print_columns, print_json, print_message, print_text, size
from striate.cli.table import TABLE_HELP, plan_of
from striate.errors import StriateError
from striate.text import count

if TYPE_CHECKING:
    from striate.analysis import Comparison, ModuleCost
    from striate.studies import ModelComparison

NAME = "compare"
HELP = "two tables side by side, or two trained models on the same pictures"
EXAMPLE = "striate compare googlenet:direct googlenet"

_ROW = ("Layer", "Size", "Kernel", "Parameters", "MACs")
_SHOWN = 20
_SHOWN_OF_KIND = 8
"""Lines of differences and of classes, and of each kind of changed answers, that are printed."""
_WITH_DATA = ("part", "out", "no_worse", "device", "data_dir", "val_fraction", "max_bad", "cache_size")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate compare`."""
    for place in ("first", "second"):
        words = f"{TABLE_HELP}; with --data {MODEL_HELP}"
        parser.add_argument(place, metavar="TABLE", type=model_argument, help=words)
    parser.add_argument(
        "--batch-size", type=positive, default=1, metavar="N", help="batch size for the memory figures (1)"
    )
    add_data_arguments(parser, required=False)
    parser.add_argument(
        "--part", choices=("train", "validation", "test", "all"), help="the pictures to compare models on (see above)"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=path_argument, help="directory of report.html and its pictures, made if missing"
    )
    add_language_argument(parser, "report.html")
    words = (
        "exit code 1 if the second model is measurably worse: the whole 95 %% interval of the difference of top-1, the"
        " second's less the first's, lies below 0. Of equally good models about one in 40 fails; a loss within the"
        " interval passes, and more pictures make that narrower"
    )
    parser.add_argument("--no-worse", action="store_true", help=words)
    add_device_argument(parser)
    parser.set_defaults(wrong_usage=parser.error)


def run(options: argparse.Namespace) -> None:
    """Print the comparison of two tables, or of two models."""
    if options.data is not None:
        _compare_models(options)
        return
    for name in _WITH_DATA:
        if getattr(options, name) not in (None, False):
            options.wrong_usage(f"--{name.replace('_', '-')} needs --data DATA, on which two models are compared")
    from striate.analysis import compare, comparison_to_json

    comparison = compare(plan_of(options.first), plan_of(options.second), options.batch_size)
    if options.json:
        print_json(comparison_to_json(comparison))
        return
    names = (comparison.first.table.name, comparison.second.table.name)
    _print_totals(comparison, names)
    print()
    _print_rows(comparison)


def _compare_models(options: argparse.Namespace) -> None:
    """Print the comparison of two models, and write its page; StriateError if the second is worse and may not be."""
    from striate.cli.live import counting
    from striate.studies import compare_models, model_comparison_to_json, verdict

    with counting() as show:
        comparison = compare_models(
            options.first,
            options.second,
            options.data,
            part=options.part,
            options=given_data_options(options),
            device=device_option(options),
            batch_size=options.batch_size,
            on_progress=partial(show, "comparing"),
            on_listed=cache(say_listed),  # both models read one folder
        )
    page = None
    if options.out is not None:
        from striate.studies.model_comparison_page import write_comparison_page

        page = write_comparison_page(comparison, Path(options.out))
    if options.json:
        print_json({**model_comparison_to_json(comparison), "report": page and str(page)})
    else:
        _print_models(comparison)
        if page is not None:
            print()
            print_text(f"all of it with the pictures: {page}")
    for name, evaluation in zip(comparison.names, comparison.evaluations, strict=True):
        if evaluation.leak:
            print_message(
                f"{name} was trained on {evaluation.trained_on:,} of these {comparison.answers.pictures:,} pictures:"
                " its scores flatter"
            )
    if options.no_worse and comparison.is_worse:
        raise StriateError(f"{comparison.names[1]} against {comparison.names[0]}: {verdict(comparison)}")


def _print_models(comparison: ModelComparison) -> None:
    from striate.studies import (
        change_rows,
        changes_in_words,
        difference_rows,
        score_rows,
        some_of_each,
        verdict,
        weights_in_words,
    )

    names, part = comparison.names, comparison.evaluations[0].part
    _print_totals(comparison.tables, names)
    print()
    if rows := difference_rows(comparison):
        print_text("Table and recipe differ:")
        print_columns(("Field", *names), rows[:_SHOWN])
        _print_more(len(rows) - _SHOWN)
    else:
        print_text("Table and recipe: the same.")
    print_text(weights_in_words(comparison))
    print()
    print_text(f"{comparison.data}, {comparison.answers.pictures:,} pictures ({part}):")
    print_columns(("Score", *names, "Difference"), score_rows(comparison), right=(*names, "Difference"))
    print_text(verdict(comparison))
    print()
    _print_classes(comparison)
    print()
    if not comparison.changes:
        print_text("No picture has another answer.")
        return
    print_text(changes_in_words(comparison))
    shown = some_of_each(comparison.changes, _SHOWN_OF_KIND)
    print_columns(("Picture", "Class", *names, "Change"), change_rows(shown), hide_first=("Class",))
    _print_more(len(comparison.changes) - len(shown))


def _print_more(number: int) -> None:
    if number > 0:
        print_text(f"... and {number:,} more, in --json")


def _print_classes(comparison: ModelComparison) -> None:
    """A line for each class whose recall or precision changed, the largest loss of recall first."""
    changed = [
        row for row in comparison.classes if row.recall[0] != row.recall[1] or row.precision[0] != row.precision[1]
    ]
    if not changed:
        print_text("Each class: the same precision and recall.")
        return
    changed.sort(key=lambda row: row.recall[1] - row.recall[0])
    lines = [
        (row.name, str(row.images), *(f"{share:.1%}" for share in (*row.recall, *row.precision)))
        for row in changed[:_SHOWN]
    ]
    header = ("Class", "Pictures", "Recall, first", "Recall, second", "Precision, first", "Precision, second")
    print_columns(header, lines, right=header[1:], hide_first=header[:3:-1])
    _print_more(len(changed) - _SHOWN)


def _print_totals(comparison: Comparison, names: tuple[str, str]) -> None:
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
    header = ("", *names, "Ratio")
    print_columns(header, lines, right=header[1:], hide_first=("Ratio", names[0]))


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
