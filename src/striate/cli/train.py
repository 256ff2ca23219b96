"""Train a network on a data set into a new run directory, by the table's recipe unless overridden."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import fraction, natural, positive, positive_real
from striate.cli.output import print_json, printable

if TYPE_CHECKING:
    from striate.training.run import Run

NAME = "train"
HELP = "train, with a live progress display"
EXAMPLE = "striate train lenet5 --data digits --out runs/first"

_NEEDED = ("table", "data", "out")
_OVERRIDES = ("epochs", "batch_size", "learning_rate", "seed")
_OPTIONS = ("data_dir", "val_fraction", "max_bad", "workers", "precision", "compiled")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate train`."""
    parser.set_defaults(wrong_usage=parser.error)
    parser.add_argument("table", nargs="?", metavar="TABLE", help="a name, family:variant, or the path of a .toml table")
    parser.add_argument("--data", metavar="DATA", help="digits, mnist, fashion-mnist, cifar10, or a folder of pictures")
    parser.add_argument("--out", metavar="RUN", help="the run directory to make")
    parser.add_argument("--resume", metavar="RUN", help="go on with a run that was stopped or died; takes nothing else")
    parser.add_argument("--pretrained", action="store_true", help="start from torchvision's ImageNet weights")
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the training images")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="images in a step")
    parser.add_argument("--learning-rate", type=positive_real, metavar="X", help="the schedule's highest rate")
    parser.add_argument("--seed", type=natural, metavar="N", help="of weights, order, augmentation and dropout")
    parser.add_argument("--data-dir", metavar="DIR", help="where a named data set lies")
    parser.add_argument("--val-fraction", type=fraction, metavar="X", help="of a folder without val/, held out (0.2)")
    parser.add_argument("--max-bad", type=natural, metavar="N", help="pictures that may be unreadable (0)")
    parser.add_argument("--workers", type=natural, metavar="N", help="threads that prepare pictures (1)")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), help="of products (auto)")
    parser.add_argument("--compile", dest="compiled", action="store_true", default=None, help="by torch.compile")


def run(options: argparse.Namespace) -> None:
    """Train or go on, show how it goes, print where the model is."""
    from striate.training.stopping import Stopped

    given = [name for name in (*_NEEDED, *_OVERRIDES, *_OPTIONS, "pretrained") if getattr(options, name) not in (None, False)]
    if options.resume is None:
        if missing := [name for name in _NEEDED if name not in given]:
            options.wrong_usage(f"{_flag(missing[0])} is needed, or --resume RUN")
    elif given:
        options.wrong_usage(f"--resume goes on as the run began, so {_flag(given[0])} cannot be given")
    try:
        result = _train(options) if options.resume is None else _resume(options)
    except Stopped as stopped:
        print(f"striate: {printable(str(stopped))}", file=sys.stderr)
        sys.exit(128 + stopped.signal)
    if options.json:
        print_json(_json(result))
        return
    print(
        f"{result.directory}: {result.scores.top1:.2%} of {result.scores.images} held-out images right,"
        f" trained in {result.seconds:.1f} s"
    )


def _train(options: argparse.Namespace) -> Run:
    from striate.tables import load_table
    from striate.tables.recipe import FINE_TUNING

    table = load_table(_with_weights(options.table) if options.pretrained else options.table)
    recipe = replace(FINE_TUNING if options.pretrained else table.recipe, **_given(options, _OVERRIDES))

    from striate.cli.live import Live
    from striate.training.run import Options, train

    with Live(recipe.epochs, to_stderr=options.json) as live:
        return train(
            table,
            options.data,
            options.out,
            recipe=recipe,
            pretrained=options.pretrained,
            options=Options(**_given(options, _OPTIONS)),
            on_step=live.on_step,
            on_epoch=live.on_epoch,
        )


def _resume(options: argparse.Namespace) -> Run:
    from striate.cli.live import Live
    from striate.training.run import load_run, resume

    with Live(load_run(options.resume).table.recipe.epochs, to_stderr=options.json) as live:
        return resume(options.resume, on_step=live.on_step, on_epoch=live.on_epoch)


def _given(options: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _flag(name: str) -> str:
    return "TABLE" if name == "table" else f"--{name.replace('_', '-')}"


def _with_weights(name: str) -> str:
    """The variant of a family that torchvision has weights for, said aloud where it is not the one asked for."""
    from striate.tables import ARCHITECTURES

    shipped = f"{name}:torchvision"
    if shipped not in ARCHITECTURES:
        return name
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
