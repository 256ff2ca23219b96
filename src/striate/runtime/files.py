"""Files written atomically, and renamed, removed and synced to the disk as each system can."""

from __future__ import annotations

import contextlib
import glob
import os
import sys
import tempfile
import time
from pathlib import Path

from striate.runtime.interrupt import before_exit

_PATIENCE = 2.0 if sys.platform == "win32" else 0.0
"""Seconds: Windows replaces no file that a process has open, and readers have theirs open for a moment only."""
_BETWEEN = 0.02
_PREFIX = 40
"""Letters of a file's name in that of the temporary one, which may be no longer than names can be."""
_RANDOM = "[a-z0-9_]" * 8  # what `tempfile` adds to a name


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically: an existing file of that name stays as it is until the new one is complete on the disk.

    A link is followed; a device or a pipe is written to as it is. OSError, which names the path, if it cannot be
    written; nothing is left behind then.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace_content(path.resolve() if path.is_symlink() else path, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _replace_content(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:_PREFIX]}.", dir=path.parent)
    try:
        with before_exit(lambda: Path(temporary).unlink(missing_ok=True)):
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            replace_file(Path(temporary), path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove_temporary_files(path: Path) -> None:
    """Delete what processes have left that were killed within `write_atomically`; no other may be writing the file."""
    for temporary in path.parent.glob(f".{glob.escape(path.name)}.{_RANDOM}"):
        with contextlib.suppress(OSError):
            temporary.unlink()


def is_temporary(path: Path) -> bool:
    """Whether a file has a name as `write_atomically` gives it while it writes.

    >>> is_temporary(Path("runs/.pets-1.json.k3v_x0ab")), is_temporary(Path("runs/.hidden"))
    (True, False)
    """
    return path.match(f".*.{_RANDOM}")


def replace_file(source: Path, target: Path) -> None:
    """Rename a file, over one of that name if there is one, or a folder; on Windows as soon as nobody has it open."""
    move = source.rename if source.is_dir() else source.replace  # on Windows `replace` is for files
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            move(target)
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_BETWEEN)
        else:
            return


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk; Windows does so itself."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folder
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
