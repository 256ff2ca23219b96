"""Try Striate: the table of LeNet-5, a training on handwritten digits into runs/demo, and predictions.

It needs no data: the digits come with scikit-learn. The run of a former demo is replaced.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from striate.cli import predict, summary, train
from striate.cli.output import print_columns, print_json, print_text
from striate.errors import TrainingError
from striate.text import quote

NAME = "demo"
HELP = "the first thing to try: train LeNet-5 on handwritten digits, and read some"
EXAMPLE = "striate demo"

_RUN = Path("runs/demo")
_TABLE, _DATA, _BATCH_SIZE = "lenet5", "digits", 16  # smaller batches than the table's recipe: these digits are few


def arguments(parser: argparse.ArgumentParser) -> None:
    """`striate demo` has no arguments of its own."""


def run(options: argparse.Namespace) -> None:
    """Show, train, predict, and say what to try next. TrainingError if runs/demo holds anything else."""
    _check_replaceable(_RUN)
    _check_not_trained(_RUN)
    parts = {"summary": _run(summary, _TABLE, as_json=options.json)}
    if _RUN.exists():
        shutil.rmtree(_RUN)
    from striate.data import NamedSet

    recipe = ("--data", NamedSet(_DATA), "--batch-size", str(_BATCH_SIZE), "--out", str(_RUN))
    parts["training"] = _run(train, _TABLE, *recipe, as_json=options.json)
    parts["predictions"] = _run(predict, str(_RUN), str(_RUN / "samples"), as_json=options.json)
    if options.json:
        steps = [{"command": command, "what": what} for command, what in _next_steps()]
        print_json({"schema": 1, **parts, "next": steps})
        return
    print_columns(("What to try next", ""), _next_steps())
    print_text(f"The model card, with the curves beside it: {_RUN / 'README.md'}")


def _run(command: ModuleType, *words: str, as_json: bool) -> Any:
    """Run another command; its JSON document, or nothing but a line of space after what it prints."""
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    options = parser.parse_args(words)
    options.json = as_json
    if not as_json:
        command.run(options)
        print(flush=True)
        return None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        command.run(options)
    return json.loads(printed.getvalue())


def _check_replaceable(directory: Path) -> None:
    """TrainingError if there is anything that is not a demo's run, and so would be lost."""
    if directory.is_symlink() or (directory.exists() and not _is_demo(directory)):
        raise TrainingError(f"{directory}: holds something else than the run of a demo; move it away")


def _check_not_trained(directory: Path) -> None:
    """TrainingError if another demo trains there now."""
    from striate.training import run_holder

    if directory.exists() and (holder := run_holder(directory)) is not None:
        raise TrainingError(f"{directory}: is being trained by process {holder['pid']}; wait for it")


def _is_demo(directory: Path) -> bool:
    """Whether a directory holds a run such as the demo makes, and no file of the user's."""
    from striate.training import RUN_CONFIG_NAME, RUN_FILES

    try:
        config = json.loads((directory / RUN_CONFIG_NAME).read_bytes())
        found = (config["table"]["name"], config["data"], config["table"]["recipe"]["batch_size"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    samples = {f"{digit}.png" for digit in range(10)}
    return (
        found == (_TABLE, _DATA, _BATCH_SIZE)
        and _visible_names(directory) <= RUN_FILES
        and _visible_names(directory / "samples") <= samples
    )


def _visible_names(directory: Path) -> set[str]:
    """The names in a directory, if there is one, but for those of hidden files, which systems leave."""
    names = {path.name for path in directory.iterdir()} if directory.is_dir() else set()
    return {name for name in names if not name.startswith(".")} - {"Thumbs.db", "desktop.ini"}


def _next_steps() -> list[tuple[str, str]]:
    """Commands, as the user types them here, and what they do."""
    from striate.data import data_kind

    striate, made = _program(), quote(str(_RUN))
    scores = (f"evaluate {made} --data {_DATA}", "per-class scores, confusion matrix")
    steps = (
        ("serve", "the lab in your browser: draw, look inside, train"),
        ("list", "every network, with its cost"),
        ("compare lenet5:modern lenet5:3x3", "one 5x5 against two 3x3"),
        *((scores,) if data_kind(_DATA) == "named" else ()),  # not where a folder has that name
        (f"predict {made} YOUR_DIGIT.png", "your own digit, filling its picture (PNG, JPEG)"),
        (f"predict {_TABLE} PHOTO.jpg", "a digit anywhere in a photo, with a model that ships"),
    )
    return [(f"{striate} {command}", what) for command, what in steps]


def _program() -> str:
    """How Striate was started, as the user would type it: by its name where the shell finds it, else by its path."""
    script = Path(sys.argv[0])
    if script.stem != "striate":  # python -m striate
        return f"{_as_typed(Path(sys.executable))} -m striate"
    return _as_typed(script)


def _as_typed(program: Path) -> str:
    """A program by its name if that is what the shell starts, else by its path, relative to this folder if below it."""
    found = shutil.which(program.stem)
    if found is not None and _without_suffix(Path(found)) == _without_suffix(program):
        return program.stem
    path = Path(os.path.abspath(program))  # noqa: PTH100, resolve() would follow the link to another Python
    return quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def _without_suffix(program: Path) -> str:
    """A path to compare: on Windows a script may lack `.exe`, and the case of letters does not count."""
    return os.path.normcase(os.path.abspath(program.with_suffix("")))  # noqa: PTH100
