"""Look inside a network: a model with one picture or a data set, or what depth and pooling do.

Pictures are written to --out, and report.html with all of them, their numbers and their explanation.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.arguments import (
    MODEL_HELP,
    add_language_argument,
    image_argument,
    model_argument,
    natural,
    path_argument,
)
from striate.cli.data import add_data_arguments, data_options, say_listed
from striate.cli.device import add_device_argument, device_option
from striate.cli.output import print_columns, print_json, print_text
from striate.cli.table import plan_of

if TYPE_CHECKING:
    from striate.data import Dataset
    from striate.inspection.views import HtmlReport, SavedView, Section
    from striate.tables import Table

NAME = "inspect"
HELP = "look inside: filters, feature maps, receptive fields, attributions, tuning, gradients"
EXAMPLE = "striate inspect lenet5 digit.png --out inside"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate inspect`."""
    parser.add_argument("model", metavar="MODEL", type=model_argument, nargs="?", help=MODEL_HELP)
    parser.add_argument(
        "image",
        metavar="IMAGE",
        type=path_argument,
        nargs="?",
        help="a picture, - for standard input; or --data for a data set",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=path_argument, help="directory of the pictures and of report.html, made if missing"
    )
    parser.add_argument("--layer", metavar="ROW", help="the row to inspect in detail (the first convolution)")
    parser.add_argument("--unit", type=_unit, metavar="MAP,ROW,COLUMN", help="a unit of that row (the strongest)")
    parser.add_argument("--class", dest="label", metavar="NAME", help="the class to explain (the prediction)")
    parser.add_argument(
        "--gradient-flow",
        nargs="+",
        metavar="TABLE",
        type=path_argument,
        help="instead: the gradient at each layer, at initialization",
    )
    parser.add_argument(
        "--learning",
        nargs="+",
        metavar="TABLE",
        type=path_argument,
        help="instead: the same while the tables train on --data",
    )
    parser.add_argument(
        "--pooling", metavar="TABLE", type=path_argument, help="instead: max, average and no pooling, trained on --data"
    )
    parser.add_argument(
        "--replay",
        action="store_true",
        help="MODEL is a run trained with --replay: filters, maps, tuning and answers along its training, for the"
        " picture that it keeps, or for IMAGE",
    )
    add_data_arguments(parser, required=False)
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of the tables' initialization (0)")
    add_device_argument(parser)
    add_language_argument(parser, "the pictures and of report.html")


def run(options: argparse.Namespace) -> None:
    """Make the views, write the report, and print what was written."""
    _check(options)
    options.device = device_option(options)
    if options.gradient_flow:
        from striate.cli.gradient_flow import show_gradient_flow

        show_gradient_flow(options)
        return
    from striate.inspection.views import write_html_report

    if options.replay:
        report = _inspect_replay(options)
    else:
        report = _inspect_model(options) if options.model else _inspect_training(options)
    page = write_html_report(report, Path(options.out))
    if options.json:
        print_json({"schema": 1, "report": str(page), "views": list(map(_json, report.views))})
        return
    print_columns(("Picture", "What it shows"), [(str(saved.picture), saved.view.title) for saved in report.views])
    print_text(f"all pictures with their numbers and explanations: {page}")


def _check(options: argparse.Namespace) -> None:
    """Wrong usage unless there is exactly one subject, with all that it needs."""
    subjects = [options.model, options.gradient_flow, options.learning, options.pooling]
    if sum(map(bool, subjects)) != 1:
        options.wrong_usage("one of MODEL, --gradient-flow, --learning and --pooling is needed")
    if options.replay:
        if not options.model:
            options.wrong_usage("--replay needs a run, as MODEL")
        for name in ("data", "layer", "unit", "label"):
            if getattr(options, name) is not None:
                options.wrong_usage(f"--{'class' if name == 'label' else name} does not go with --replay")
    elif options.model and bool(options.image) == bool(options.data):
        options.wrong_usage("MODEL needs an IMAGE or --data DATA, one of them")
    if (options.learning or options.pooling) and not options.data:
        options.wrong_usage(f"--{'learning' if options.learning else 'pooling'} needs --data DATA")
    if not options.gradient_flow and not options.out:
        options.wrong_usage("--out DIR is needed, for the pictures")
    for name, needs in (("layer", options.model), ("unit", options.layer and options.image), ("label", options.image)):
        if getattr(options, name) is not None and not needs:
            flag = "class" if name == "label" else name
            options.wrong_usage(f"--{flag} goes with {'--layer' if name == 'unit' else 'a model'} and an image")


