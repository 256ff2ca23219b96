"""All pictures of a data set as the doctor needs them: small, with their classes, parts, digests and simple numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data import (
    Bytes,
    Dataset,
    DecidedListing,
    Digests,
    ImageEntry,
    PictureDecision,
    ProgressCallback,
    as_digests,
    decode_picture,
    digest_file,
    ignore_metadata_warnings,
    prefetch,
    read_file,
    relative_path,
    resize_batch,
    split_parts,
)
from striate.errors import DataError

SIDE = 32
"""Pixels of a thumbnail's sides."""
_DECODED = 2 * SIDE  # pixels of the shorter side at which larger pictures are decoded
_CHUNK, _AHEAD = 8, 16

PART_NAMES = {"val": "validation"}
"""Where `Part` has another name than a folder."""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Collection:
    """N pictures of a data set.

    Attributes:
        source: the folder, or where a named set comes from.
        root: the folder; None of a named set.
        files: the pictures' files; none of a named set.
        paths: of each picture below the folder, with slashes; of a named set its part and number.
        classes: the classes' names.
        labels: (N,) the class of each picture, by number.
        parts: the part of each picture: "train", "validation" or "test".
        digests: uint8 (N, 16), of the files, or of the pixels of a named set.
        sizes: (N, 2) width and height, in pixels, before scaling.
        file_bytes: (N,) bytes of each file; 0 of a named set.
        thumbnails: uint8 (N, 32, 32, 3), RGB, each picture squeezed into a square.
        decided: what was decided on pictures of a folder before.
    """

    source: str
    root: Path | None
    files: tuple[Path, ...]
    paths: tuple[str, ...]
    classes: tuple[str, ...]
    labels: Integers
    parts: tuple[str, ...]
    digests: Digests
    sizes: Integers
    file_bytes: Integers
    thumbnails: Bytes
    decided: tuple[PictureDecision, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    def class_of(self, index: int) -> str:
        """The name of a picture's class."""
        return self.classes[int(self.labels[index])]


@dataclass(frozen=True)
class _Small:
    """A picture's digest, (width, height) before scaling, and thumbnail."""

    digest: bytes
    size: tuple[int, int]
    thumbnail_HWC: Bytes


def collect_folder(listing: DecidedListing, *, workers: int = 2, on_progress: ProgressCallback) -> Collection:
    """The pictures of a folder that can be read, each decoded once by one of `workers` threads.

    DataError if there is none. Where the folder has no part for validation, the parts are those that a training with
    the usual share for validation draws.
    """
    read: list[tuple[ImageEntry, _Small]] = []
    with ignore_metadata_warnings():
        ahead = _AHEAD * _CHUNK
        smalls = prefetch(_read_small, listing.images, workers=max(1, workers), ahead=ahead, chunksize=_CHUNK)
        for done, (image, small) in enumerate(zip(listing.images, smalls, strict=True), 1):
            if small is not None:
                read.append((image, small))
            on_progress(done, len(listing.images))
    if not read:
        raise DataError(f"{listing.root}: has no picture that can be read")
    images, pictures = zip(*read, strict=True)
    digests = as_digests(small.digest for small in pictures)
    classes = tuple(dict.fromkeys(name for names in listing.classes.values() for name in names))
    numbers = {name: number for number, name in enumerate(classes)}
    return Collection(
        str(listing.root),
        listing.root,
        tuple(image.path for image in images),
        tuple(relative_path(image.path, listing.root) for image in images),
        classes,
        np.array([numbers[image.label] for image in images]),
        _parts(listing, images, digests),
        digests,
        np.array([small.size for small in pictures]),
        np.array([image.size for image in images]),
        np.stack([small.thumbnail_HWC for small in pictures]),
        listing.decided,
    )


def _read_small(image: ImageEntry) -> _Small | None:
    """A file's picture; None if it cannot be read, which `check_dataset` reports."""
    try:
        content = read_file(image.path)
        decoded = decode_picture(content, 3, _DECODED, name=str(image.path))
    except DataError:
        return None
    (thumbnail_HWC,) = _thumbnails(decoded.pixels_HWC)
    return _Small(digest_file(content), decoded.size, thumbnail_HWC)


def _parts(listing: DecidedListing, images: Sequence[ImageEntry], digests: Digests) -> tuple[str, ...]:
    parts = [""] * len(images)
    for name, indices in split_parts(listing.parts, images, digests).items():
        for index in indices:
            parts[index] = PART_NAMES.get(name, name)
    return tuple(parts)


def collect_named(dataset: Dataset) -> Collection:
    """The pictures of a named set, which are all of one size."""
    sets = {"train": dataset.train, "validation": dataset.validation}
    paths = [f"{part} #{number}" for part, images in sets.items() for number in range(len(images))]
    thumbnails = [_thumbnails(images.pictures[index]) for images in sets.values() for index in range(len(images))]
    return Collection(
        dataset.source,
        None,
        (),
        tuple(paths),
        dataset.classes,
        np.concatenate([images.labels.numpy() for images in sets.values()]),
        tuple(part for part, images in sets.items() for _ in range(len(images))),
        np.concatenate([images.digests for images in sets.values()]),
        np.concatenate([images.pictures.shapes[:, ::-1] for images in sets.values()]),
        np.zeros(len(paths), np.int64),
        np.concatenate(thumbnails),
    )


def _thumbnails(pixels_HWC: Bytes) -> Bytes:
    """A picture as a thumbnail (1, 32, 32, 3)."""
    image_NCHW = torch.from_numpy(np.require(pixels_HWC, requirements=["C", "W"])).permute(2, 0, 1)[None]
    small_NHWC = resize_batch(image_NCHW, (SIDE, SIDE)).expand(-1, 3, -1, -1).permute(0, 2, 3, 1)
    return np.ascontiguousarray(small_NHWC.numpy())
