"""Folders of pictures, listed and split: a folder for each class, with train/, val/ and test/ above them or not."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from striate.data.decode import SUFFIXES
from striate.data.pictures import BadImage
from striate.errors import DataError
from striate.text import compose, decode_name, decompose

TRAIN, VAL, TEST = "train", "val", "test"
"""The parts of a data folder."""
PART_NAMES = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VAL),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), TEST),
}
"""The part that a folder holds, by its name in lower case."""


_TITLES = {None: "", TRAIN: "train ", VAL: "validation ", TEST: "test "}
_NAMED = 3  # classes that are named in a line


@dataclass(frozen=True)
class ImageEntry:
    """An image file: its path, its class by name, its part (`TRAIN`, `VAL`, `TEST`) or None, its size and what tells
    whether it has changed: times in nanoseconds and its number in the file system."""

    path: Path
    label: str
    part: str | None
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True)
class Listing:
    """The contents of a data folder.

    Attributes:
        root: the folder.
        images: its pictures, sorted by part, class and path.
        classes: the classes of each part, in order; of the part None, if the folder has no parts.
        parts: the folder of each part, whatever it is called; of None, the folder itself.
        bad: paths that cannot be listed, and why.
        others: what was passed over: files that are no pictures that are read, hidden ones, folders of thumbnails.
    """

    root: Path
    images: tuple[ImageEntry, ...]
    classes: dict[str | None, tuple[str, ...]]
    parts: dict[str | None, Path]
    bad: tuple[BadImage, ...]
    others: tuple[Path, ...]

    @property
    def parted(self) -> bool:
        """Whether the folder has parts: `TRAIN`, and `VAL` or `TEST` or both of them or none."""
        return None not in self.classes

    def describe(self) -> str:
        """What was taken, in a line: the images of each part, the classes, and how much was passed over."""
        counts = Counter(image.part for image in self.images)
        images = ", ".join(f"{_TITLES[part]}{counts[part]:,} images" for part in self.parts)
        classes = self.classes[TRAIN if self.parted else None]
        first = ", ".join((*classes[:_NAMED], "..."[: 3 * (len(classes) > _NAMED)]))
        line = f"{self.root}: {images}, {len(classes):,} classes ({first.removesuffix(', ')})"
        return f"{line}; {len(self.others):,} files passed over" if self.others else line


def list_folder(root: Path) -> Listing:
    """The contents of a folder, sorted by name; symbolic links are followed, but not in a circle.

    A file is an image by its suffix; hidden files are ignored. Names are classes and are sorted in Unicode's composed
    form, so that a folder from macOS gives the same classes in the same order elsewhere; two folders of one name in two
    forms are one class. DataError if the folder has no classes.
    """
    if not root.is_dir():
        reason = "not a folder" if root.exists() else "no such folder, and no data set of that name"
        raise DataError(f"{root}: {reason}")
    found = _Found([], [], [])
    parts = _parts(root)
    classes = {part: tuple(dict.fromkeys(_list_part(path, part, found))) for part, path in parts.items()}
    for part, path in parts.items():
        if not classes[part]:
            raise DataError(f"{path}: has no folders; expected one for each class, with its images")
    return Listing(root, tuple(found.images), classes, parts, tuple(found.bad), tuple(found.others))


def _parts(root: Path) -> dict[str | None, Path]:
    """The folder of each part, if there are TRAIN and another one."""
    named = {PART_NAMES[path.name.lower()]: path for path in root.iterdir() if path.name.lower() in PART_NAMES}
    if TRAIN not in named or len(named) == 1:
        return {None: root}
    return {part: named[part] for part in (TRAIN, VAL, TEST) if part in named}


def image_paths(names: Iterable[str]) -> Iterator[Path]:
    """The image paths of names, in order: of a folder all images below it, or itself if it has none; of a pattern
    (`*`, `?`, `[...]`, `**`) all paths that match, unless a file has that very name.

    A file is an image by its suffix; hidden files are ignored, and links to folders are not followed. Names are looked
    up as by `find_path`.
    """
    for name in names:
        if (path := find_path(name)) is not None:
            yield from _below(path) if path.is_dir() else (path,)
        elif matches := _matches(name):
            yield from image_paths(matches)
        else:
            yield Path(name)


def find_path(name: str) -> Path | None:
    """The path of this name, in whatever form of Unicode it and its folders are written; None if there is none.

    macOS decomposes the names of files (NFD), and on other systems a keyboard types them composed (NFC).
    """
    path = Path(name)
    if path.exists() or name.isascii():
        return path if path.exists() else None
    found = Path(path.anchor)
    for part in path.relative_to(path.anchor).parts:
        if (found / part).exists():
            found /= part
        elif (other := _same_name(found, part)) is not None:
            found /= other
        else:
            return None
    return found


def _same_name(folder: Path, name: str) -> str | None:
    """The name in a folder that is this one in another form of Unicode."""
    try:
        return next((other for other in sorted(os.listdir(folder)) if compose(other) == compose(name)), None)  # noqa: PTH208
    except OSError:
        return None


def _matches(pattern: str) -> list[str]:
    """The paths that match a pattern, written composed or decomposed."""
    parts = Path(pattern).parts
    plain = next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    folder = find_path(str(Path(*parts[:plain])))
    if folder is None or plain == len(parts):
        return []
    rest = str(Path(*parts[plain:]))
    forms = {os.path.join(glob.escape(str(folder)), form) for form in (rest, compose(rest), decompose(rest))}  # noqa: PTH118
    return _sorted({str(Path(found)) for form in forms for found in glob.glob(form, recursive=True)})  # noqa: PTH207


def _below(folder: Path) -> Iterator[Path]:
    found = False
    for place, folders, files in os.walk(folder):
        folders[:] = _sorted(name for name in folders if not name.startswith("."))
        for name in _sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                found = True
                yield Path(place, name)
    if not found:
        yield folder


@dataclass(frozen=True)
class _Found:
    images: list[ImageEntry]
    bad: list[BadImage]
    others: list[Path]


def _list_part(root: Path, part: str | None, found: _Found) -> Iterator[str]:
    """The classes of a part; their contents are added to `found`."""
    for path in _entries(root, found):
        if os.path.isdir(path):  # noqa: PTH112, unlike Path's it is False where a folder may not be looked into
            try:
                label = decode_name(path.name)
            except ValueError:
                found.bad.append(BadImage(path, "a class's name must be text in UTF-8"))
                continue
            yield label
            _list_class(path, label, part, {_identity(above) for above in (root, root.parent)}, found)
        else:
            found.others.append(path)


def _list_class(top: Path, label: str, part: str | None, listed: set[tuple[int, int]], found: _Found) -> None:
    """Everything below a class's folder, each folder once: links may lead in a circle, or to one folder many times."""
    waiting = [top]
    while waiting:
        path = waiting.pop()
        if os.path.isdir(path):  # noqa: PTH112
            if (identity := _identity(path)) in listed:
                found.bad.append(BadImage(path, "a symbolic link to a folder that is listed already"))
                continue
            listed.add(identity)
            waiting += reversed(_entries(path, found))
        elif path.suffix.lower() in SUFFIXES:
            _list_image(path, label, part, found)
        else:
            found.others.append(path)


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _list_image(path: Path, label: str, part: str | None, found: _Found) -> None:
    try:
        status = path.stat()
    except OSError as error:  # a link that leads nowhere, or in a circle
        found.bad.append(BadImage(path, f"cannot be read: {error.strerror}"))
        return
    found.images.append(
        ImageEntry(path, label, part, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    )


def _sorted(names: Iterable[str]) -> list[str]:
    """Names in the order of their composed forms."""
    names = list(names)
    if all(map(str.isascii, names)):
        return sorted(names)
    return sorted(names, key=lambda name: (compose(name), name))


def _entries(folder: Path, found: _Found) -> list[Path]:
    try:
        return [folder / name for name in _sorted(os.listdir(folder)) if not name.startswith(".")]  # noqa: PTH208
    except OSError as error:
        found.bad.append(BadImage(folder, f"cannot be listed: {error.strerror}"))
        return []
