"""The packed cache: a folder's pictures decoded once, into one file that is mapped into memory.

A pack's name is a hash of what it was made from: each file's path below the folder, size and time of change, and the
side and channels of the stored pictures. Reading the files themselves would cost as much as decoding them again.

The file: pixels, one picture after the other; the index, int64 (N, 3): offset (-1: could not be read), height, width;
a description in JSON; its length in 8 bytes; a mark. A file that is not complete has no mark, nor its final name.

A pack is built under a lock, so that a second process waits for it instead of building it too. A process that uses a
pack marks it as in use, which keeps it from being removed. Lock and mark end with their process, however that ends.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np

from striate.data.decode import decode, ignore_metadata_warnings
from striate.data.folders import ImageEntry
from striate.data.pictures import Bytes, Integers, PackedPictures
from striate.data.prefetch import prefetch
from striate.errors import DataError
from striate.runtime import acquire_lock, before_exit, is_in_use, mark_in_use, replace_file

CACHE_SIZE = 20_000_000_000
"""Bytes that all packs of a cache may take together."""
_MARK = b"striate pack 1\n\0"
_ATTEMPTS = 3  # a pack can be removed between its building and its use
_MIN_SYNC = 32_000_000  # bytes
_CHUNK = 4  # pictures that a thread decodes together: every hand-over between threads costs as much as a part of one
_AHEAD = 8  # pictures for each worker that may be decoded before they are written

ProgressCallback = Callable[[int, int], None]


def load_or_build_pack(
    root: Path,
    images: Sequence[ImageEntry],
    *,
    side: int | None,
    channels: int,
    folder: Path,
    cache_size: int = CACHE_SIZE,
    workers: int = 2,
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> tuple[PackedPictures, dict[int, str]]:
    """The pictures of these files below `root`, from a pack in `folder`, which is built if there is none.

    Those that cannot be read are empty, and are in the second part by index, with the reason. They are decoded by
    `workers` threads: decoders release the interpreter's lock, so two cores decode twice as fast. `on_progress` is
    called with the pictures that are done, and all of them. Other packs are removed, the least recently used first,
    until all together take at most `cache_size` bytes. DataError if the cache cannot be written.
    """
    path = folder / f"{_key(root, images, side, channels)}.pack"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for _attempt in range(_ATTEMPTS):
            if (opened := _open(path)) is not None:
                return opened
            with _partial(path) as file:
                if file is not None:
                    _build(file, images, side, channels, workers, on_progress)
            _make_room(folder, cache_size, path)
    except OSError as error:
        raise DataError(
            f"{folder}: the cache of decoded pictures cannot be written: {error.strerror or error};"
            " $XDG_CACHE_HOME names another place"
        ) from None
    raise DataError(f"{path}: cannot be read again after it was written")


def _key(root: Path, images: Iterable[ImageEntry], side: int | None, channels: int) -> str:
    digest = hashlib.sha256(json.dumps([_MARK.decode(), side, channels]).encode())
    for image in images:
        words = [image.path.relative_to(root).as_posix(), image.size, image.mtime_ns]
        digest.update(json.dumps(words).encode())
    return digest.hexdigest()[:32]


def _build(
    file: IO[bytes],
    images: Sequence[ImageEntry],
    side: int | None,
    channels: int,
    workers: int,
    on_progress: ProgressCallback,
) -> None:
    """Write a whole pack and sync it to the disk."""
    index = np.zeros((len(images), 3), dtype=np.int64)
    bad: dict[int, str] = {}
    with _Syncer(file) as syncer:
        for number, pixels in enumerate(_decoded(images, side, channels, workers)):
            if isinstance(pixels, str):
                index[number, 0], bad[number] = -1, pixels
            else:
                index[number] = (file.tell(), *pixels.shape[:2])
                file.write(pixels.data)
                syncer.sync_if_due()
            on_progress(number + 1, len(images))
    description = json.dumps({"channels": channels, "pixels": file.tell(), "images": len(images), "bad": bad}).encode()
    file.write(index.tobytes() + description + len(description).to_bytes(8, "little") + _MARK)
    file.flush()
    os.fsync(file.fileno())


class _Syncer:
    """Syncs a file to the disk from time to time, in a thread beside the decoding, so that the last sync is short."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._pool = file, ThreadPoolExecutor(1)
        self._syncing: Future[None] = self._pool.submit(lambda: None)
        self._synced = 0  # bytes

    def __enter__(self) -> _Syncer:
        return self

    def sync_if_due(self) -> None:
        """Begin a sync if there is enough to write and the last one is done; the last one's error is raised here."""
        if (written := self._file.tell()) - self._synced > _MIN_SYNC and self._syncing.done():
            self._syncing.result()
            self._syncing, self._synced = self._pool.submit(os.fsync, self._file.fileno()), written

    def __exit__(self, kind: object, *_: object) -> None:
        self._pool.shutdown()
        if kind is None:
            self._syncing.result()


