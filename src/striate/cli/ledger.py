"""Check the figures of your own notes: a TOML file says what each figure is of, and Striate computes it.

    [[claims]]
    claim = 28
    of = "output_size(32, kernel=5)"
    where = "slide 12"

`of` is a call of output_size, same_padding, conv_parameters, dense_parameters, receptive_field, parameters("lenet5",
"C3"), macs("alexnet"), ratio(a, b), ...; an unknown name lists them all."""

from __future__ import annotations

import argparse
from pathlib import Path

from striate.cli.arguments import add_language_argument, path_argument
from striate.cli.output import print_columns, print_json, print_text

NAME = "ledger"
HELP = "the figures of your own notes, checked"
EXAMPLE = "striate ledger notes.toml --out ledger.md"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate ledger`."""
    parser.add_argument("claims", metavar="FILE", type=path_argument, help="a .toml file with [[claims]]")
    parser.add_argument("--out", metavar="FILE", type=path_argument, help="also write the ledger, as Markdown")
    add_language_argument(parser, "the verdicts")


def run(options: argparse.Namespace) -> None:
    """Print the verdict on each claim."""
    from striate.course import check_claims, ledger_markdown, ledger_rows, ledger_summary
    from striate.runtime import write_atomically

    ledger = check_claims(Path(options.claims))
    if options.out is not None:
        write_atomically(Path(options.out), ledger_markdown(ledger, options.language).encode())
    if options.json:
        claims = [
            {
                "claim": one.claim.text,
                "of": one.claim.of,
                "where": one.claim.where,
                "quote": one.claim.quote,
                "line": one.claim.line,
                "computed": one.figure.value,
                "formula": one.figure.formula,
                "verdict": one.verdict,
            }
            for one in ledger.verdicts
        ]
        written = {} if options.out is None else {"file": options.out}
        print_json(
            {"schema": 1, "title": ledger.title, "disagreements": ledger.disagreements, "claims": claims, **written}
        )
        return
    if ledger.title:
        print_text(ledger.title)
    header, rows = ledger_rows(ledger, options.language)
    print_columns(header, rows, right=("#",), hide_first=header[3:4])
    print_text(ledger_summary(ledger, options.language))
    if options.out is not None:
        print_text(options.out)
