"""The JSON that commands write with `--json`: the keys and their types, read from what commands print."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COMMANDS = (
    ["list"],
    ["summary", "lenet5:tiny"],
    ["compare", "lenet5", "lenet5:modern"],
    ["predict", "lenet5", "--samples"],
)
_NAMES = {dict: "object", str: "text", bool: "true or false", int: "whole number", float: "number", type(None): "null"}


def json_page() -> str:
    """A section for each command; `schema` is raised when a key changes its meaning or goes."""
    parts = [
        "# JSON output",
        "With `--json` a command writes one document on standard output. `schema` is a number that is raised when a key"
        " changes its meaning or goes; keys may be added at any time. A list shows the type of its first item.",
    ]
    for command in COMMANDS:
        tree = "\n".join(_lines(document(command), 0))
        parts += [f"## `striate {' '.join(command)} --json`", f"```text\n{tree}\n```"]
    return "\n\n".join(parts) + "\n"


def document(command: list[str]) -> Any:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "striate", *command, "--json"], capture_output=True, encoding="utf-8", check=True
    )
    return json.loads(done.stdout)


def _lines(value: Any, depth: int) -> list[str]:
    lines: list[str] = []
    for key, inner in value.items():
        item = inner[0] if isinstance(inner, list) and inner else inner
        lines.append(f"{'  ' * depth}{key}: {_type(inner)}")
        if isinstance(item, dict):
            lines += _lines(item, depth + 1)
    return lines


def _type(value: Any) -> str:
    if isinstance(value, list):
        return f"list of {_type(value[0])}" if value else "list"
    return _NAMES[type(value)]
