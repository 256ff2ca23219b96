"""Measure the gradients that a page without a server shows, and write them to src/striate/web/page/gradients.json.

    python scripts/gradients.py

They depend on no model: of two networks of each depth at initialization, as Why shows them, and of every setting of the
instrument. A server answers, as a process; a test compares some of the file with what a server answers later.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from striate.inspection import BENCH_DEPTHS, BENCH_INITIALIZATIONS

FILE = Path(__file__).parents[1] / "src" / "striate" / "web" / "page" / "gradients.json"
DEPTHS = (20, 32, 44, 56)  # of the networks side by side in Why
DIGITS = 7


def main() -> None:
    """Measure, and write a line for each document."""
    command = [sys.executable, "-m", "striate", "serve", "lenet5", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
        assert server.stdout is not None
        try:
            address = json.loads(server.stdout.readline())["address"]
            lines = [f"{json.dumps(key)}: {json.dumps(rounded(ask(f'{address}/lab/{key}')))}" for key in keys()]
        finally:
            server.terminate()
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8", newline="\n")


def keys() -> Iterator[str]:
    """What the page asks for: the path, and the parameters in the order of their names."""
    for depth in DEPTHS:
        yield f"gradient-flow?{urlencode({'tables': f'plain{depth},resnet{depth}'})}"
    names = ("depth", "shortcut", "initialization", "batch_norm")
    for values in product(BENCH_DEPTHS, (0, 1), BENCH_INITIALIZATIONS, (0, 1)):
        yield f"instruments/gradient-flow?{urlencode(sorted(zip(names, values, strict=True)))}"


def ask(address: str) -> Any:
    """What the server answers."""
    with urllib.request.urlopen(address, timeout=120) as response:
        return json.load(response)


def rounded(document: Any) -> Any:
    """A document whose numbers have seven digits."""
    if isinstance(document, dict):
        return {name: rounded(value) for name, value in document.items()}
    if isinstance(document, list):
        return [rounded(value) for value in document]
    return float(f"{document:.{DIGITS}g}") if isinstance(document, float) else document


if __name__ == "__main__":
    main()
