"""The named sets: found where they lie, else fetched by torchvision; small enough to live in memory."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from striate.data.idx import read_idx, read_pair
from striate.data.pictures import ArrayPictures, Dataset, ImageSet
from striate.errors import DataError
from striate.runtime import cache_home

_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts it."""
_PARTS = ("train", "t10k")
_PATIENCE = 30
"""Seconds that a server may be silent."""


@dataclass(frozen=True)
class _IDXSet:
    """A set that comes as four IDX files, all of the same names: `begins` tells whose they are."""

    title: str
    classes: tuple[str, ...]
    source: str
    begins: tuple[int, ...]
    figure: tuple[int, int] | None = None


_MNIST = _IDXSet(
    title="MNIST",
    classes=tuple("0123456789"),
    source="MNIST (LeCun, Cortes, Burges)",
    begins=(5, 0, 4, 1, 9, 2, 1, 3),
    figure=(20, 28),
)
_FASHION = _IDXSet(
    title="FashionMNIST",
    classes=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    source="Fashion-MNIST (Xiao, Rasul, Vollgraf 2017)",
    begins=(9, 0, 0, 3, 0, 2, 7, 2),
)  # fmt: skip


def load_named(name: str, data_dir: Path | None = None) -> Dataset:
    """A set of `NAMED`, from `data_dir`, $STRIATE_DATA, the cache or Debian's package, else downloaded into the cache.

    DataError if its files are damaged, or if they are nowhere and cannot be downloaded: it says what to put where.

    >>> len(load_named("digits").validation)
    360
    """
    return NAMED[name](name, data_dir)


def is_available(name: str, data_dir: Path | None = None) -> bool:
    """Whether a set of `NAMED` lies on this machine, so that `load_named` would download nothing.

    >>> is_available("digits")
    True
    """
    is_here = _IS_HERE.get(name)
    return is_here is None or _find(name, data_dir, is_here) is not None


