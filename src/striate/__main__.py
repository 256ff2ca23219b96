"""`python -m striate`."""

from striate.cli import entry

entry()