def _inspect_model(options: argparse.Namespace) -> HtmlReport:
    """The report on a model with a picture or with a data set."""
    from striate.inspection.views import HtmlReport
    from striate.nn import load_model
    from striate.runtime import find_device

    model, device = load_model(options.model), find_device("float32", device=options.device).device
    plan = model.network.to(device).plan
    if options.image:
        from striate.inspection import load_sample
        from striate.inspection.views import InspectionTarget, sample_sections

        sample = load_sample(image_argument(Path(options.image)), plan.table)
        title = f"{plan.table.name} on {sample.name}"
        sections = sample_sections(model, sample, InspectionTarget(options.layer, options.unit, options.label))
    else:
        from striate.data import load_dataset
        from striate.inspection.views import dataset_sections
        from striate.training import trained_options

        split = data_options(options, trained_options(model.training))
        dataset = load_dataset(options.data, plan.table, split, on_listed=say_listed)
        title = f"{plan.table.name} on {dataset.name}"
        sections = dataset_sections(model, dataset, options.layer)
    directory = _make_directory(options)
    return HtmlReport(title, (plan,), tuple(_save_sections(sections, directory, forked=device.type == "cpu")))


def _inspect_replay(options: argparse.Namespace) -> HtmlReport:
    """The report on a run's snapshots."""
    from functools import partial

    from striate.cli.live import counting
    from striate.inspection import measure_replay
    from striate.inspection.views import HtmlReport, replay_views, save_view
    from striate.runtime import find_device

    device = find_device("float32", device=options.device).device
    image = image_argument(Path(options.image)) if options.image else None
    with counting() as show:
        replay = measure_replay(options.model, image, device=device, on_progress=partial(show, "looking inside"))
    directory = _make_directory(options)
    saved = tuple(save_view(view, directory) for view in replay_views(replay))
    return HtmlReport(f"{replay.plan.table.name} along its training", (replay.plan,), saved)


def _save_sections(sections: Sequence[Section], directory: Path, *, forked: bool) -> list[SavedView]:
    """The views of all sections in order, several of which are drawn in parallel; no GPU survives a fork."""
    from functools import partial

    from striate.cli.live import counting
    from striate.runtime import run_parallel

    saved: dict[int, list[SavedView]] = {}
    jobs = [partial(_save_section, section, directory) for section in sections]
    in_turn = nullcontext((index, job()) for index, job in enumerate(jobs))
    with counting() as show, run_parallel(jobs) if forked else in_turn as results:
        show("looking inside", 0, len(sections))
        for index, views in results:
            saved[index] = views
            show(sections[index].title, len(saved), len(sections))
    return [view for index in sorted(saved) for view in saved[index]]


def _save_section(section: Section, directory: Path) -> list[SavedView]:
    from striate.inspection.views import save_view

    return [save_view(view, directory) for view in section.views()]


def _inspect_training(options: argparse.Namespace) -> HtmlReport:
    """The report on tables that train."""
    from striate.cli.live import counting
    from striate.data import load_dataset
    from striate.inspection.views import HtmlReport, TrainingSetup, learning_sections, pooling_sections, save_view

    plans = tuple(plan_of(name) for name in options.learning or [options.pooling])
    tables = [plan.table for plan in plans]
    directory = _make_directory(options)
    say_once = cache(say_listed)  # several tables train on one folder

    def load(table: Table) -> Dataset:
        return load_dataset(options.data, table, data_options(options), on_listed=say_once)

    with counting() as show:
        setup = TrainingSetup(load, options.seed, options.device, show)
        views = learning_sections(tables, setup) if options.learning else pooling_sections(tables[0], setup)
        saved = tuple(save_view(view, directory) for view in views)
    return HtmlReport(f"{', '.join(table.name for table in tables)} on {options.data}", plans, saved)


def _make_directory(options: argparse.Namespace) -> Path:
    """The directory of the pictures, made before the work starts."""
    directory = Path(options.out)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _json(saved: SavedView) -> dict[str, object]:
    view = saved.view
    return {"name": view.name, "title": view.title, "picture": str(saved.picture), **view.numbers}


def _unit(text: str) -> tuple[int, ...]:
    """A unit's map, row and column, or its number."""
    parts = text.split(",")
    if len(parts) not in (1, 3) or not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"expected MAP,ROW,COLUMN or the number of a unit, got {text!r}")
    return tuple(map(int, parts))
