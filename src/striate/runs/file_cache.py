"""A cache of parsed files, each parsed again when the file has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from striate.errors import StriateError

T = TypeVar("T")


class FileCache(Generic[T]):
    """`parse(path)` of the `size` files that were asked for last."""

    def __init__(self, parse: Callable[[Path], T], size: int) -> None:
        self._parse, self._size = parse, size
        self._entries: OrderedDict[Path, tuple[object, T | None]] = OrderedDict()

    def get(self, path: Path) -> T | None:
        """The parsed file; None if there is no such file, or it is damaged."""
        try:
            status = path.stat()
        except OSError:
            return None
        version = status.st_mtime_ns, status.st_size, status.st_ino
        entry = self._entries.pop(path, None)
        try:
            value = entry[1] if entry is not None and entry[0] == version else self._parsed(path)
        except OSError:  # gone, or on Windows just being replaced
            return None
        self._entries[path] = version, value
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)
        return value

    def _parsed(self, path: Path) -> T | None:
        try:
            return self._parse(path)
        except (ValueError, KeyError, TypeError, RecursionError, StriateError):
            return None
