"""`python -m striate`."""

from striate.cli.main import entry

entry()
