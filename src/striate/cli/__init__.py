"""The command line: a file for each command, which parses, calls the library and prints."""

from striate.cli.main import main, parser

__all__ = ["main", "parser"]
