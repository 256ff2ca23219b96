"""Files written atomically."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from striate.runtime.interrupt import before_exit


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically: an existing file of that name stays as it is until the new one is complete on the disk.

    OSError if it cannot be written; nothing is left behind then.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with before_exit(lambda: Path(temporary).unlink(missing_ok=True)):
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
