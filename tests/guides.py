"""The pages of the documentation, and the commands in them."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README, README_KO = ROOT / "README.md", ROOT / "README.ko.md"
GUIDES = [*sorted(DOCS.glob("*.md")), *sorted((DOCS / "tutorials").glob("*.md"))]
PAGES = [
    *ROOT.glob("*.md"),
    *GUIDES,
    *sorted((DOCS / "course").glob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
]
WITH_COMMANDS = [path for path in PAGES if path.parent.name != "benchmarks"] + sorted(
    ROOT.glob("src/striate/models/*.md")
)
"""All but those whose blocks are results."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:\w+=(?:\$\([^)]*\)|\S+) )*(?:torchrun .*-m |[\w./\\]*[/\\])?striate (?P<rest>.*)")
"""`striate` with what may stand before it: variables, its folder, torchrun."""


def read(path):
    return path.read_text(encoding="utf-8")


def command_lines(text):
    """The lines with a `striate` command in a page's blocks without a language; not those with dots for a rest."""
    for language, block in BLOCK.findall(text):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines() if not language else ():
            if COMMAND.match(line) and "..." not in line and "…" not in line:
                yield line


def words(line):
    """The words of a command after `striate`, without what a shell does with its output."""
    return shlex.split(re.split(" [>|] ", COMMAND.match(line)["rest"])[0], comments=True)


def commands(text):
    """The commands of a page, as words after `striate`."""
    return map(words, command_lines(text))
