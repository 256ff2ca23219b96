"""Train a network on a data set into a new run directory, by the table's recipe unless overridden."""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import asdict, replace
from typing import Any

from striate.cli.arguments import natural, positive, positive_real
from striate.cli.output import print_json

NAME = "train"
HELP = "train, with a live progress display"
EXAMPLE = "striate train lenet5 --data digits --out runs/first"

_OVERRIDES = ("epochs", "batch_size", "learning_rate", "seed")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate train`."""
    parser.add_argument("table", metavar="TABLE", help="a name, family:variant, or the path of a .toml table")
    parser.add_argument("--data", required=True, metavar="DATA", help="a data set: digits")
    parser.add_argument("--out", required=True, metavar="RUN", help="the run directory to make")
    parser.add_argument("--pretrained", action="store_true", help="start from torchvision's ImageNet weights")
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the training images")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="images in a step")
    parser.add_argument("--learning-rate", type=positive_real, metavar="X", help="the schedule's highest rate")
    parser.add_argument("--seed", type=natural, metavar="N", help="of weights, order and dropout")


def run(options: argparse.Namespace) -> None:
    """Train, show how it goes, print where the model is."""
    from striate.tables import load_table
    from striate.tables.recipe import FINE_TUNING

    table = load_table(_with_weights(options.table) if options.pretrained else options.table)
    overrides = {name: value for name in _OVERRIDES if (value := getattr(options, name)) is not None}
    recipe = replace(FINE_TUNING if options.pretrained else table.recipe, **overrides)

    from striate.cli.live import Live
    from striate.training.run import train

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # from here on there is something to keep
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with Live(recipe.epochs, to_stderr=options.json) as live:
        result = train(
            table,
            options.data,
            options.out,
            recipe=recipe,
            pretrained=options.pretrained,
            on_step=live.on_step,
            on_epoch=live.on_epoch,
        )
    if options.json:
        print_json(_json(result))
        return
    print(
        f"{result.directory}: {result.scores.top1:.2%} of {result.scores.images} held-out images right,"
        f" trained in {result.seconds:.1f} s"
    )


def _with_weights(name: str) -> str:
    """The variant of a family that torchvision has weights for, said aloud where it is not the one asked for."""
    from striate.tables import ARCHITECTURES

    shipped = f"{name}:torchvision"
    if shipped not in ARCHITECTURES:
        return name
    print(f"striate: the pretrained weights are those of {shipped}, which is trained", file=sys.stderr)
    return shipped


def _json(result: Any) -> dict[str, Any]:
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
