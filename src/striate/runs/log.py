"""The log of a training process: the line with which it ends, and the reason that a reader takes from it."""

from __future__ import annotations

import re
from pathlib import Path

from striate.text import printable, shorten

FAILED_PREFIX = "striate: "
"""The line that gives the reason of a failure starts with this."""
DIVERGED_PREFIX = "the training diverged: "
"""The reason starts with this if the loss was no finite number any more: to resume leads there again."""
STOPPED_LINE = "stopped, as it was asked to"
"""The last line of a training that was stopped."""
KILLED = "its process was ended"
"""The reason of a training that ended without a last line: it was killed, or could not start."""
_TAIL = 16_000  # bytes; Python's own warnings may follow the last line
_FOLDERS = re.compile(
    r"(?<![\w.~/-])/(?:[^/\s'\"]+/)*(?=[^/\s])"
    r"|(?<!\w)(?:[A-Za-z]:[\\/]+|\\\\)(?:[^\\/\s'\"]+[\\/]+)*(?=[^\\/\s])"  # C:\Users\, \\server\share\
)
"""The folders of an absolute path: everything but the last name."""


def read_failure(path: Path) -> str | None:
    """Why a training failed, from the end of its log; None if it was stopped on request.

    Absolute paths are shortened to their last name: the page shows the reason.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if line == STOPPED_LINE or line.startswith(FAILED_PREFIX)), None)
    if last == STOPPED_LINE:
        return None
    if last is None:
        last = f"{KILLED}; the last line of its log: {lines[-1].strip()}" if lines else KILLED
    return shorten_line(last.removeprefix(FAILED_PREFIX))


def shorten_line(line: str) -> str:
    """A line as the page may show it: bounded, printable, of absolute paths the last name only.

    >>> shorten_line("[Errno 2] No such file: '/home/me/pets/cat.png'")
    "[Errno 2] No such file: 'cat.png'"
    """
    return shorten(printable(_FOLDERS.sub("", line)))