def _decoded(images: Sequence[ImageEntry], side: int | None, channels: int, workers: int) -> Iterator[Bytes | str]:
    """Every picture in order, or the reason why it cannot be read."""

    def decoded(image: ImageEntry) -> Bytes | str:
        try:
            return decode(image.path, channels, side)
        except DataError as error:
            return str(error).removeprefix(f"{image.path}: ")

    workers = max(1, workers)
    with ignore_metadata_warnings():
        yield from prefetch(decoded, images, workers=workers, ahead=_AHEAD * workers, chunksize=_CHUNK)


def _open(path: Path) -> tuple[PackedPictures, dict[int, str]] | None:
    """A finished pack, marked as in use; None if there is none. One that is damaged is removed."""
    try:
        with path.open("rb") as file:
            release = _use(path)
            try:
                return _read(file, release)
            except BaseException:
                release()
                raise
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        path.unlink(missing_ok=True)
        return None


def _use(path: Path) -> Callable[[], None]:
    """Mark a pack as in use, now; what ends that. In a cache that this process may only read there is no mark."""
    with suppress(OSError):
        os.utime(path)
    with suppress(OSError):
        return mark_in_use(path).release
    return lambda: None


def _read(file: IO[bytes], on_freed: Callable[[], None]) -> tuple[PackedPictures, dict[int, str]]:
    """The pictures of a pack, and which could not be read; ValueError, or what reading raises, if it is damaged.

    `on_freed` is called when the pictures are in use no longer.
    """
    size = file.seek(-len(_MARK) - 8, os.SEEK_END)
    length, mark = int.from_bytes(file.read(8), "little"), file.read()
    file.seek(size - length)
    description = json.loads(file.read(length))
    pixels, images, channels = description["pixels"], description["images"], description["channels"]
    file.seek(pixels)
    index = np.frombuffer(file.read(images * 24), dtype=np.int64).reshape(images, 3)
    if mark != _MARK or pixels + images * 24 + length != size or not _within(index, channels, pixels):
        raise ValueError
    bad = {int(number): reason for number, reason in description["bad"].items()}
    return PackedPictures(file, pixels, index[:, 0].copy(), index[:, 1:].copy(), channels, on_freed), bad


def _within(index: Integers, channels: int, pixels: int) -> bool:
    """Whether every picture is within the pixels. In floating point: damaged numbers may be too large to multiply."""
    offsets, heights, widths = index.astype(np.float64).T
    return bool((index >= -1).all() and (offsets + heights * widths * channels <= pixels).all())


@contextmanager
def _partial(path: Path) -> Iterator[IO[bytes] | None]:
    """The file of a pack that is to be built, which gets the pack's name at the end, or is removed after an error.

    None if another process has built the pack while this one waited for it.
    """
    lock = acquire_lock(path.with_suffix(".lock"))
    assert lock is not None, "it waits as long as it takes"
    try:
        if path.exists():
            yield None
            return
        partial = path.with_suffix(".partial")
        try:
            with (
                before_exit(lock.release),
                before_exit(lambda: partial.unlink(missing_ok=True)),
                partial.open("wb") as file,
            ):
                yield file
            replace_file(partial, path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    finally:
        lock.release()


def _make_room(folder: Path, cache_size: int, newest: Path) -> None:
    """Remove files not in use: the rest of interrupted builds, and packs until the others take `cache_size` bytes.

    Other processes may do the same at the same time.
    """
    for leftover in (*folder.glob("*.partial"), *folder.glob("*.lock")):
        with suppress(OSError):  # another user's
            if (lock := acquire_lock(leftover.with_suffix(".lock"), seconds=0)) is not None:
                leftover.with_suffix(".partial").unlink(missing_ok=True)
                lock.release()
    packs = []
    for path in folder.glob("*.pack"):
        with suppress(FileNotFoundError):
            status = path.stat()
            packs.append((path != newest, status.st_mtime_ns, status.st_size, path))
    total = sum(size for *_, size, _ in packs)
    for is_other, _, size, path in sorted(packs):
        if total > cache_size and is_other and _remove_unused(path):
            total -= size


def _remove_unused(path: Path) -> bool:
    """Remove a pack unless a process uses it; whether it is gone."""
    if is_in_use(path):
        return False
    with suppress(PermissionError):  # Windows removes no file that a process has open
        path.unlink(missing_ok=True)
    return not path.exists()
