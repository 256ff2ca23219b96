"""The digests of a folder's files, remembered in the cache: unchanged files are not read again at every start."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from striate.data.decode import read_file
from striate.data.digests import NO_DIGEST, Digests, as_digests, digest_file
from striate.data.folders import ImageEntry
from striate.data.prefetch import prefetch
from striate.errors import DataError
from striate.runtime import write_atomically

INDEX_SUFFIX = ".digests"
_SETTLED = 2_000_000_000  # nanoseconds: a file that changed later before it was read may change again in the same tick
_CHUNK = 32  # files that a thread reads together


class DigestIndex:
    """What is remembered of the files `images` below `root`, in the cache `folder`, at `path`.

    The file: a hash of all files' times and numbers (inodes); then the digests. As git does, it trusts a file whose
    number and times are the same. Archives and copies set the time of modification to what they like, so the time of
    change counts too, which only the system sets. Windows gives none, and some file systems repeat the time of
    modification: there, and for files that had just changed, all files are read.
    """

    def __init__(self, folder: Path, root: Path, images: Sequence[ImageEntry]) -> None:
        self.images = images
        skip = len(os.fspath(root))
        names = _hash(f"{os.fspath(image.path)[skip:]}\0{image.size}" for image in images)
        self.path = folder / f"{names.hex()[:32]}{INDEX_SUFFIX}"
        self._times = _hash(f"{image.mtime_ns} {image.ctime_ns} {image.inode}" for image in images)
        self._trusts = has_change_time(images)

    def load(self, workers: int) -> Digests | None:
        """The files' digests: those that are remembered, if nothing has changed, else read anew by `workers` threads.

        None if these files were not seen before.
        """
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        size = len(self._times)
        if len(content) != size + len(self.images) * len(NO_DIGEST):
            return None
        with suppress(OSError):  # another user's
            os.utime(self.path)  # it is in use
        if self._trusts and content[:size] == self._times:
            return np.frombuffer(content[size:], dtype=np.uint8).reshape(-1, len(NO_DIGEST))
        started, workers = time.time_ns(), max(1, workers)
        ahead = 2 * _CHUNK * workers
        digests = as_digests(prefetch(_digest, self.images, workers=workers, ahead=ahead, chunksize=_CHUNK))
        self.save(digests, started)
        return digests

    def save(self, digests: Digests, started: int) -> None:
        """Remember the digests of the files, the first of which was read at the time `started`, in nanoseconds."""
        settled = all(image.ctime_ns < started - _SETTLED for image in self.images)
        with suppress(OSError):  # they are read again, no more
            write_atomically(self.path, (self._times if settled else bytes(len(self._times))) + digests.tobytes())


def has_change_time(images: Iterable[ImageEntry]) -> bool:
    """Whether these files have a time of change that differs from that of modification for some of them."""
    return sys.platform != "win32" and any(image.ctime_ns != image.mtime_ns for image in images)


def _hash(words: Iterable[str]) -> bytes:
    return hashlib.sha256("\0".join(words).encode(errors="surrogatepass")).digest()


def _digest(image: ImageEntry) -> bytes:
    try:
        return digest_file(read_file(image.path))
    except DataError:
        return NO_DIGEST
