"""The command line: a file for each command, which parses, calls the library and prints."""

from striate.cli.main import entry, main, parser

__all__ = ["entry", "main", "parser"]
