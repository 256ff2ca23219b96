"""A data set by what the user calls it: a name, or a folder. What training reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from striate.data.decode import downscale
from striate.data.folders import TRAIN, VAL, Listing, list_folder, split
from striate.data.named import NAMED, load_named
from striate.data.pack import CACHE_SIZE, Progress, load_or_build_pack
from striate.data.pictures import ArrayPictures, BadImage, Bytes, Dataset, ImageSet, Pictures
from striate.errors import DataError
from striate.runtime import cache_home
from striate.tables import RandomCrop, RandomResizedCrop, RandomTranslation, Table, suggest_name

_MARGIN = 256 / 224  # how much larger than the input pictures are kept, where no crop states a size
_GRAY = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as Pillow's "L"


def load_dataset(
    data: str,
    *,
    table: Table,
    data_dir: Path | None = None,
    val_fraction: float = 0.2,
    max_bad: int = 0,
    cache_dir: Path | None = None,
    cache_size: int = CACHE_SIZE,
    workers: int = 2,
    on_progress: Progress = lambda _done, _total: None,
) -> Dataset:
    """A named set, or a folder of pictures, as a table needs it: its channels, no larger than its crops are cut from.

    A folder is decoded by `workers` threads into a pack in `cache_dir` (the cache's folder `packs`); `on_progress` is
    told how many of how many pictures are done. Up to `max_bad` pictures that cannot be read are left out and named in
    `skipped`. DataError names what is wrong and where.

    >>> from striate.tables import load_table
    >>> len(load_dataset("digits", table=load_table("lenet5")).train)
    1437
    """
    if table.input[0] not in (1, 3):
        raise DataError(
            f"table {table.name}: its input has {table.input[0]} channels, pictures have 1 (gray) or 3 (RGB)"
        )
    if data in NAMED:
        dataset = load_named(data, data_dir)
        return replace(
            dataset, train=_in_memory(dataset.train, table), validation=_in_memory(dataset.validation, table)
        )
    root = folder_of(data)
    listing = list_folder(root)
    classes = _classes(listing)
    pictures, unreadable = load_or_build_pack(
        root,
        listing.images,
        side=stored_side(table),
        channels=table.input[0],
        folder=cache_dir or cache_home() / "packs",
        cache_size=cache_size,
        workers=workers,
        on_progress=on_progress,
    )
    bad = (*listing.bad, *(BadImage(listing.images[i].path, reason) for i, reason in sorted(unreadable.items())))
    _check_bad(root, bad, max_bad)
    everything = _labelled(pictures, listing, classes)
    train, validation = (
        everything.subset([i for i in side if i not in unreadable]) for side in split(listing, val_fraction)
    )
    _check_enough(root, listing, classes, train, validation)
    return Dataset(root.name or str(root), str(root), classes, train, validation, skipped=bad)


def stored_side(table: Table) -> int:
    """The shorter side that stored pictures have at most: what the table's crops are cut from, in pixels.

    >>> from striate.tables import load_table
    >>> [stored_side(load_table(name)) for name in ("alexnet", "googlenet", "resnet20", "minivggnet")]
    [256, 256, 32, 37]
    """
    longer = max(table.input[1:])
    kinds = {type(step): step for step in table.recipe.augmentation}
    if isinstance(crop := kinds.get(RandomCrop), RandomCrop):
        return crop.range[0]
    if RandomTranslation in kinds and RandomResizedCrop not in kinds:
        return round(longer / table.preprocessing.crop)
    return round(longer * _MARGIN)


def folder_of(data: str) -> Path:
    """The folder that `data` names; DataError if it is neither a folder nor a named set."""
    path = Path(data).expanduser()
    if not path.exists() and path.name == data:
        raise DataError(f"no folder and no data set {data!r}; {suggest_name(data, NAMED)}")
    return path


def _in_memory(images: ImageSet, table: Table) -> ImageSet:
    """A set in memory with the table's channels, scaled down where it is larger than needed."""
    channels, side = table.input[0], stored_side(table)
    if images.pictures.channels == channels and images.pictures.shapes.min() <= side:
        return images
    pixels = [downscale(_with_channels(images.pictures[i], channels), side) for i in range(len(images))]
    return replace(images, pictures=ArrayPictures(np.stack(pixels)))


def _with_channels(pixels_HWC: Bytes, channels: int) -> Bytes:
    """Gray as RGB, or RGB as gray, where the channels are others."""
    if pixels_HWC.shape[2] == channels:
        return pixels_HWC
    if channels == 3:
        return np.repeat(pixels_HWC, 3, axis=2)
    return (pixels_HWC @ _GRAY).round().astype(np.uint8)[..., None]


def _classes(listing: Listing) -> tuple[str, ...]:
    """The classes in order: those of train/, which must have all that val/ has."""
    if not listing.parted:
        return listing.classes[None]
    if unknown := sorted(set(listing.classes[VAL]) - set(listing.classes[TRAIN])):
        raise DataError(f"{listing.root / VAL / unknown[0]}: a class that {listing.root / TRAIN} does not have")
    return listing.classes[TRAIN]


def _labelled(pictures: Pictures, listing: Listing, classes: tuple[str, ...]) -> ImageSet:
    """Every picture of a folder with the number of its class, and its path."""
    numbers = {name: number for number, name in enumerate(classes)}
    labels = torch.tensor([numbers[image.label] for image in listing.images], dtype=torch.int64)
    return ImageSet(pictures, labels, tuple(str(image.path) for image in listing.images))


def _check_bad(root: Path, bad: tuple[BadImage, ...], max_bad: int) -> None:
    if len(bad) > max_bad:
        raise DataError(
            f"{bad[0].path}: {bad[0].reason}; {len(bad)} in {root} cannot be read, at most {max_bad} may be"
            f" (striate check {root} lists them)"
        )


def _check_enough(
    root: Path, listing: Listing, classes: tuple[str, ...], train: ImageSet, validation: ImageSet
) -> None:
    """Training needs images of every class, evaluation any."""
    counts = torch.bincount(train.labels, minlength=len(classes)).tolist()
    for name, count in zip(classes, counts, strict=True):
        if count == 0:
            folder = root / TRAIN / name if listing.parted else root / name
            raise DataError(f"{folder}: a class without an image to train on")
    if len(validation) == 0:
        raise DataError(f"{root / VAL if listing.parted else root}: no image is left to hold out")
