"""Image paths by the names that users give: files, folders, patterns; in either of Unicode's forms."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from striate.data.folder_tree import (
    LISTED_ALREADY,
    describe_others,
    is_image,
    is_passed_over,
    read_tree,
    sort_names,
)
from striate.errors import DataError
from striate.paths import find_path
from striate.text import compose, decompose, quantity

_NAMED = 3  # names that a line repeats


def image_paths(names: Iterable[str], on_other: Callable[[Path], object] = lambda _path: None) -> Iterator[Path]:
    """The image paths of names, in order: of a folder all images below it, or itself if it has none; of a pattern
    (`*`, `?`, `[...]`, `**`) all paths that match, each once, unless a file has that very name.

    What a folder or a pattern holds is what `read_tree` takes for images; the links in it are followed as there.
    Names are looked up as by `find_path`. DataError if a name is empty.

    Args:
        names: of files, folders and patterns.
        on_other: called with each path that is passed over.
    """
    for name in names:
        if not name:
            raise DataError("an empty name, where an image or a folder was expected")
        if (path := find_path(name)) is not None:
            yield from _below(path, on_other) if path.is_dir() else (path,)
        elif matches := _matches(name):
            yield from _of_matches(name, matches, on_other)
        else:
            yield Path(name)


def describe_paths(names: Sequence[str], paths: Sequence[Path], others: Sequence[Path]) -> str:
    """What `image_paths` gave for names, and what it passed over, in a line.

    >>> describe_paths(["a", "b"], [Path("a/1.png"), Path("b/1.png")], [Path("b/notes.txt")])
    'a, b: 2 images; passed over: 1 .txt (b/notes.txt)'
    """
    shown = ", ".join(names[:_NAMED] if len(names) <= _NAMED else (*names[:_NAMED], "..."))
    empty = sum(path.is_dir() for path in {*map(Path, names)} & {*paths})  # folders that stand for themselves
    line = f"{shown}: {quantity(len(paths) - empty, 'image')}"
    return f"{line}; passed over: {describe_others(others)}" if others else line


def _plain_parts(pattern: str) -> int:
    """How many of a pattern's parts come before the first with a wildcard."""
    parts = Path(pattern).parts
    return next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts))


def _matches(pattern: str) -> list[str]:
    """The paths that match a pattern, written composed or decomposed."""
    parts, plain = Path(pattern).parts, _plain_parts(pattern)
    folder = find_path(str(Path(*parts[:plain])))
    if folder is None or plain == len(parts):
        return []
    rest = str(Path(*parts[plain:]))
    forms = {os.path.join(glob.escape(str(folder)), form) for form in (rest, compose(rest), decompose(rest))}  # noqa: PTH118
    return sort_names({str(Path(found)) for form in forms for found in glob.glob(form, recursive=True)})  # noqa: PTH207


def _below(folder: Path, on_other: Callable[[Path], object]) -> Iterator[Path]:
    """All images below a folder, and the folders that cannot be listed; a folder without images stands for itself."""
    tree = read_tree(folder)
    for below in tree.below():
        yield from below.pictures
        if below.error not in ("", LISTED_ALREADY) and below is not tree:
            yield below.path
        for path in below.others:
            on_other(path)
    if not tree.total:
        yield folder


def _of_matches(pattern: str, matches: list[str], on_other: Callable[[Path], object]) -> Iterator[Path]:
    """The images among the paths that match a pattern and below them, each once: `**` gives a folder, all below it, and
    what its links lead to. If there is none, all files that match, so that each is answered."""
    plain, found = _plain_parts(pattern), False
    paths = [Path(match) for match in matches]
    seen: set[Path] = set()
    for path in paths:
        junk = next((n for n, part in enumerate(path.parts[plain:], plain + 1) if is_passed_over(part)), None)
        if junk is not None:
            others, images = [Path(*path.parts[:junk])], []
        elif path.is_dir():
            tree = read_tree(path)
            others = [other for below in tree.below() for other in below.others]
            images = [image for below in tree.below() for image in below.pictures]
        else:
            images, others = ([path], []) if is_image(path) else ([], [path])
        for other in _new(others, seen):
            on_other(other)
        for image in _new(images, seen):
            found = True
            yield image
    if not found:
        yield from [path for path in paths if not path.is_dir()] or paths


def _new(paths: Iterable[Path], seen: set[Path]) -> Iterator[Path]:
    """Those that have not been seen at another path; a link to a file is a file of its own."""
    for path in paths:
        place = path.parent.resolve() / path.name
        if place not in seen:
            seen.add(place)
            yield path
