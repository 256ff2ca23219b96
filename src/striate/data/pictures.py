"""Decoded pictures of any sizes, one after the other in flat memory, and the sets that are made of them."""

from __future__ import annotations

import mmap
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.digests import Digests, as_digests, digest_pixels
from striate.errors import DataError
from striate.text import compose

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Part: TypeAlias = Literal["train", "validation", "test", "all"]
"""A part of a data set."""


class Pictures:
    """Pictures uint8 (height, width, channels), each of its own size: `pictures[i]` is a view, nothing is copied.

    `pixels` is flat memory, `offsets` (N,) says where in it each picture begins, `shapes` (N, 2) its height and width.
    """

    def __init__(self, pixels: Bytes, offsets: Integers, shapes: Integers, channels: int) -> None:
        self.pixels, self.offsets, self.shapes, self.channels = pixels, offsets, shapes, channels

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, index: int) -> Bytes:
        offset, (height, width) = int(self.offsets[index]), self.shapes[index].tolist()
        return self.pixels[offset : offset + height * width * self.channels].reshape(height, width, self.channels)

    def subset(self, indices: Integers | list[int]) -> Pictures:
        """These of them, in this order."""
        return Pictures(self.pixels, self.offsets[indices], self.shapes[indices], self.channels)

    @staticmethod
    def from_arrays(arrays_HWC: Sequence[Bytes]) -> Pictures:
        """Pictures in memory, copied from arrays uint8 (height, width, channels) of any sizes; at least one.

        >>> Pictures.from_arrays([np.zeros((8, 6, 3), np.uint8), np.ones((2, 2, 3), np.uint8)])[1].shape
        (2, 2, 3)
        """
        shapes = np.array([array.shape[:2] for array in arrays_HWC], dtype=np.int64)
        channels = arrays_HWC[0].shape[2]
        sizes = shapes.prod(axis=1) * channels
        pixels = np.concatenate([array_HWC.reshape(-1) for array_HWC in arrays_HWC])
        return Pictures(pixels, sizes.cumsum() - sizes, shapes, channels)

    @staticmethod
    def concatenate(parts: Sequence[Pictures]) -> Pictures:
        """All pictures of several sets of the same channels; only those that lie in other memory are copied."""
        first = parts[0]
        shapes = np.concatenate([part.shapes for part in parts])
        if all(part.pixels is first.pixels for part in parts):
            return Pictures(first.pixels, np.concatenate([part.offsets for part in parts]), shapes, first.channels)
        begins = np.cumsum([0, *(part.pixels.size for part in parts[:-1])])
        offsets = np.concatenate([part.offsets + begin for part, begin in zip(parts, begins, strict=True)])
        return Pictures(np.concatenate([part.pixels for part in parts]), offsets, shapes, first.channels)


class ArrayPictures(Pictures):
    """Pictures of one size in memory, from an array uint8 (N, height, width, channels).

    >>> ArrayPictures(np.zeros((5, 8, 6, 3), np.uint8))[4].shape
    (8, 6, 3)
    """

    def __init__(self, array_NHWC: Bytes) -> None:
        count, height, width, channels = array_NHWC.shape
        offsets = np.arange(count, dtype=np.int64) * (height * width * channels)
        shapes = np.full((count, 2), (height, width), dtype=np.int64)
        super().__init__(np.ascontiguousarray(array_NHWC).reshape(-1), offsets, shapes, channels)


class PackedPictures(Pictures):
    """Pictures in a file, whose first `size` bytes are mapped into memory.

    The mapping keeps the file open as long as anything refers to the pixels; then `on_freed` is called.
    """

    def __init__(
        self,
        file: IO[bytes],
        size: int,
        offsets: Integers,
        shapes: Integers,
        channels: int,
        on_freed: Callable[[], object],
    ) -> None:
        if size:
            mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
            weakref.finalize(mapped, on_freed)
        super().__init__(np.frombuffer(mapped if size else b"", dtype=np.uint8), offsets, shapes, channels)
        if not size:
            on_freed()


