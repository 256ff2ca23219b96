"""The page's engine and backend as a process of Node's, which answers requests."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

ENGINE = files("striate") / "web" / "static" / "engine"
ANSWER = Path(__file__).parent / "web" / "engine" / "answer.js"


class Engine:
    """The engine in a process of Node's."""

    def __init__(self) -> None:
        node = shutil.which("node")
        assert node
        self.process = subprocess.Popen(
            [node, str(ANSWER), str(ENGINE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def ask(self, document: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(document) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
