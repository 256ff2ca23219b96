"""Every command with its arguments and flags, as its help says them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

_COLUMNS = "100"


def command_helps() -> dict[str, str]:
    """What `striate COMMAND --help` prints, by the command's name."""
    names = re.findall(r"^    (\w[\w-]*)(?:  |$)", _help(), re.MULTILINE)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(_help, names), strict=True))


def command_page() -> str:
    """One page for all commands."""
    codes = "Exit codes: 0 done, 1 an error (one line on standard error), 2 wrong usage, 130 interrupted."
    parts = ["# Commands", codes, f"```text\n{_help().rstrip()}\n```"]
    for name, text in command_helps().items():
        parts += [f"## `striate {name}`", f"```text\n{text.rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _help(*command: str) -> str:
    words = [sys.executable, "-m", "striate", *command, "--help"]
    environment = {**os.environ, "COLUMNS": _COLUMNS, "PYTHONUTF8": "1"}
    return subprocess.run(words, env=environment, capture_output=True, encoding="utf-8", check=True).stdout
