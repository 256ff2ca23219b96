"""Train a network on a data set into a new run directory, by the table's recipe; arguments override parts of it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import add_language_argument, model_argument, natural, path_argument, positive, positive_real
from striate.cli.data import add_data_arguments, data_options
from striate.cli.device import add_device_argument, device_option
from striate.cli.output import print_json, print_message, print_text

if TYPE_CHECKING:
    from striate.tables import Table
    from striate.training import Run

NAME = "train"
HELP = "train, with a live progress display"
EXAMPLE = "striate train lenet5 --data digits --out runs/first"

_REQUIRED = ("table", "data", "out")
_RECIPE = ("epochs", "batch_size", "learning_rate", "seed")
_OPTIONS = ("workers", "precision", "device", "compiled", "tensorboard")
_FIXED = (
    *("table", "out", "start_from", "pretrained", "short", "batch_size", "learning_rate", "seed"),
    *("val_fraction", "max_bad", "precision", "compiled", "tensorboard", "replay"),
)
"""Arguments that `--resume` refuses: they would change what is learned, or what the run directory holds."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate train`."""
    parser.add_argument(
        "table", nargs="?", metavar="TABLE", type=path_argument, help="a name, family:variant, or a .toml table's path"
    )
    add_data_arguments(parser, required=False)
    parser.add_argument("--out", metavar="RUN", type=path_argument, help="the new run directory")
    parser.add_argument(
        "--resume",
        metavar="RUN",
        type=path_argument,
        help="continue a run that was interrupted or died; with --data, if its pictures lie elsewhere now",
    )
    parser.add_argument("--pretrained", action="store_true", help="start from torchvision's ImageNet weights")
    add_short_argument(parser)
    parser.add_argument(
        "--from",
        dest="start_from",
        metavar="MODEL",
        type=model_argument,
        help="start from this model's weights, with its table unless one is given; other classes get a new last row",
    )
    parser.add_argument(
        "--epochs",
        type=positive,
        metavar="N",
        help="passes over the training images; with --resume, also of a finished run, N in all: from the next step on"
        " the learning rate is that of a run of N epochs at this step",
    )
    parser.add_argument("--batch-size", type=positive, metavar="N", help="of all processes together")
    parser.add_argument("--learning-rate", type=positive_real, metavar="X", help="the schedule's highest rate")
    parser.add_argument("--seed", type=natural, metavar="N", help="of weights, order, augmentation and dropout")
    parser.add_argument(
        "--replay",
        type=_snapshots,
        metavar="N",
        help="keep N snapshots in RUN/replay, for `inspect RUN --replay` and the lab: at initialization, then after"
        " steps in a geometric sequence up to the last; each as large as the model (lenet5 0.25 MB, resnet20 1.1 MB)",
    )
    add_worker_arguments(parser)
    add_device_argument(parser)
    add_language_argument(parser, "the report and its plots")
    parser.add_argument("--compile", dest="compiled", action="store_true", help="by torch.compile")
    parser.add_argument("--tensorboard", action="store_true", help="write RUN/tensorboard (an extra) too")


def add_short_argument(parser: argparse.ArgumentParser) -> None:
    """`--short`."""
    parser.add_argument(
        "--short", action="store_true", help="by one short recipe for all networks of 32x32, not by the table's own"
    )


def add_worker_arguments(parser: argparse.ArgumentParser) -> None:
    """`--workers` and `--precision`, of every training."""
    parser.add_argument("--workers", type=natural, metavar="N", help="threads that prepare batches ahead (1)")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), help="of products (auto)")


def run(options: argparse.Namespace) -> None:
    """Train or resume with a progress display, and print the validation accuracy."""
    _check_usage(options)
    options.device = device_option(options)
    from striate.runtime import TrainingInterrupted, is_first_process

    try:
        result = _resume(options) if options.resume else _train(options)
    except TrainingInterrupted as interrupt:
        if is_first_process():
            print_message(str(interrupt))
        sys.exit(128 + interrupt.signal)
    if not is_first_process():
        return
    if options.json:
        print_json(_json(result))
        return
    print_text(
        f"{result.directory}: validation accuracy {result.scores.top1:.2%} ({result.scores.images} images),"
        f" trained in {result.seconds:.1f} s"
    )


def _check_usage(options: argparse.Namespace) -> None:
    if options.resume is None:
        needed = [name for name in _REQUIRED if name != "table" or options.start_from is None]
        if missing := [name for name in needed if not getattr(options, name)]:
            options.wrong_usage(f"{_flag(missing[0])} is needed, or --resume RUN")
        if options.pretrained and options.start_from is not None:
            options.wrong_usage("--pretrained and --from are two weights to start from: give one of them")
        if options.pretrained and options.short:
            options.wrong_usage("--pretrained has a recipe of its own: give it or --short")
        return
    for name in _FIXED:
        if (value := getattr(options, name)) is not None and value is not False:
            options.wrong_usage(f"--resume continues the run as it began, so {_flag(name)} cannot be given")


def _train(options: argparse.Namespace) -> Run:
    from striate.tables import FINE_TUNING, load_table, short_recipe

    if options.table is None:
        table = _table_of(options.start_from)
    else:
        table = load_table(_with_pretrained_weights(options.table) if options.pretrained else options.table)
    recipe = FINE_TUNING if options.pretrained else short_recipe(table) if options.short else table.recipe
    recipe = replace(recipe, **_given(options, _RECIPE))

    from striate.cli.live import Live
    from striate.training import Options, train

    with Live(recipe.epochs, to_stderr=options.json) as live:
        return train(
            table,
            options.data,
            options.out,
            recipe=recipe,
            pretrained=options.pretrained,
            start_from=options.start_from,
            replay=options.replay or 0,
            options=Options(data=data_options(options), **_given(options, _OPTIONS)),
            callbacks=[live],
        )


def _resume(options: argparse.Namespace) -> Run:
    from striate.cli.live import Live
    from striate.training import load_run_config, resume

    config = load_run_config(options.resume, finished=options.epochs is not None)
    data = data_options(options, config.options.data)
    run_options = replace(config.options, data=data, **_given(options, ("workers", "device")))
    with Live(options.epochs or config.table.recipe.epochs, to_stderr=options.json) as live:
        return resume(options.resume, options.data, epochs=options.epochs, options=run_options, callbacks=[live])


def _snapshots(text: str) -> int:
    """A whole number of at least 2: the first snapshot and the last."""
    if (number := positive(text)) < 2:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 2, got {text!r}")
    return number


def _table_of(model: str) -> Table:
    from striate.nn import read_metadata

    return read_metadata(model).plan.table


def _given(options: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _flag(name: str) -> str:
    return {"table": "TABLE", "compiled": "--compile", "start_from": "--from"}.get(name, f"--{name.replace('_', '-')}")


def _with_pretrained_weights(name: str) -> str:
    """The variant that torchvision has weights for; a line on standard error says so if another one was named."""
    from striate.runtime import is_first_process
    from striate.tables import ARCHITECTURES

    shipped = f"{name}:torchvision"
    if shipped not in ARCHITECTURES:
        return name
    if is_first_process():
        print_message(f"the pretrained weights are those of {shipped}; that is what is trained")
    return shipped


def _json(result: Run) -> dict[str, Any]:
    return {
        "schema": 1,
        "run": str(result.directory),
        "seconds": result.seconds,
        "device": result.device,
        "images": result.scores.images,
        "top1": result.scores.top1,
        "top5": result.scores.top5,
        "loss": result.scores.loss,
        "history": [asdict(epoch) for epoch in result.history],
    }
