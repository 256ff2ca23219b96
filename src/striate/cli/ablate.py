"""Train a network and variants of it with the same draws, for several seeds, and report the differences of validation
accuracy with their mean, its 95 % interval and the cost of each.

The same command again continues: what is finished is kept, and what was interrupted is resumed."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import add_language_argument, path_argument, positive, positive_real
from striate.cli.data import add_data_arguments, data_options
from striate.cli.device import add_device_argument, device_option
from striate.cli.output import print_columns, print_json, print_message, print_text
from striate.cli.train import add_short_argument, add_worker_arguments
from striate.text import count, quote

if TYPE_CHECKING:
    from striate.nn import Network
    from striate.studies import Ablation, AblationRun, TableResult
    from striate.tables import Table
    from striate.training import Callback

NAME = "ablate"
HELP = "what an idea buys: a network against variants of it, paired seed by seed"
EXAMPLE = "striate ablate alexnet:small alexnet:small-no-lrn --data cifar10 --seeds 5 --out runs/lrn"

_RECIPE = ("epochs", "batch_size", "learning_rate")
_OPTIONS = ("workers", "precision", "device")
_VALUES = ("seeds", "images", "val_fraction", "max_bad", *_RECIPE, "precision", "workers", "device", "processes")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate ablate`."""
    parser.add_argument("base", metavar="BASE", type=path_argument, help="a name, family:variant, or a .toml's path")
    parser.add_argument("variants", nargs="+", metavar="VARIANT", type=path_argument, help="likewise, one or more")
    add_data_arguments(parser, required=True)
    parser.add_argument(
        "--out", required=True, metavar="DIR", type=path_argument, help="of the report, and a run for each training"
    )
    parser.add_argument("--seeds", type=_seeds, default=5, metavar="N", help="seeds 0 to N - 1, at least two (5)")
    parser.add_argument(
        "--images", type=positive, metavar="N", help="so many training images, as many of each class, the same for all"
    )
    add_short_argument(parser)
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the training images")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="images of a step")
    parser.add_argument("--learning-rate", type=positive_real, metavar="X", help="the schedule's highest rate")
    add_worker_arguments(parser)
    add_device_argument(parser)
    add_language_argument(parser, "the report and its plot")
    parser.add_argument(
        "--processes", type=positive, default=1, metavar="N", help="trainings at a time, which share the cores (1)"
    )


def run(options: argparse.Namespace) -> None:
    """Train what is missing, with a line for each training, and print the differences."""
    options.device = device_option(options)
    from striate.runtime import TrainingInterrupted
    from striate.studies import ablate, ablation_to_json
    from striate.tables import load_table, short_recipe
    from striate.training import Options

    def as_trained(name: str) -> Table:
        table = load_table(name)
        recipe = short_recipe(table) if options.short else table.recipe
        return replace(table, recipe=replace(recipe, **_given(options, _RECIPE)))

    command = _command(options)
    base, *variants = map(as_trained, (options.base, *options.variants))
    total = options.seeds * (1 + len(variants))
    try:
        with _progress(total) as (callbacks, on_run):
            ablation = ablate(
                base,
                variants,
                options.data,
                options.out,
                seeds=options.seeds,
                options=Options(
                    data=replace(data_options(options), images=options.images), **_given(options, _OPTIONS)
                ),
                processes=options.processes,
                callbacks=callbacks,
                on_run=on_run,
                command=command,
            )
    except TrainingInterrupted as interrupt:
        print_message(f"{options.out}: interrupted; the same command continues")
        sys.exit(128 + interrupt.signal)
    if options.json:
        print_json(ablation_to_json(ablation, command))
        return
    _print(ablation)


def _seeds(text: str) -> int:
    if (number := positive(text)) < 2:
        raise argparse.ArgumentTypeError(f"expected at least 2 seeds, for an interval, got {text!r}")
    return number


def _given(options: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _command(options: argparse.Namespace) -> str:
    """The command line that repeats this one."""
    words = ["striate", NAME, options.base, *options.variants, "--data", options.data]
    if options.data_dir is not None:
        words += ["--data-dir", options.data_dir]
    for name, value in _given(options, _VALUES).items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    words += ["--short"] if options.short else []
    return " ".join(quote(word) for word in [*words, "--out", options.out])


@contextlib.contextmanager
def _progress(total: int) -> Iterator[tuple[list[Callback], Any]]:
    """A bar for the training that runs, and a line on standard error for each that is done."""
    from striate.cli.live import counting
    from striate.nn import read_metadata
    from striate.training import Callback, Progress

    done, said = 0, set[str]()

    class Bar(Callback):
        def on_listed(self, line: str) -> None:
            self.on_warning(line)

        def on_decoded(self, done: int, total: int) -> None:
            show("decoding", done, total)

        def on_network(self, network: Network) -> None:
            recipe = network.table.recipe
            self.epochs, title = recipe.epochs, f"{network.table.name}, seed {recipe.seed}"
            self.show = partial(show, f"training {done + 1} of {total}: {title}")

        def on_step(self, progress: Progress) -> None:
            images = (progress.epoch - 1) * progress.epoch_images + progress.images
            self.show(images, self.epochs * progress.epoch_images)

        def on_warning(self, line: str) -> None:
            if line not in said:  # of the data there is one for every training
                said.add(line)
                print_message(line)

    def on_run(run: AblationRun) -> None:
        nonlocal done
        done += 1
        model = read_metadata(run.directory)
        print_message(
            f"{done} of {total}: {run.table.name}, seed {run.seed}: validation accuracy {model.scores['top1']:.2%},"
            f" {model.training['seconds']:.1f} s"
        )

    with counting() as show:
        yield [Bar()], on_run


def _print(ablation: Ablation) -> None:
    from striate.studies import finding, interval, points

    def cells(result: TableResult, *difference: str) -> tuple[str, ...]:
        seconds = f"{result.median_seconds:,.1f}"
        return (
            result.table,
            f"{result.accuracy:.2%}",
            *difference,
            count(result.parameters),
            count(result.macs),
            seconds,
        )

    header = ("Network", "Accuracy", "Difference", "95 % interval", "Parameters", "MACs", "Seconds")
    lines = [
        cells(variant.result, points(variant.difference.mean), interval(variant.difference))
        for variant in ablation.variants
    ]
    print_columns(
        header,
        [cells(ablation.base, "", ""), *lines],
        right=header[1:],
        hide_first=("MACs", "Parameters", "Seconds"),
    )
    for variant in ablation.variants:
        print_text(finding(ablation.base.table, variant), indent=2)
        by_seed = ", ".join(points(number) for number in variant.difference.by_seed)
        print_text(f"  by seed: {by_seed}; first weights in common: {variant.shared_weights:.0%}", indent=4)
    print_text(f"{ablation.directory}: README.md, ablation.json, ablation.png")
