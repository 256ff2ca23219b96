"""A folder of pictures as a tree: which files are pictures, what is passed over, which links are followed."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from striate.data.decode import SUFFIXES
from striate.text import compose, quantity

_JUNK = frozenset(
    {
        "@eadir", "#recycle", "@recycle", "@recently-snapshot", "@tmp", "#snapshot",  # network storage
        "__macosx", "network trash folder", "temporary items", "$recycle.bin", "recycler", "system volume information",
        "found.000", "thumbs.db", "ehthumbs.db", "desktop.ini", "lost+found", "__pycache__",
    }
)  # fmt: skip
"""What systems and programs leave in folders, in lower case; names that begin with a dot are hidden anyway."""
_UNREAD = frozenset(
    {
        ".heic", ".heif", ".jxl", ".jp2", ".j2k", ".jpx", ".svg", ".psd", ".xcf", ".ico", ".tga", ".pcx", ".ppm",
        ".pgm", ".pbm", ".pnm", ".exr", ".hdr", ".dds", ".eps", ".ai", ".pdf", ".raw", ".dng", ".cr2", ".cr3", ".nef",
        ".nrw", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw", ".dcm",
    }
)  # fmt: skip
"""Suffixes of pictures in formats that are not read."""
_KINDS_SHOWN = 5
LISTED_ALREADY = "a symbolic link to a folder that is listed already"


@dataclass(eq=False)
class Folder:
    """A folder and what is directly in it, each sorted by name.

    Attributes:
        path: the folder.
        pictures: files that are pictures by their suffix.
        folders: those that are followed.
        others: what is passed over: other files, and what is hidden or left by systems.
        error: why nothing of it is listed, if so.
        total: the number of pictures in it and below it.
    """

    path: Path
    pictures: list[Path] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    error: str = ""
    total: int = 0

    @property
    def name(self) -> str:
        """The folder's name, composed."""
        return compose(self.path.name)

    def filled(self) -> list[Folder]:
        """The folders in it that have pictures."""
        return [folder for folder in self.folders if folder.total]

    def below(self) -> Iterator[Folder]:
        """The folder and all below it, parents before what they hold."""
        waiting = [self]
        while waiting:
            folder = waiting.pop()
            yield folder
            waiting += reversed(folder.folders)


def read_tree(top: Path) -> Folder:
    """The tree below a folder.

    Links to folders are followed, but each folder is listed once: at its own place if that is below `top`, else at the
    first link; other links to it have the error `LISTED_ALREADY`.
    """
    root = Folder(top)
    listed: set[object] = set()
    families: list[tuple[Folder, Folder | None]] = []
    waiting: deque[tuple[Folder, Folder | None]] = deque([(root, None)])
    links: deque[tuple[Folder, Folder | None]] = deque()
    while waiting or links:
        folder, parent = family = (waiting or links).popleft()
        try:
            if (identity := _identity(folder.path)) in listed:
                folder.error = LISTED_ALREADY
                continue
            listed.add(identity)
            followed = _list(folder)
        except OSError as error:
            folder.error = f"cannot be listed: {error.strerror}"
            continue
        families.append(family)
        for below, is_link in followed:
            (links if is_link else waiting).append((below, folder))
    for folder, parent in reversed(families):
        folder.total += len(folder.pictures)
        if parent is not None:
            parent.total += folder.total
    return root


def is_passed_over(name: str) -> bool:
    """Whether a file or folder in a folder is hidden, or left there by a system.

    >>> is_passed_over("@eaDir"), is_passed_over("._rose.jpg"), is_passed_over("rose.jpg")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in _JUNK


def is_image(path: Path) -> bool:
    """Whether a file is an image by its suffix."""
    return path.suffix.lower() in SUFFIXES


def describe_others(paths: Iterable[Path], root: Path = Path()) -> str:
    """What was passed over, by kind, each with its first path, below `root` without that, as words.

    >>> describe_others([Path("a/x.heic"), Path("a/y.HEIC"), Path("a/@eaDir"), Path("z.png")])
    '2 .heic (a/x.heic, ...; not read: convert them to JPEG or PNG), 1 image outside of the classes (z.png), 1 @eaDir'
    """
    first: dict[str, Path] = {}
    counts = Counter[str]()
    for path in paths:
        kind = _kind(path.name)
        counts[kind] += 1
        first.setdefault(kind, path)
    ranked = sorted(counts, key=lambda kind: (kind not in _UNREAD, bool(kind), -counts[kind], kind))
    words = [_describe_kind(kind, counts[kind], first[kind], root) for kind in ranked[:_KINDS_SHOWN]]
    if rest := sum(counts[kind] for kind in ranked[_KINDS_SHOWN:]):
        words.append(f"{rest:,} of other kinds")
    return ", ".join(words)


def sort_names(names: Iterable[str]) -> list[str]:
    """Names in the order of their composed forms."""
    names = list(names)
    if all(map(str.isascii, names)):
        return sorted(names)
    return sorted(names, key=lambda name: (compose(name), name))


def _identity(folder: Path) -> object:
    status = folder.stat()
    return (status.st_dev, status.st_ino) if status.st_ino else folder.resolve()


def _list(folder: Folder) -> list[tuple[Folder, bool]]:
    """Fill in what is directly in a folder; the folders in it, and whether each is a link."""
    with os.scandir(folder.path) as scan:
        entries = {entry.name: entry for entry in scan}
    followed = []
    for name in sort_names(entries):
        path = folder.path / name
        if is_passed_over(name):
            folder.others.append(path)
        elif _is_folder(entries[name]):
            folder.folders.append(Folder(path))
            followed.append((folder.folders[-1], entries[name].is_symlink()))
        elif is_image(path):
            folder.pictures.append(path)
        else:
            folder.others.append(path)
    return followed


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle, or to where one may not look
        return False


def _kind(name: str) -> str:
    """The kind by which something passed over is counted; empty for a picture that belongs to no class."""
    if name.startswith("._"):
        return "._*"
    if name.startswith("."):
        return "hidden"
    if is_passed_over(name):
        return name
    suffix = Path(name).suffix.lower()
    return "" if suffix in SUFFIXES else suffix or "without a suffix"


def _describe_kind(kind: str, count: int, first: Path, root: Path) -> str:
    path = first.relative_to(root) if first.is_relative_to(root) else first
    example = f"{path.as_posix()}{', ...' if count > 1 else ''}"
    if kind in _UNREAD:
        return f"{count:,} {kind} ({example}; not read: convert {'them' if count > 1 else 'it'} to JPEG or PNG)"
    if not kind:
        return f"{quantity(count, 'image')} outside of the classes ({example})"
    return f"{count:,} {kind}" if kind == first.name else f"{count:,} {kind} ({example})"
