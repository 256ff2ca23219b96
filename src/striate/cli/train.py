"""Train a network on a data set into a new run directory, by the table's recipe unless overridden."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import natural, positive, positive_real
from striate.cli.data import add_data_arguments
from striate.cli.output import print_json, printable

if TYPE_CHECKING:
    from striate.training import Run

NAME = "train"
HELP = "train, with a live progress display"
EXAMPLE = "striate train lenet5 --data digits --out runs/first"

_NEEDED = ("table", "data", "out")
_RECIPE = ("epochs", "batch_size", "learning_rate", "seed")
_OPTIONS = ("val_fraction", "max_bad", "precision", "compiled", "tensorboard")
_MAY_DIFFER = ("data_dir", "cache_size", "workers")
"""What a run that is gone on with may be config anew, for it does not change what is learned."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate train`."""
    parser.set_defaults(wrong_usage=parser.error)
    parser.add_argument("table", nargs="?", metavar="TABLE", help="a name, family:variant, or a .toml table's path")
    add_data_arguments(parser, required=False)
    parser.add_argument("--out", metavar="RUN", help="the run directory to make")
    parser.add_argument("--resume", metavar="RUN", help="go on with a run that was stopped or died, as it began")
    parser.add_argument("--pretrained", action="store_true", help="start from torchvision's ImageNet weights")
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the training images")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="images in a step, of all processes together")
    parser.add_argument("--learning-rate", type=positive_real, metavar="X", help="the schedule's highest rate")
    parser.add_argument("--seed", type=natural, metavar="N", help="of weights, order, augmentation and dropout")
    parser.add_argument("--workers", type=natural, metavar="N", help="threads that prepare batches ahead (1)")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), help="of products (auto)")
    parser.add_argument("--compile", dest="compiled", action="store_true", help="by torch.compile")
    parser.add_argument("--tensorboard", action="store_true", help="write RUN/tensorboard (an extra) too")


def run(options: argparse.Namespace) -> None:
    """Train or go on, show how it goes, print where the model is."""
    _check_usage(options)
    from striate.runtime import TrainingInterrupted, is_first_process

    try:
        result = _resume(options) if options.resume else _train(options)
    except TrainingInterrupted as stopped:
        if is_first_process():
            print(f"striate: {printable(str(stopped))}", file=sys.stderr)
        sys.exit(128 + stopped.signal)
    if not is_first_process():
        return
    if options.json:
        print_json(_json(result))
        return
    print(
        f"{result.directory}: {result.scores.top1:.2%} of {result.scores.images} held-out images right,"
        f" trained in {result.seconds:.1f} s"
    )


def _check_usage(options: argparse.Namespace) -> None:
    if options.resume is None:
        if missing := [name for name in _NEEDED if not getattr(options, name)]:
            options.wrong_usage(f"{_flag(missing[0])} is needed, or --resume RUN")
        return
    for name in (*_NEEDED, *_RECIPE, *_OPTIONS, "pretrained"):
        if (value := getattr(options, name)) is not None and value is not False:
            options.wrong_usage(f"--resume goes on as the run began, so {_flag(name)} cannot be given")


def _train(options: argparse.Namespace) -> Run:
    from striate.tables import FINE_TUNING, load_table

    table = load_table(_with_weights(options.table) if options.pretrained else options.table)
    recipe = replace(FINE_TUNING if options.pretrained else table.recipe, **_given(options, _RECIPE))

    from striate.cli.live import Live
    from striate.training import Options, train

    how = Options(**_given(options, (*_OPTIONS, *_MAY_DIFFER)))
    with Live(recipe.epochs, to_stderr=options.json) as live:
        return train(
            table, options.data, options.out, recipe=recipe, pretrained=options.pretrained, options=how, callback=live
        )


def _resume(options: argparse.Namespace) -> Run:
    from striate.cli.live import Live
    from striate.training import load_run_config, resume

    config = load_run_config(options.resume)
    how = replace(config.options, **_given(options, _MAY_DIFFER))
    with Live(config.table.recipe.epochs, to_stderr=options.json) as live:
        return resume(options.resume, options=how, callback=live)


def _given(options: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _flag(name: str) -> str:
    return {"table": "TABLE", "compiled": "--compile"}.get(name, f"--{name.replace('_', '-')}")


def _with_weights(name: str) -> str:
    """The variant of a family that torchvision has weights for, said aloud where it is not the one asked for."""
    from striate.runtime import is_first_process
    from striate.tables import ARCHITECTURES

    shipped = f"{name}:torchvision"
    if shipped not in ARCHITECTURES:
        return name
    if is_first_process():
        print(f"striate: the pretrained weights are those of {shipped}, which is trained", file=sys.stderr)
    return shipped


def _json(result: Run) -> dict[str, Any]:
    return {
        "schema": 1,
        "run": str(result.directory),
        "seconds": result.seconds,
        "images": result.scores.images,
        "top1": result.scores.top1,
        "top5": result.scores.top5,
        "loss": result.scores.loss,
        "history": [asdict(epoch) for epoch in result.history],
    }
