"""Make the pictures of `looking-inside.md` anew: runs each `striate inspect` that stands in it.

    python docs/look.py [--data-dir DIR]

DIR is where MNIST lies. Pictures go where the guide's commands say, so it is to be run in the repository's root.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).with_name("looking-inside.md")


def commands(guide: str) -> list[list[str]]:
    """The commands of a guide, in order, as words."""
    return [shlex.split(line) for line in guide.splitlines() if line.startswith("striate inspect ")]


def main() -> None:
    """Run them all."""
    for _, *arguments in commands(GUIDE.read_text(encoding="utf-8")):
        where = sys.argv[1:] if "--data" in arguments else []
        subprocess.run([sys.executable, "-m", "striate", *arguments, *where], check=True)


if __name__ == "__main__":
    main()