@dataclass(frozen=True)
class BadImage:
    """A picture file, or a folder, that cannot be used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class ImageSet:
    """Pictures and their labels int64 (N,); for those from files `names` are the paths.

    `known_digests` are those of the files, or of the pixels as they were given.
    """

    pictures: Pictures
    labels: Tensor
    names: tuple[str, ...] | None = None
    known_digests: Digests | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: list[int]) -> ImageSet:
        """These of them, in this order."""
        names = None if self.names is None else tuple(self.names[index] for index in indices)
        labels = self.labels[torch.tensor(indices, dtype=torch.int64)]
        digests = None if self.known_digests is None else self.known_digests[indices]
        return ImageSet(self.pictures.subset(indices), labels, names, digests)

    @cached_property
    def digests(self) -> Digests:
        """What each picture's content is known by, uint8 (N, 16): of its file, else of its pixels."""
        if self.known_digests is not None:
            return self.known_digests
        return as_digests(digest_pixels(self.pictures[index]) for index in range(len(self)))

    @staticmethod
    def concatenate(sets: Sequence[ImageSet]) -> ImageSet:
        """All pictures of several sets; they have names if all sets have.

        >>> ten = ImageSet(ArrayPictures(np.zeros((10, 2, 2, 1), np.uint8)), torch.arange(10))
        >>> ImageSet.concatenate([ten, ten.subset([3])]).labels[9:].tolist()
        [9, 3]
        """
        names = [name for images in sets for name in images.names or ()]
        pictures = Pictures.concatenate([images.pictures for images in sets])
        labels = torch.cat([images.labels for images in sets])
        return ImageSet(
            pictures,
            labels,
            tuple(names) if len(names) == len(labels) else None,
            np.concatenate([images.digests for images in sets]),
        )

    def subsample(self, at_most: int) -> ImageSet:
        """At most so many of them, at even distances: of a set sorted by class some of every class.

        >>> ten = ImageSet(ArrayPictures(np.zeros((10, 2, 2, 1), np.uint8)), torch.arange(10))
        >>> ten.subsample(5).labels.tolist(), ten.subsample(100) is ten
        ([0, 2, 4, 7, 9], True)
        """
        if len(self) <= at_most:
            return self
        return self.subset(np.linspace(0, len(self) - 1, at_most).round().astype(int).tolist())


@dataclass(frozen=True)
class Dataset:
    """A data set, split into training and validation images, and test images if it has such a part.

    `light_on_dark`: its pictures are light on a dark ground; `figure`: each holds one digit, set as `Preprocessing`
    says; `skipped` are those that could not be read; `from_python`: they are arrays or a torch Dataset, which no
    command line can name; `decisions`, if pictures were decided on: how many are dropped and relabelled, and the digest
    of the file that says so.
    """

    name: str
    source: str
    classes: tuple[str, ...]
    train: ImageSet
    validation: ImageSet
    light_on_dark: bool = False
    figure: tuple[int, int] | None = None
    skipped: tuple[BadImage, ...] = ()
    from_python: bool = False
    test: ImageSet | None = None
    decisions: Mapping[str, int | str] | None = None

    @property
    def is_named(self) -> bool:
        """Whether it is one of `NAMED`, whose parts everybody knows."""
        return self.train.names is None and not self.from_python

    def part(self, part: Part) -> ImageSet:
        """The images of a part; DataError if there are none."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        found = [images for name, images in parts.items() if part in (name, "all") and images is not None]
        if sum(map(len, found)) == 0:
            raise DataError(f"{self.name}: has no {'' if part == 'all' else f'{part} '}images")
        return found[0] if len(found) == 1 else ImageSet.concatenate(found)

    def check_classes(self, known: tuple[str, ...]) -> None:
        """DataError if its classes are not those of a model; names are compared in Unicode's composed form."""
        if list(map(compose, self.classes)) != list(map(compose, known)):
            raise other_classes(self.name, self.classes, known)


def other_classes(name: str, classes: tuple[str, ...], known: tuple[str, ...]) -> DataError:
    """The error that the classes of a data set are not those of a model."""
    return DataError(f"the model has {_brief(known)}, but {name} has {_brief(classes)}")


def _brief(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:3])
    return f"{len(classes)} classes ({shown}{', ...' if len(classes) > 3 else ''})"
