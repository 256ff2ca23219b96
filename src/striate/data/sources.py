"""A data set by a name, from a folder, or given from Python, as a table needs it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union

import torch

from striate.data.arrays import Array
from striate.data.decisions import list_decided
from striate.data.digests import Digests
from striate.data.folders import ImageEntry, Listing
from striate.data.in_memory import load_in_memory
from striate.data.layout import TEST, TRAIN, VAL
from striate.data.named import NAMED, NamedSet, holds_named, load_named
from striate.data.network_input import stored_side
from striate.data.options import DataOptions
from striate.data.pack import ProgressCallback, load_or_build_pack
from striate.data.pictures import BadImage, Dataset, ImageSet, Pictures, other_classes
from striate.data.preprocessing import check_channels, set_digit
from striate.data.split import balanced_sample, split
from striate.data.transforms import convert_and_downscale
from striate.errors import DataError
from striate.paths import user_path
from striate.runtime import cache_home
from striate.tables import Table, suggest_name
from striate.text import compose, decode_name, printable

if TYPE_CHECKING:
    from torch.utils.data import Dataset as TorchDataset

DataSource: TypeAlias = Union[str, Path, tuple[Array, Array], "TorchDataset[Any]"]
"""What `load_dataset` takes: a name, a folder, arrays (images, labels), or a map-style torch Dataset."""
DataKind: TypeAlias = Literal["named", "folder", "arrays", "torch"]


def load_dataset(
    data: DataSource,
    table: Table,
    options: DataOptions = DataOptions(),
    *,
    classes: tuple[str, ...] | None = None,
    on_progress: ProgressCallback = lambda _done, _total: None,
    on_listed: Callable[[str], None] = lambda _line: None,
) -> Dataset:
    """A data set as a table needs it: with its channels, and no larger than its crops are cut from.

    Args:
        data: one of
            - the name of a set in `NAMED`, unless a folder of that name is in the working directory;
            - a folder with a folder of images for each class, with train/ and val/ above them or not;
            - arrays `(images, labels)`, NumPy or torch: images uint8, or floats from 0 to 1, of shape
              (N, height, width), (N, height, width, C) or (N, C, height, width) with C 1 or 3; labels whole numbers
              (N,) from 0, whose classes are called "0", "1", ...;
            - a map-style torch Dataset of (image, label): an image is a Pillow image, or an array or tensor as above
              without N; `.classes` names the classes if it is there. It is read once, so that its own random
              transforms draw once: augmentation belongs in the recipe.
        table: the network that it is for.
        options: how it is found, split, decoded and cached. A folder's images are decoded into a packed cache; arrays
            and Datasets are copied into memory.
        classes: those of a trained model, to evaluate it: a folder or arrays may then lack some of them, and a part may
            be empty. By default they are found in the data, and each must have images to train on.
        on_progress: called with how many of how many images of a folder or a torch Dataset are read.
        on_listed: called with a line of what a folder holds (`Listing.describe`), before its images are read.

    DataError names what is wrong and where.

    >>> import numpy as np
    >>> from striate.tables import load_table
    >>> len(load_dataset("digits", load_table("lenet5")).train)
    1437
    >>> images, labels = np.random.default_rng(0).random((10, 28, 28)), np.arange(10) % 2
    >>> dataset = load_dataset((images, labels), load_table("lenet5"))
    >>> dataset.classes, len(dataset.train) + len(dataset.validation)
    (('0', '1'), 10)
    """
    check_channels(table)
    if data_kind(data) == "named":
        assert isinstance(data, str)
        dataset = load_named(data, None if options.data_dir is None else Path(options.data_dir))
        dataset = _with_fewer(dataset, options.images)  # before the table scales them: the same ones for every table
        return replace(
            dataset,
            train=_as_stored(dataset.train, table),
            validation=_as_stored(dataset.validation, table),
        )
    if isinstance(data, str | Path):
        dataset = _load_folder(folder_of(data), table, options, classes, on_progress, on_listed)
    else:
        dataset = load_in_memory(data, table, stored_side(table), options, classes, on_progress)
    return _with_fewer(dataset, options.images)


def data_kind(data: DataSource) -> DataKind:
    """What kind of data this is. A folder takes precedence over a named set of its name.

    >>> import numpy as np
    >>> data_kind("digits"), data_kind("photos/"), data_kind((np.zeros((1, 8, 8)), np.zeros(1)))
    ('named', 'folder', 'arrays')
    """
    if isinstance(data, str | Path):
        return "named" if isinstance(data, NamedSet) or (isinstance(data, str) and _means_named(data)) else "folder"
    return "arrays" if isinstance(data, tuple) else "torch"


def _means_named(data: str) -> bool:
    """Whether a name is that of a named set; a folder takes precedence, unless it holds the set's files."""
    return data in NAMED and (not Path(data).is_dir() or holds_named(data, Path(data)))


def folder_of(data: str | Path) -> Path:
    """The folder that `data` names; DataError if it is neither a folder nor a named set."""
    if data == "":
        raise DataError("an empty name, where a folder or a data set was expected")
    path = user_path(data, DataError)
    if not path.exists() and path.name == str(data):
        raise DataError(f"no folder and no data set '{data}'; {suggest_name(str(data), NAMED)}")
    return path


