"""The problems of a data set, for `striate check`. Every picture is decoded; nothing is stored."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from striate.data.blank import BLANK, of_one_colour
from striate.data.decisions import list_decided
from striate.data.decode import decode_picture, ignore_metadata_warnings, read_file
from striate.data.folders import ImageEntry, Listing
from striate.data.layout import TEST, TRAIN, VAL
from striate.data.named import load_named
from striate.data.pack import ProgressCallback
from striate.data.pictures import Bytes, ImageSet
from striate.data.prefetch import prefetch
from striate.data.sources import data_kind, folder_of
from striate.errors import DataError

Kind = Literal["unreadable", "blank", "duplicate", "class"]
_SIDE = 1024  # pixels of the shorter side at which larger pictures are compared
_AHEAD = 2  # pictures for each worker that may be decoded ahead: so large, they may take much memory


@dataclass(frozen=True)
class Problem:
    """One problem: the file or folder (for a named set, the part and number), and what is wrong with it."""

    kind: Kind
    path: str
    reason: str


@dataclass(frozen=True)
class Findings:
    """The contents of a data set, and its problems. `counts` are readable images, by part and class.

    `others` are what training passes over, as of `Listing`; `notes` say of pictures how their values are understood.
    """

    source: str
    classes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    problems: tuple[Problem, ...]
    others: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Checked:
    """A picture: its path, part and class, and the hash of its pixels, or the reason why there is none; a note on it,
    or ""."""

    path: str
    part: str
    label: str
    pixels_hash: bytes
    reason: str = ""
    note: str = ""


def check_dataset(
    data: str,
    *,
    data_dir: Path | None = None,
    workers: int = 2,
    on_progress: ProgressCallback = lambda _done, _total: None,
    on_listed: Callable[[str], None] = lambda _line: None,
) -> Findings:
    """Decode every picture of a named set or a folder, with `workers` threads, and list the problems; `on_listed` is
    called with a line on what a folder holds. Problems are

    unreadable, truncated, empty, oversized and blank pictures; pictures of the same pixels; classes without a picture,
    or in one of train/ and val/ only. DataError if there is no such set, or its own files are damaged.
    """
    if data_kind(data) == "named":
        return _check_named(data, data_dir)
    listing = list_decided(folder_of(data))
    on_listed(listing.describe())
    checked = list(_check_images(listing.images, workers, on_progress))
    readable = [picture for picture in checked if not picture.reason]
    problems = [Problem("unreadable", str(bad.path), bad.reason) for bad in listing.bad]
    problems += [Problem("unreadable", picture.path, picture.reason) for picture in checked if picture.reason]
    problems += [Problem("blank", picture.path, picture.note) for picture in readable if picture.note == BLANK]
    problems += _duplicates([picture for picture in readable if picture.note != BLANK])
    problems += _class_problems(listing, readable)
    classes = tuple(dict.fromkeys(name for names in listing.classes.values() for name in names))
    counts = {_part(part): dict.fromkeys(names, 0) for part, names in listing.classes.items()}
    for picture in readable:
        counts[picture.part][picture.label] = counts[picture.part].get(picture.label, 0) + 1
    kept = {str(listing.root / entry.path) for entry in listing.decided if entry.decision == "keep"}
    problems = [problem for problem in problems if problem.kind in ("unreadable", "class") or problem.path not in kept]
    notes = tuple((picture.path, picture.note) for picture in readable if picture.note not in ("", BLANK))
    return Findings(str(listing.root), classes, counts, tuple(problems), tuple(map(str, listing.others)), notes)


def _check_named(name: str, data_dir: Path | None) -> Findings:
    """A named set's files are checked as they are read; what remains are pictures that it has twice."""
    dataset = load_named(name, data_dir)
    parts = {"train": dataset.train, "validation": dataset.validation}
    checked = [picture for part, images in parts.items() for picture in _hash_pictures(part, images, dataset.classes)]
    counts = {part: dict.fromkeys(dataset.classes, 0) for part in parts}
    for picture in checked:
        counts[picture.part][picture.label] += 1
    return Findings(dataset.source, dataset.classes, counts, tuple(_duplicates(checked)))


def _hash_pictures(part: str, images: ImageSet, classes: tuple[str, ...]) -> Iterator[_Checked]:
    for number, label in enumerate(images.labels.tolist()):
        yield _Checked(f"{part} #{number}", part, classes[label], _hash_pixels(images.pictures[number]))


def _check_images(images: Sequence[ImageEntry], workers: int, on_progress: ProgressCallback) -> Iterator[_Checked]:
    """Every file of a folder, in order."""
    workers = max(1, workers)
    with ignore_metadata_warnings():
        for done, picture in enumerate(prefetch(_check_image, images, workers=workers, ahead=_AHEAD * workers), 1):
            yield picture
            on_progress(done, len(images))


def _check_image(image: ImageEntry) -> _Checked:
    path = str(image.path)
    try:
        decoded = decode_picture(read_file(image.path), 3, _SIDE, name=path)
    except DataError as error:
        return _Checked(path, _part(image.part), image.label, b"", str(error).removeprefix(f"{path}: "))
    pixels_HWC = decoded.pixels_HWC
    (is_blank,) = of_one_colour(torch.from_numpy(pixels_HWC).permute(2, 0, 1).unsqueeze(0))
    note = BLANK if is_blank else decoded.note
    return _Checked(path, _part(image.part), image.label, _hash_pixels(pixels_HWC), note=note)


def _hash_pixels(pixels_HWC: Bytes) -> bytes:
    return hashlib.sha256(repr(pixels_HWC.shape).encode() + pixels_HWC.tobytes()).digest()


def _duplicates(checked: Sequence[_Checked]) -> Iterator[Problem]:
    """Pictures with the same pixels as an earlier one; worst where they are of two classes, or in both parts."""
    first: dict[bytes, _Checked] = {}
    for picture in checked:
        earlier = first.setdefault(picture.pixels_hash, picture)
        if earlier is picture:
            continue
        reason = f"the same picture as {earlier.path}"
        if earlier.label != picture.label:
            reason += f", which is of class {earlier.label}"
        if earlier.part != picture.part:
            reason += ", which is trained on"
        yield Problem("duplicate", picture.path, reason)


def _class_problems(listing: Listing, readable: Sequence[_Checked]) -> Iterator[Problem]:
    """Classes that one part lacks, and classes without a picture that can be read."""
    counts = Counter((picture.part, picture.label) for picture in readable)
    known = {part: set(names) for part, names in listing.classes.items()}
    for part, names in listing.classes.items():
        for name in names:
            folder = listing.parts[part] / name
            for other in (TRAIN,) if part in (VAL, TEST) else (VAL, TEST):
                if name not in known.get(other, known[part]):
                    yield Problem("class", str(folder), f"a class that {listing.parts[other]} does not have")
            if counts[_part(part), name] == 0:
                yield Problem("class", str(folder), "a class without an image that can be read")


def _part(part: str | None) -> str:
    """The name of a part in `counts`."""
    return {None: "images", TRAIN: "train", VAL: "validation", TEST: "test"}[part]
