"""Look inside a network: one picture on its way through a model, a model on a data set, or what depth and pooling do.

Pictures are written to --out, and report.html with all of them, their numbers and what they mean.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.arguments import MODEL_HELP, natural
from striate.cli.data import add_data_arguments, data_options
from striate.cli.output import print_columns, print_json, print_text

if TYPE_CHECKING:
    from striate.inspection import SavedView, Section
    from striate.tables import Table

    _Looked = tuple[str, list[Table], list[SavedView]]

NAME = "inspect"
HELP = "look inside: filters, feature maps, receptive fields, attributions, tuning, gradients"
EXAMPLE = "striate inspect lenet5 digit.png --out inside"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate inspect`."""
    parser.set_defaults(wrong_usage=parser.error)
    parser.add_argument("model", metavar="MODEL", nargs="?", help=MODEL_HELP)
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="a picture; or --data, for what needs many")
    parser.add_argument("--out", metavar="DIR", help="where pictures and report.html go, made where there is none")
    parser.add_argument("--layer", metavar="ROW", help="the row to look at closely (the first convolution)")
    parser.add_argument("--unit", type=_unit, metavar="MAP,ROW,COLUMN", help="a unit of it (the strongest)")
    parser.add_argument("--class", dest="label", metavar="NAME", help="the class to explain (the likeliest)")
    parser.add_argument(
        "--gradient-flow", nargs="+", metavar="TABLE", help="instead: the gradient at each layer, at the first weights"
    )
    parser.add_argument(
        "--learning", nargs="+", metavar="TABLE", help="instead: the same while the tables learn --data"
    )
    parser.add_argument("--pooling", metavar="TABLE", help="instead: max, average and no pooling, trained on --data")
    add_data_arguments(parser, required=False)
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of the tables' first weights (0)")


def run(options: argparse.Namespace) -> None:
    """Look, write, and say what was written."""
    _check(options)
    if options.gradient_flow:
        from striate.cli.gradient_flow import show_gradient_flow

        show_gradient_flow(options)
        return
    from striate.inspection import write_html_report

    title, tables, kept = _with_model(options) if options.model else _with_tables(options)
    report = write_html_report(kept, Path(options.out), title, tables)
    if options.json:
        print_json({"schema": 1, "report": str(report), "views": list(map(_json, kept))})
        return
    print_columns(("Picture", "What it shows"), [(str(one.picture), one.view.title) for one in kept])
    print_text(f"all of it, with numbers and words: {report}")


def _check(options: argparse.Namespace) -> None:
    """Wrong usage unless exactly one thing is asked for, with all that it needs."""
    asked = [options.model, options.gradient_flow, options.learning, options.pooling]
    if sum(map(bool, asked)) != 1:
        options.wrong_usage("one of MODEL, --gradient-flow, --learning and --pooling is needed")
    if options.model and bool(options.image) == bool(options.data):
        options.wrong_usage("MODEL needs an IMAGE or --data DATA, one of them")
    if (options.learning or options.pooling) and not options.data:
        options.wrong_usage(f"--{'learning' if options.learning else 'pooling'} needs --data DATA")
    if not options.gradient_flow and not options.out:
        options.wrong_usage("--out DIR is needed, for the pictures")
    for name, needs in (("layer", options.model), ("unit", options.layer and options.image), ("label", options.image)):
        if getattr(options, name) is not None and not needs:
            flag = "class" if name == "label" else name
            options.wrong_usage(f"--{flag} goes with {'--layer' if name == 'unit' else 'a model'} and an image")


def _with_model(options: argparse.Namespace) -> _Looked:
    """Title, tables and views of a model with a picture or with a data set."""
    from striate.nn import load_model

    model = load_model(Path(options.model))
    table = model.network.table
    if options.image:
        from striate.inspection import InspectionTarget, load_sample, sample_sections

        seen = load_sample(Path(options.image), table)
        title = f"{table.name} looks at {seen.name}"
        parts = sample_sections(model, seen, InspectionTarget(options.layer, options.unit, options.label))
    else:
        from striate.data import load_dataset as load_data
        from striate.inspection import dataset_sections

        dataset = load_data(options.data, table, data_options(options))
        title = f"{table.name} on {dataset.name}"
        parts = dataset_sections(model, dataset, options.layer)
    return title, [table], _in_parts(parts, _directory(options))


def _in_parts(parts: Sequence[Section], directory: Path) -> list[SavedView]:
    """The views of all parts, several of which are made at once."""
    from functools import partial

    import matplotlib.figure  # noqa: F401, once, before the processes are forked

    from striate.cli.live import counting
    from striate.inspection import run_parallel

    kept: dict[int, list[SavedView]] = {}
    with counting() as show, run_parallel([partial(_keep_all, part, directory) for part in parts]) as done:
        show("looking", 0, len(parts))
        for number, views in done:
            kept[number] = views
            show(parts[number].what, len(kept), len(parts))
    return [one for number in sorted(kept) for one in kept[number]]


def _keep_all(part: Section, directory: Path) -> list[SavedView]:
    from striate.inspection import save_view

    return [save_view(view, directory) for view in part.views()]


def _with_tables(options: argparse.Namespace) -> _Looked:
    """Title, tables and views of tables that learn."""
    from striate.cli.live import counting
    from striate.inspection import learning_sections, pooling_sections, save_view
    from striate.tables import load_plan

    tables = [load_plan(name).table for name in options.learning or [options.pooling]]
    directory = _directory(options)
    with counting() as show:
        how = (options.data, data_options(options), options.seed, show)
        views = learning_sections(tables, *how) if options.learning else pooling_sections(tables[0], *how)
        kept = [save_view(view, directory) for view in views]
    title = f"{', '.join(table.name for table in tables)} on {options.data}"
    return title, tables, kept


def _directory(options: argparse.Namespace) -> Path:
    """The directory of the pictures, made before the work begins."""
    directory = Path(options.out)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _json(kept: SavedView) -> dict[str, object]:
    view = kept.view
    return {"name": view.name, "title": view.title, "picture": str(kept.picture), **view.numbers}


def _unit(text: str) -> tuple[int, ...]:
    """A unit's map, row and column, or its number."""
    parts = text.split(",")
    if len(parts) not in (1, 3) or not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"expected MAP,ROW,COLUMN or the number of a unit, got {text!r}")
    return tuple(map(int, parts))
