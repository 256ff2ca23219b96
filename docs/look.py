"""Make the pictures of `looking-inside.md`: run each command of the guide, but no training whose run is there already.

    python docs/look.py [--data-dir DIR]

DIR is MNIST's folder. The paths in the guide's commands are relative to the repository's root, so run it there.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).with_name("looking-inside.md")


def commands(guide: str, name: str = "inspect") -> list[list[str]]:
    """The commands of this name of a guide in order, each as a list of arguments."""
    return [shlex.split(line) for line in guide.splitlines() if line.startswith(f"striate {name} ")]


def main() -> None:
    """Run all commands of the guide."""
    guide = GUIDE.read_text(encoding="utf-8")
    trainings = [one for one in commands(guide, "train") if not Path(one[one.index("--out") + 1]).exists()]
    for _, *arguments in [*trainings, *commands(guide)]:
        where = sys.argv[1:] if "--data" in arguments else []
        subprocess.run([sys.executable, "-m", "striate", *arguments, *where], check=True)


if __name__ == "__main__":
    main()
