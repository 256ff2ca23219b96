"""The command line: parse the arguments, run the command, turn an error into one line and an exit code.

argparse, not a richer library: `striate summary` must start like a Unix tool, and argparse imports in a tenth of the
time of the others. Each command is a file beside this one, which imports what it needs when it runs.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import striate
from striate.cli import (
    ablate,
    calibrate,
    check,
    compare,
    demo,
    evaluate,
    exercises,
    export,
    inspect,
    ledger,
    list_,
    page,
    predict,
    serve,
    story,
    summary,
    train,
)
from striate.cli.output import prepare_streams, print_message, size
from striate.errors import StriateError
from striate.text import LINE, printable, shorten
from striate.words import Language, reading

COMMANDS = (
    demo, list_, summary, compare, train, ablate, calibrate, evaluate, predict, inspect, export, check, serve, page,
    story, exercises, ledger,
)  # fmt: skip
DONE, FAILED, INTERRUPTED = 0, 1, 130


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.color = False  # Python 3.14 would colour the help in a file too, by $FORCE_COLOR

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[argparse.Namespace, list[str]]:  # type: ignore[override]
        """As argparse's; an empty string is wrong usage: as a path it would be the current folder."""
        options, rest = super().parse_known_args(args, namespace)
        for action in self._actions:
            value = getattr(options, action.dest, None)
            if "" in (value if isinstance(value, list) else [value]):
                self.error(str(argparse.ArgumentError(action, "an empty string")))
        return options, rest

    def error(self, message: str) -> NoReturn:
        help = f" (see {self.prog} --help)"
        self.exit(2, f"{self.prog}: {shorten(printable(message), LINE - len(help))}{help}\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(prog="striate", description="The classic convolutional networks, each stated as a table.")
    top.add_argument("--version", action="version", version=f"striate {striate.__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in COMMANDS:
        command = commands.add_parser(
            module.NAME,
            help=module.HELP,
            description=module.__doc__,
            epilog=f"example: {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(command)
        command.add_argument("--json", action="store_true", help="one JSON document on standard output")
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
        command.set_defaults(run=module.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 for success, 1 for an error (one line on stderr), 130 if interrupted; exits with 2 for
    wrong usage."""
    prepare_streams()
    options = parser().parse_args(arguments)
    # torch's OpenMP threads spin while they wait. With a second training on the same two cores this made LeNet-5 55
    # times slower; with a shorter spin it is 6 times slower, and as fast as before when it runs alone.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    if sys.platform == "darwin":  # torch reads it when it is imported: kernels that a Mac's GPU lacks run on the CPU
        os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    try:
        with reading(_language(options)):
            options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader closed the pipe, as in `striate list | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt as interrupt:
        print_message(f"interrupted: {interrupt}" if str(interrupt) else "interrupted")
        return INTERRUPTED
    except Exception as error:
        if options.debug:
            raise
        print_message(_line(error))
        return FAILED
    return DONE


def _language(options: argparse.Namespace) -> Language:
    """The language of what a command writes; says so if no font has its letters."""
    language: Language = getattr(options, "language", "en")
    if language != "en" and options.command != summary.NAME:
        from striate.training import has_letters

        if not has_letters(language):
            print_message("no installed font has Hangul: labels in pictures stay English; one is Noto Sans CJK KR")
    return language


def _line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    words = re.sub(r"\s*[\r\n]\s*", " ", str(error)).strip()  # other spaces may belong to a path
    if isinstance(error, StriateError):
        return words
    if "torch" in sys.modules:
        from striate.runtime import is_out_of_memory, missing_kernel

        if is_out_of_memory(error):
            return _out_of_memory(words)
        if isinstance(error, NotImplementedError) and "aten::" in words:  # a kernel that the device lacks
            return missing_kernel(error)
    return f"unexpected {type(error).__name__}: {words} (--debug shows where)"


def _out_of_memory(words: str) -> str:
    """torch's error in a line: what it tried to allocate, where it says so.

    >>> _out_of_memory("can't allocate memory: you tried to allocate 33600000000 bytes. Error code 12")
    'out of memory: 33.6 GB more were needed'
    """
    asked = re.search(r"tried to allocate ([\d.]+) (\w+)", words, re.IGNORECASE)
    if asked is None:
        return "out of memory"
    number, unit = asked.groups()
    return f"out of memory: {size(float(number)) if unit == 'bytes' else f'{number} {unit}'} more were needed"
