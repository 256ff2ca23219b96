"""From LeNet-5 to ResNet on your own pictures: small versions of five networks learn by one recipe, and are compared.

For 20 epochs from one seed and for 5 from three. Called again it continues where it was interrupted. RUN directories,
story.json, the page README.md and its picture are in the folder OUT.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.arguments import add_language_argument, natural, path_argument, positive
from striate.cli.data import add_data_arguments, data_options
from striate.cli.device import add_device_argument, device_option
from striate.cli.output import print_columns, print_json, print_message, print_text
from striate.text import quantity, quote

if TYPE_CHECKING:
    from striate.studies import Story, Training

NAME = "story"
HELP = "what each network of the history is worth on your pictures"
EXAMPLE = "striate story --data photos/ --out runs/story"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate story`."""
    add_data_arguments(parser, required=True)
    parser.add_argument("--out", required=True, metavar="OUT", type=path_argument, help="the folder of the story")
    parser.add_argument(
        "--epochs", type=positive, metavar="N", help="of the full trainings (20); a quarter of the others"
    )
    parser.add_argument("--workers", type=natural, metavar="N", help="threads that prepare batches ahead (1)")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), help="of products (auto)")
    add_device_argument(parser)
    add_language_argument(parser, "the page and its picture")


def run(options: argparse.Namespace) -> None:
    """Train all that is not yet trained, write the page, and print the table."""
    options.device = device_option(options)
    from striate.cli.live import Live
    from striate.runtime import TrainingInterrupted
    from striate.studies import tell_story, write_page
    from striate.tables import SHORT
    from striate.training import Options

    given = {
        name: value for name in ("workers", "precision", "device") if (value := getattr(options, name)) is not None
    }
    epochs = options.epochs or SHORT.epochs

    def say(training: Training, number: int, total: int) -> None:
        epochs = quantity(training.epochs, "epoch")
        print_message(f"{number} of {total}: {training.chapter.table}, {epochs}, seed {training.seed}")

    try:
        with Live(epochs, to_stderr=True) as live:
            story = tell_story(
                options.data,
                options.out,
                epochs=epochs,
                options=Options(data=data_options(options), **given),
                callbacks=[live],
                on_training=say,
            )
    except TrainingInterrupted as interrupt:
        print_message(str(interrupt))
        sys.exit(128 + interrupt.signal)
    write_page(story, Path(options.out), _command(options))
    if options.json:
        print_json({"schema": 1, **asdict(story)})
    else:
        _print(story)
        print_text(f"{options.out}: README.md is the page, story.png its picture")


def _command(options: argparse.Namespace) -> str:
    """The command that was given, for the page."""
    names = ("data", "data_dir", "val_fraction", "out", "epochs", "workers", "precision", "device")
    words = [word for name in names if (value := getattr(options, name)) is not None for word in (name, value)]
    flags = [f"--{word.replace('_', '-')}" if place % 2 == 0 else quote(str(word)) for place, word in enumerate(words)]
    return " ".join(("striate story", *flags))


def _print(story: Story) -> None:
    columns = ("Network", "Table", "Year", "Parameters", "MACs", "Top-1 error", "Top-5 error", "Minutes")
    rows = [
        (
            results.chapter.network,
            results.chapter.table,
            str(results.chapter.year),
            f"{results.parameters:,}",
            f"{results.macs:,}",
            f"{results.full.top1_error:.1%}",
            f"{results.full.top5_error:.1%}",
            f"{results.minutes(story.epochs):.0f}",
        )
        for results in story.chapters
    ]
    print_columns(columns, rows, right=columns[2:], hide_first=("Table", "Year", "MACs", "Parameters", "Top-5 error"))
