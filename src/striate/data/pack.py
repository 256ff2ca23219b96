"""The packed cache: a folder's pictures decoded once, into one file that is mapped into memory.

A pack's name is a hash of what it was made from: each file's content, and the side and channels of the stored pictures.
Contents are hashed as the files are decoded; `DigestIndex` says when they are read again.

The file: pixels, one picture after the other; the index, int64 (N, 3): offset (-1: could not be read), height, width;
a description in JSON; its length in 8 bytes; a mark. A file that is not complete has no mark, nor its final name.

A pack is built under a lock, so that a second process waits for it instead of building it too. A process that uses a
pack marks it as in use, which keeps it from being removed. Lock and mark end with their process, however that ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from striate.data.decode import decode_bytes, ignore_metadata_warnings, read_file
from striate.data.digest_index import INDEX_SUFFIX, DigestIndex
from striate.data.digests import NO_DIGEST, Digests, as_digests, digest_file
from striate.data.digit import DIGIT_SEARCH_SIDE
from striate.data.folders import ImageEntry
from striate.data.pictures import Bytes, Integers, PackedPictures
from striate.data.prefetch import prefetch
from striate.data.preprocessing import set_digit
from striate.data.transforms import convert_and_downscale
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
    figure: tuple[int, int] | None = None,
    folder: Path,
    cache_size: int = CACHE_SIZE,
    workers: int = 2,
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> tuple[PackedPictures, Digests, dict[int, str]]:
    """The pictures of these files below `root` and their digests, from a pack in `folder`, built if there is none.

    They have these channels and a shorter side of at most `side` pixels; with a `figure`, each picture's digit is set
    first (`Preprocessing.figure`). Those that cannot be read are empty, and are in the last part by index, with the
    reason. They are decoded by `workers` threads: decoders release the interpreter's lock, so two cores decode twice as
    fast. `on_progress` is called with the pictures that are done, and all of them. Other packs are removed, the least
    recently used first, until all together take at most `cache_size` bytes. DataError if the cache cannot be written.
    """
    index, form = DigestIndex(folder, root, images), _Form(side, channels, figure)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for _attempt in range(_ATTEMPTS):
            if (found := _find(index, folder, form, workers)) is not None:
                return found
            path = _build(index, folder, form, workers, on_progress)
            _make_room(folder, cache_size, {path, index.path})
    except OSError as error:
        raise DataError(
            f"{folder}: the cache of decoded pictures cannot be written: {error.strerror or error};"
            " $XDG_CACHE_HOME names another place"
        ) from None
    raise DataError(f"{path}: cannot be read again after it was written")


class _Form(NamedTuple):
    """The form in which pictures are stored."""

    side: int | None
    channels: int
    figure: tuple[int, int] | None

    def decode(self, content: bytes, name: str) -> Bytes:
        """A picture file in this form, uint8 (height, width, channels); DataError as of `decode_bytes`."""
        if self.figure is None:
            return decode_bytes(content, self.channels, self.side, name=name)
        pixels_HWC = set_digit(decode_bytes(content, 1, DIGIT_SEARCH_SIDE, name=name), self.figure)
        return np.ascontiguousarray(convert_and_downscale(pixels_HWC, self.channels, self.side))


def _find(
    index: DigestIndex, folder: Path, form: _Form, workers: int
) -> tuple[PackedPictures, Digests, dict[int, str]] | None:
    """The pack of the present files, and their digests; None if there is none."""
    digests = index.load(workers)
    opened = None if digests is None else _open(_pack_path(folder, digests, form))
    return None if digests is None or opened is None else (opened[0], digests, opened[1])


def _pack_path(folder: Path, digests: Digests, form: _Form) -> Path:
    description = json.dumps([_MARK.decode(), form]).encode()
    return folder / f"{hashlib.sha256(description + digests.tobytes()).hexdigest()[:32]}.pack"


def _build(
    index: DigestIndex,
    folder: Path,
    form: _Form,
    workers: int,
    on_progress: ProgressCallback,
) -> Path:
    """Build the pack of the present files, unless another process has built it while this one waited for it."""
    partial = folder / f"{index.path.stem}-{'-'.join(map(str, form))}.partial"
    with _locked(partial) as waited:
        if waited and (digests := index.load(workers)) is not None:
            path = _pack_path(folder, digests, form)
            if path.exists():
                return path
        started = time.time_ns()
        with partial.open("wb") as file:
            digests = _write(file, index.images, form, workers, on_progress)
        path = _pack_path(folder, digests, form)
        replace_file(partial, path)
        index.save(digests, started)
    return path


def _write(
    file: IO[bytes],
    images: Sequence[ImageEntry],
    form: _Form,
    workers: int,
    on_progress: ProgressCallback,
) -> Digests:
    """Write a whole pack and sync it to the disk; the digests of the files that it was made from."""
    index = np.zeros((len(images), 3), dtype=np.int64)
    bad: dict[int, str] = {}
    digests: list[bytes] = []
    with _Syncer(file) as syncer:
        for number, (digest, pixels) in enumerate(_decoded(images, form, workers)):
            digests.append(digest)
            if isinstance(pixels, str):
                index[number, 0], bad[number] = -1, pixels
            else:
                index[number] = (file.tell(), *pixels.shape[:2])
                file.write(pixels.data)
                syncer.sync_if_due()
            on_progress(number + 1, len(images))
    description = json.dumps(
        {"channels": form.channels, "pixels": file.tell(), "images": len(images), "bad": bad}
    ).encode()
    file.write(index.tobytes() + description + len(description).to_bytes(8, "little") + _MARK)
    file.flush()
    os.fsync(file.fileno())
    return as_digests(digests)


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


def _decoded(images: Sequence[ImageEntry], form: _Form, workers: int) -> Iterator[tuple[bytes, Bytes | str]]:
    """Every file's digest, in order, and its picture or the reason why it cannot be read. Each is read once."""

    def decoded(image: ImageEntry) -> tuple[bytes, Bytes | str]:
        digest, name = NO_DIGEST, str(image.path)
        try:
            content = read_file(image.path)
            digest = digest_file(content)
            return digest, form.decode(content, name)
        except DataError as error:
            return digest, str(error).removeprefix(f"{name}: ")

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
def _locked(partial: Path) -> Iterator[bool]:
    """A context in which this process alone builds a pack, in the file `partial`, which is gone at its end.

    True if this process had to wait for another one.
    """
    path = partial.with_suffix(".lock")
    lock = acquire_lock(path, seconds=0)
    waited = lock is None
    lock = lock or acquire_lock(path)
    assert lock is not None, "it waits as long as it takes"
    try:
        with before_exit(lock.release), before_exit(lambda: partial.unlink(missing_ok=True)):
            yield waited
    finally:
        partial.unlink(missing_ok=True)
        lock.release()


def _make_room(folder: Path, cache_size: int, newest: Collection[Path]) -> None:
    """Remove files not in use: the rest of interrupted builds, and packs until the others take `cache_size` bytes.

    Other processes may do the same at the same time.
    """
    for leftover in (*folder.glob("*.partial"), *folder.glob("*.lock")):
        with suppress(OSError):  # another user's
            if (lock := acquire_lock(leftover.with_suffix(".lock"), seconds=0)) is not None:
                leftover.with_suffix(".partial").unlink(missing_ok=True)
                lock.release()
    packs = []
    for path in (*folder.glob("*.pack"), *folder.glob(f"*{INDEX_SUFFIX}")):
        with suppress(FileNotFoundError):
            status = path.stat()
            packs.append((path not in newest, status.st_mtime_ns, status.st_size, path))
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
