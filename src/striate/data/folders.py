"""Folders of pictures, listed and split: a folder for each class, with train/, val/ and test/ above them or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from striate.data.folder_tree import Folder, describe_others, read_tree
from striate.data.layout import TEST, TRAIN, VAL, find_layout
from striate.data.pictures import BadImage
from striate.errors import DataError
from striate.text import compose, decode_name, quantity

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
        others: what was passed over: files that are not pictures by their suffix, or are in no class, hidden ones, and
            what systems leave in folders, such as thumbnails.
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
        """What was taken, in a line: the images of each part, the classes, and what was passed over, by kind."""
        counts = Counter(image.part for image in self.images)
        images = ", ".join(f"{_TITLES[part]}{quantity(counts[part], 'image')}" for part in self.parts)
        names = self.classes[TRAIN if self.parted else None]
        first = ", ".join(names[:_NAMED] if len(names) <= _NAMED else (*names[:_NAMED], "..."))
        line = f"{self.root}: {images}, {quantity(len(names), 'class')} ({first})"
        return f"{line}; passed over: {describe_others(self.others, self.root)}" if self.others else line


def list_folder(root: Path, known: Sequence[str] = ()) -> Listing:
    """The contents of a folder, sorted by name, and which folders in it are parts and classes, as of `find_layout`.

    A file is an image by its suffix; what is hidden is passed over, and links are followed, as of `read_tree`. Names
    are classes and are sorted in Unicode's composed form, so that a folder from macOS gives the same classes in the
    same order elsewhere; two folders of one name in two forms are one class. DataError if the layout is not certain;
    one class alone is certain if it is among the `known` ones of a model.
    """
    if not root.is_dir():
        reason = "not a folder" if root.exists() else "no such folder, and no data set of that name"
        raise DataError(f"{root}: {reason}")
    tree = read_tree(root)
    parts = find_layout(tree, frozenset(map(compose, known)))
    images: list[ImageEntry] = []
    bad: list[BadImage] = []
    classes: dict[str | None, dict[str, None]] = {part: {} for part in parts}
    in_classes: set[Folder] = set()
    for part, folder in parts.items():
        for top in folder.folders:
            in_classes.update(top.below())
            try:
                label = decode_name(top.path.name)
            except ValueError:
                bad.append(BadImage(top.path, "a class's name must be text in UTF-8"))
                continue
            classes[part][label] = None
            for below in top.below():
                _list_images(below, label, part, images, bad)
    others: list[Path] = []
    for folder in tree.below():
        bad += [BadImage(folder.path, folder.error)] if folder.error else []
        others += folder.others if folder in in_classes else (*folder.pictures, *folder.others)
    return Listing(
        root,
        tuple(images),
        {part: tuple(names) for part, names in classes.items()},
        {part: folder.path for part, folder in parts.items()},
        tuple(bad),
        tuple(others),
    )


def describe_folder(root: Path) -> str:
    """What a data folder holds, in a line: `Listing.describe`. DataError as from `list_folder`."""
    return list_folder(root).describe()


def _list_images(folder: Folder, label: str, part: str | None, images: list[ImageEntry], bad: list[BadImage]) -> None:
    """Append the pictures that are directly in a folder, or why a picture has no status."""
    for path in folder.pictures:
        try:
            status = path.stat()
        except OSError as error:  # a link that leads nowhere, or in a circle
            bad.append(BadImage(path, f"cannot be read: {error.strerror}"))
            continue
        times = (status.st_mtime_ns, status.st_ctime_ns)
        images.append(ImageEntry(path, label, part, status.st_size, *times, status.st_ino))