def _digits(name: str, _data_dir: Path | None) -> Dataset:
    """scikit-learn's 1,797 handwritten digits (UCI), 8x8 with 17 shades, brought to 28x28; a fifth is held out.

    The split is stratified, with a fixed seed.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    shades = torch.from_numpy(bunch.images).to(torch.float32).unsqueeze(1) * (255 / 16)
    pixels = F.interpolate(shades, (28, 28), mode="bilinear", align_corners=False)
    images_NHW, labels = pixels.round().to(torch.uint8).squeeze(1).numpy(), bunch.target
    train, validation = train_test_split(range(len(labels)), test_size=0.2, random_state=0, stratify=labels)
    return Dataset(
        name=name,
        source="UCI, Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998), as scikit-learn ships it",
        classes=tuple(map(str, bunch.target_names)),
        train=_in_memory(images_NHW[train], labels[train]),
        validation=_in_memory(images_NHW[validation], labels[validation]),
        light_on_dark=True,
    )


def _mnist(name: str, data_dir: Path | None) -> Dataset:
    return _idx_set(_MNIST, name, data_dir)


def _fashion_mnist(name: str, data_dir: Path | None) -> Dataset:
    return _idx_set(_FASHION, name, data_dir)


def _cifar10(name: str, data_dir: Path | None) -> Dataset:
    """CIFAR-10 as torchvision keeps it: checksums first, because its files are pickles."""
    from torchvision.datasets import CIFAR10

    root = _find(name, data_dir, _IS_HERE[name])
    if root is None:
        root = _download(name, data_dir, CIFAR10, f"the folder {CIFAR10.base_folder} of {CIFAR10.url}")
    try:
        train, validation = CIFAR10(root, train=True), CIFAR10(root, train=False)
    except RuntimeError:
        raise DataError(f"{root / CIFAR10.base_folder}: incomplete or damaged; remove it, or fetch it again") from None
    return Dataset(
        name=name,
        source="CIFAR-10 (Krizhevsky 2009)",
        classes=tuple(train.classes),
        train=_in_memory(train.data, np.array(train.targets)),
        validation=_in_memory(validation.data, np.array(validation.targets)),
    )


NAMED: dict[str, Callable[[str, Path | None], Dataset]] = {
    "digits": _digits,
    "mnist": _mnist,
    "fashion-mnist": _fashion_mnist,
    "cifar10": _cifar10,
}


def _in_memory(pixels: NDArray[np.uint8], labels: NDArray[Any]) -> ImageSet:
    """A set of pictures (N, height, width) or (N, height, width, channels)."""
    array_NHWC = pixels if pixels.ndim == 4 else pixels[..., None]
    return ImageSet(ArrayPictures(array_NHWC), torch.from_numpy(labels.astype(np.int64)))


def _idx_set(kind: _IDXSet, name: str, data_dir: Path | None) -> Dataset:
    place = _find(name, data_dir, _IS_HERE[name])
    if place is None:
        import torchvision

        files = ", ".join(f"{part}-{what}-ubyte.gz" for part in _PARTS for what in ("images-idx3", "labels-idx1"))
        wanted = f"the files {files} of {kind.title}"
        place = _download(name, data_dir, getattr(torchvision.datasets, kind.title), wanted) / kind.title / "raw"
    parts = [
        read_pair(_idx_file(place, f"{part}-images", 3), _idx_file(place, f"{part}-labels", 1), len(kind.classes))
        for part in _PARTS
    ]
    train, validation = (_in_memory(*part) for part in parts)
    return Dataset(name, kind.source, kind.classes, train, validation, light_on_dark=True, figure=kind.figure)


def _is_here(kind: _IDXSet, place: Path) -> bool:
    """Whether a folder has this set. The files of both sets have the same names: the first labels tell them apart."""
    labels = _idx_file(place, "train-labels", 1)
    if not labels.is_file():
        return False
    others = {other.begins for other in (_MNIST, _FASHION)} - {kind.begins}
    try:
        return tuple(read_idx(labels, 1)[:8].tolist()) not in others
    except DataError:
        return True  # here, but damaged: reading it will say so


_IS_HERE: dict[str, Callable[[Path], bool]] = {
    "mnist": lambda place: _is_here(_MNIST, place),
    "fashion-mnist": lambda place: _is_here(_FASHION, place),
    "cifar10": lambda place: (place / "cifar-10-batches-py").is_dir(),
}
"""How a folder with a set is known; what is not named here comes with a library."""


def _idx_file(folder: Path, stem: str, dimensions: int) -> Path:
    """The file, gzipped or not, with a dash or a dot, as they are found; the usual name if there is none."""
    names = [f"{stem}{joint}idx{dimensions}-ubyte{suffix}" for suffix in ("", ".gz") for joint in "-."]
    return next((folder / name for name in names if (folder / name).is_file()), folder / names[2])


def _find(name: str, data_dir: Path | None, is_here: Callable[[Path], bool]) -> Path | None:
    """The first folder that has the set."""
    return next((place for place in _places(name, data_dir) if is_here(place)), None)


def _places(name: str, data_dir: Path | None) -> Iterator[Path]:
    title = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}.get(name, name)
    for home in _homes(data_dir):
        for folder in (home / name, home / title, home):
            yield from (folder, folder / "raw", folder / title / "raw")
    if name == "fashion-mnist":
        yield _DEBIAN


def _homes(data_dir: Path | None) -> list[Path]:
    """Where data is looked for, in order."""
    if data_dir is not None and not data_dir.is_dir():
        raise DataError(f"{data_dir}: no such folder")
    stated = os.environ.get("STRIATE_DATA")
    return [place for place in (data_dir, Path(stated) if stated else None, cache_home()) if place is not None]


def _download(name: str, data_dir: Path | None, kind: Callable[..., Any], wanted: str) -> Path:
    """The folder into which torchvision has fetched a set, complete or not at all; DataError says how to go on."""
    target = cache_home() / name
    print(f"striate: fetching {name} into {target}", file=sys.stderr)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=target.parent, ignore_cleanup_errors=True) as partial:
            with contextlib.redirect_stdout(sys.stderr), _silence_ends():
                kind(partial, download=True)
            try:
                Path(partial).rename(target)
                Path(partial).mkdir()  # for TemporaryDirectory to remove
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:  # which says that another process of the training was faster
                    raise
    except (OSError, RuntimeError) as error:
        places = ", ".join(map(str, _homes(data_dir)))
        reason = " ".join(str(getattr(error, "reason", None) or error).split())
        raise DataError(
            f"{name}: not found in {places}, and it cannot be downloaded ({reason}); put {wanted} into"
            f" {target}, or name their folder with --data-dir or $STRIATE_DATA"
        ) from None
    return target


@contextlib.contextmanager
def _silence_ends() -> Iterator[None]:
    """A server that says nothing fails after a while instead of never."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
