"""How a data set is found, split, decoded and cached."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from striate.data.pack import CACHE_SIZE
from striate.data.split import SplitRule


@dataclass(frozen=True)
class DataOptions:
    """How a data set is found, split, decoded and cached; what concerns other kinds of data is ignored.

    Attributes:
        data_dir: the folder with a named set's files, if it is not in $STRIATE_DATA or the cache.
        val_fraction: the share of each class that becomes validation images; for folders without val/, for arrays and
            for torch Datasets.
        split: what decides which ones: their content, or, in runs of version 0.1, their position.
        images: so many training images at most, as many of each class; the same ones in every run, chosen by content.
        max_bad: how many of a folder's pictures may be unreadable; they are skipped.
        cache_dir: the folder for decoded pictures; None is `packs` in the cache folder.
        cache_size: bytes that all decoded pictures in that folder may take together.
        decode_workers: threads that decode a folder's pictures.

    >>> DataOptions(val_fraction=0.1).max_bad
    0
    """

    data_dir: Path | str | None = None
    val_fraction: float = 0.2
    split: SplitRule = "content"
    images: int | None = None
    max_bad: int = 0
    cache_dir: Path | str | None = None
    cache_size: int = CACHE_SIZE
    decode_workers: int = 2