def _load_folder(
    root: Path,
    table: Table,
    options: DataOptions,
    known: tuple[str, ...] | None,
    on_progress: ProgressCallback,
    on_listed: Callable[[str], None],
) -> Dataset:
    known = None if known is None else tuple(map(compose, known))
    listing = list_decided(root, known or ())
    on_listed(listing.describe())
    classes = _classes(listing)
    if known is not None:
        if not set(classes) <= set(known):
            raise other_classes(_name(root), classes, known)
        classes = known
    pictures, digests, unreadable = load_or_build_pack(
        root,
        listing.images,
        side=stored_side(table),
        channels=table.input[0],
        figure=table.preprocessing.figure,
        folder=cache_home() / "packs" if options.cache_dir is None else Path(options.cache_dir),
        cache_size=options.cache_size,
        workers=options.decode_workers,
        on_progress=on_progress,
    )
    bad = (*listing.bad, *(BadImage(listing.images[i].path, reason) for i, reason in sorted(unreadable.items())))
    _check_bad(root, bad, options.max_bad)
    everything = _label(pictures, digests, listing, classes)
    parts = {
        part: everything.subset([i for i in indices if i not in unreadable])
        for part, indices in split_parts(listing.parts, listing.images, digests, unreadable, options).items()
    }
    train, validation = parts[TRAIN], parts[VAL]
    if known is None:
        _check_enough(root, listing, classes, train, validation)
    decisions = {name: listing.count(name) for name in ("drop", "relabel")} if listing.decisions_digest else {}
    return Dataset(
        _name(root),
        str(root.absolute()),
        classes,
        train,
        validation,
        skipped=bad,
        test=parts.get(TEST),
        decisions={**decisions, "digest": listing.decisions_digest} if decisions else None,
    )


def _with_fewer(dataset: Dataset, images: int | None) -> Dataset:
    """The data set with so many training images at most. DataError if that leaves a class without one."""
    if images is None or images >= len(dataset.train):
        return dataset
    if images < len(dataset.classes):
        raise DataError(f"{dataset.name}: {images} training images, fewer than its {len(dataset.classes)} classes")
    chosen = balanced_sample(dataset.train.labels.tolist(), dataset.train.digests, images)
    return replace(dataset, train=dataset.train.subset(chosen))


def split_parts(
    names: Iterable[str | None],
    images: Sequence[ImageEntry],
    digests: Digests,
    unreadable: Collection[int] = (),
    options: DataOptions = DataOptions(),
) -> dict[str, list[int]]:
    """Indices of the images of each of these parts (`Listing.parts`): as the folders say; those for validation drawn if
    they do not."""
    parts: dict[str, list[int]] = {part: [] for part in names if part is not None}
    for index, image in enumerate(images):
        parts.setdefault(image.part or TRAIN, []).append(index)
    if VAL in parts:
        return parts
    drawn_from = parts.get(TRAIN, [])
    if options.split == "content":  # that of version 0.1 drew among the unreadable ones too
        drawn_from = [index for index in drawn_from if index not in unreadable]
    labels = [images[index].label for index in drawn_from]
    sides = split(labels, digests[drawn_from], options.val_fraction, options.split)
    return {**parts, **{part: [drawn_from[i] for i in side] for part, side in zip((TRAIN, VAL), sides, strict=True)}}


def _name(root: Path) -> str:
    """A folder's name as text, whatever the locale; that of "." or ".." is its real one."""
    name = root.name or root.resolve().name
    try:
        return decode_name(name) or str(root)
    except ValueError:  # it is no text
        return printable(name)


def _as_stored(images: ImageSet, table: Table) -> ImageSet:
    """A set of pictures of one size in memory, with a table's channels, digits set and size."""
    pictures, channels, side, figure = images.pictures, table.input[0], stored_side(table), table.preprocessing.figure
    as_needed = pictures.channels == channels and pictures.shapes.min() <= side
    if as_needed and (figure is None or (pictures.shapes == figure[1]).all()):
        return images
    stored = [convert_and_downscale(set_digit(pictures[i], figure), channels, side) for i in range(len(images))]
    return replace(images, pictures=Pictures.from_arrays(stored))


def _classes(listing: Listing) -> tuple[str, ...]:
    """The classes in order: those of train/, which must include those of val/ and test/."""
    if not listing.parted:
        return listing.classes[None]
    for part in (VAL, TEST):
        if unknown := sorted(set(listing.classes.get(part, ())) - set(listing.classes[TRAIN])):
            raise DataError(f"{listing.parts[part] / unknown[0]}: a class that {listing.parts[TRAIN]} does not have")
    return listing.classes[TRAIN]


def _label(pictures: Pictures, digests: Digests, listing: Listing, classes: tuple[str, ...]) -> ImageSet:
    """Every picture of a folder with the number of its class, its path and its digest."""
    numbers = {name: number for number, name in enumerate(classes)}
    labels = torch.tensor([numbers[image.label] for image in listing.images], dtype=torch.int64)
    return ImageSet(pictures, labels, tuple(str(image.path) for image in listing.images), digests)


def _check_bad(root: Path, bad: tuple[BadImage, ...], max_bad: int) -> None:
    if len(bad) > max_bad:
        raise DataError(
            f"{bad[0].path}: {bad[0].reason}; {len(bad)} in {root} cannot be read, at most {max_bad} may be"
            f" (--max-bad {len(bad)} leaves them out, striate check {root} lists them)"
        )


def _check_enough(
    root: Path, listing: Listing, classes: tuple[str, ...], train: ImageSet, validation: ImageSet
) -> None:
    """DataError unless there are images of every class for training, and any for validation."""
    counts = torch.bincount(train.labels, minlength=len(classes)).tolist()
    for name, count in zip(classes, counts, strict=True):
        if count == 0:
            folder = listing.parts[TRAIN if listing.parted else None] / name
            raise DataError(f"{folder}: a class without an image to train on")
    if len(validation) == 0:
        raise DataError(f"{listing.parts.get(VAL, root)}: no image is left for validation")
