"""Which pictures a model was trained on: a list in the run directory, and its digest in the model file.

pictures.txt    a line for each picture of the training and validation images: its part and its digest; of a run that
                started from a model, "before" and the digest of each picture that the model was trained on too, or
                "before unknown"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from striate.data import DataOptions, Dataset, ImageSet, as_bytes, digest_file
from striate.runtime import write_atomically

PICTURES_NAME = "pictures.txt"
_PARTS = ("train", "validation", "before")
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class PictureList:
    """The digests of a run's training and validation images, in order; and of the images that its weights were trained
    on before, None if they are not known."""

    train: tuple[bytes, ...]
    validation: tuple[bytes, ...]
    before: tuple[bytes, ...] | None = ()

    @staticmethod
    def of(dataset: Dataset, before: tuple[bytes, ...] | None = ()) -> PictureList:
        """Those of a data set."""
        return PictureList(tuple(as_bytes(dataset.train.digests)), tuple(as_bytes(dataset.validation.digests)), before)

    @property
    def trained(self) -> frozenset[bytes] | None:
        """All that the weights were trained on; None if that is not known."""
        return None if self.before is None else frozenset(self.train) | frozenset(self.before)

    @cached_property
    def content(self) -> bytes:
        """The list as a file."""
        parts = zip(_PARTS, (self.train, self.validation, self.before or ()), strict=True)
        lines = [f"{name} {digest.hex()}\n" for name, digests in parts for digest in digests]
        return "".join([*lines, *([] if self.before is not None else [f"before {_UNKNOWN}\n"])]).encode()

    @cached_property
    def digest(self) -> str:
        """What the list is known by."""
        return digest_file(self.content).hex()

    def save(self, run: Path) -> None:
        """Write the list into a run directory."""
        write_atomically(run / PICTURES_NAME, self.content)

    @staticmethod
    def load(run: Path) -> PictureList | None:
        """The list of a run directory; None if there is none, or it is damaged."""
        parts: dict[str, list[bytes]] = {name: [] for name in _PARTS}
        try:
            lines = (run / PICTURES_NAME).read_text(encoding="utf-8").splitlines()
            is_known = lines[-1:] != [f"before {_UNKNOWN}"]
            for line in lines if is_known else lines[:-1]:
                part, digest = line.split(" ")
                parts[part].append(bytes.fromhex(digest))
        except (OSError, ValueError, KeyError):
            return None
        train, validation, before = (tuple(parts[name]) for name in _PARTS)
        return PictureList(train, validation, before if is_known else None)

    def changes(self, other: PictureList) -> tuple[int, int]:
        """How many of these pictures another list lacks, and how many it has besides."""
        ours, theirs = (Counter(pictures.train + pictures.validation) for pictures in (self, other))
        return (ours - theirs).total(), (theirs - ours).total()


@dataclass(frozen=True)
class TrainedOn:
    """What a model file and the directory beside it say of the pictures that the model was trained on.

    `digest` is that of the list of pictures, None in a model of version 0.1; `pictures` is the list, if it lies there.
    """

    data: str
    images: int
    digest: str | None
    pictures: PictureList | None

    @staticmethod
    def load(path: Path | None, training: Mapping[str, Any]) -> TrainedOn:
        """Of a model that was loaded from a path, and what its file says of its training."""
        digest = training.get("pictures")
        run = path if path is None or path.is_dir() else path.parent
        pictures = None if digest is None or run is None else PictureList.load(run)
        if pictures is not None and pictures.digest != digest:  # another model's
            pictures = None
        return TrainedOn(str(training.get("data")), int(training.get("images") or 0), digest, pictures)

    def is_own(self, dataset: Dataset) -> bool:
        """Whether a data set is the one that the model was trained on, under whatever name, though some pictures have
        come or gone: most of the pictures of each part are there."""
        if self.pictures is not None:
            present = {*as_bytes(dataset.train.digests), *as_bytes(dataset.validation.digests)}
            return all(_share(part, present) > 0.5 for part in (self.pictures.train, self.pictures.validation))
        if self.digest is not None:
            return PictureList.of(dataset).digest == self.digest
        return (dataset.name, len(dataset.train)) == (self.data, self.images)  # version 0.1 recorded no more

    def count(self, images: ImageSet, dataset: Dataset) -> int | None:
        """How many of a data set's images the model was trained on; None if that cannot be known."""
        trained: Collection[bytes] | None = None
        if self.pictures is not None:
            trained = self.pictures.trained
        elif (self.digest is not None or dataset.is_named) and self.is_own(dataset):
            trained = set(as_bytes(dataset.train.digests))
        return None if trained is None else sum(picture in trained for picture in as_bytes(images.digests))


def trained_options(training: Mapping[str, Any], base: DataOptions = DataOptions()) -> DataOptions:
    """How a model's data were split, from what its file says of its training; the other options as in `base`."""
    fraction, rule = training.get("val_fraction", base.val_fraction), training.get("split", "position")
    return replace(base, val_fraction=fraction, split=rule, images=training.get("images_at_most", base.images))


def _share(pictures: tuple[bytes, ...], present: set[bytes]) -> float:
    different = set(pictures)
    return len(different & present) / max(1, len(different))
