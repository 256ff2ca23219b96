"""The named sets: found on this machine, else downloaded by torchvision; small enough for memory."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
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
from striate.paths import user_path
from striate.runtime import before_exit, cache_home

_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""The folder of Debian's package dataset-fashion-mnist."""
_PARTS = ("train", "t10k")
_TIMEOUT = 30
"""Seconds without an answer after which a download fails."""


@dataclass(frozen=True)
class _IDXSet:
    """A set of four IDX files. Every set has the same file names: `first_labels` tell the sets apart."""

    title: str
    classes: tuple[str, ...]
    source: str
    first_labels: tuple[int, ...]
    figure: tuple[int, int] | None = None


_MNIST = _IDXSet(
    title="MNIST",
    classes=tuple("0123456789"),
    source="MNIST (LeCun, Cortes, Burges)",
    first_labels=(5, 0, 4, 1, 9, 2, 1, 3),
    figure=(20, 28),
)
_FASHION = _IDXSet(
    title="FashionMNIST",
    classes=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    source="Fashion-MNIST (Xiao, Rasul, Vollgraf 2017)",
    first_labels=(9, 0, 0, 3, 0, 2, 7, 2),
)  # fmt: skip


class NamedSet(str):
    """The name of a set of `NAMED`, whatever folder of that name is in the working directory: as a run recorded it, or
    as the page shows it."""

    __slots__ = ()


def load_named(name: str, data_dir: Path | None = None) -> Dataset:
    """A set of `NAMED`, from `data_dir`, $STRIATE_DATA, the cache or Debian's package, else downloaded into the cache.

    DataError if its files are damaged, or if they are nowhere and cannot be downloaded; it says where to put them.

    >>> len(load_named("digits").validation)
    360
    """
    return NAMED[name](name, data_dir)


def is_available(name: str, data_dir: Path | None = None) -> bool:
    """Whether a set of `NAMED` is on this machine, so that `load_named` downloads nothing.

    >>> is_available("digits")
    True
    """
    return name not in _CONTAINS or _find(name, data_dir) is not None


def holds_named(name: str, folder: Path) -> bool:
    """Whether a folder holds the files of a set of `NAMED` itself, so that it is no folder of pictures.

    >>> holds_named("mnist", Path())
    False
    """
    return name in _CONTAINS and any(_CONTAINS[name](place) for place in _places(name, folder))


def digit_shades() -> tuple[NDArray[np.uint8], NDArray[np.int64], int]:
    """scikit-learn's 1,797 handwritten digits (UCI) in shades from 0 to 16, (N, 8, 8), their labels (N,), and how many
    of them are for training, which come first: a fixed, stratified split makes a fifth of them validation images.

    >>> digit_shades()[0].shape, digit_shades()[2]
    ((1797, 8, 8), 1437)
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    labels = bunch.target.astype(np.int64)
    train, validation = train_test_split(range(len(labels)), test_size=0.2, random_state=0, stratify=labels)
    order = [*train, *validation]
    return bunch.images[order].astype(np.uint8), labels[order], len(train)


def _digits(name: str, _data_dir: Path | None) -> Dataset:
    """scikit-learn's digits, scaled to 28x28."""
    shades_NHW, labels, train = digit_shades()
    shades = torch.from_numpy(shades_NHW).to(torch.float32).unsqueeze(1) * (255 / 16)
    pixels = F.interpolate(shades, (28, 28), mode="bilinear", align_corners=False)
    images_NHW = pixels.round().to(torch.uint8).squeeze(1).numpy()
    return Dataset(
        name=name,
        source="UCI, Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998), as scikit-learn ships it",
        classes=tuple("0123456789"),
        train=_in_memory(images_NHW[:train], labels[:train]),
        validation=_in_memory(images_NHW[train:], labels[train:]),
        light_on_dark=True,
    )


def _mnist(name: str, data_dir: Path | None) -> Dataset:
    return _load_idx_set(_MNIST, name, data_dir)


def _fashion_mnist(name: str, data_dir: Path | None) -> Dataset:
    return _load_idx_set(_FASHION, name, data_dir)


def _cifar10(name: str, data_dir: Path | None) -> Dataset:
    """CIFAR-10 as torchvision stores it, which compares checksums first: the files are pickles."""
    from torchvision.datasets import CIFAR10

    root = _find(name, data_dir)
    if root is None:
        root = _download(name, data_dir, CIFAR10, f"the folder {CIFAR10.base_folder} of {CIFAR10.url}")
    try:
        train, validation = CIFAR10(root, train=True), CIFAR10(root, train=False)
    except RuntimeError:
        raise DataError(
            f"{root / CIFAR10.base_folder}: incomplete or damaged; remove it, or download it again"
        ) from None
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
    """A set of pictures, uint8 (N, height, width) or (N, height, width, channels)."""
    array_NHWC = pixels if pixels.ndim == 4 else pixels[..., None]
    return ImageSet(ArrayPictures(array_NHWC), torch.from_numpy(labels.astype(np.int64)))


def _load_idx_set(idx_set: _IDXSet, name: str, data_dir: Path | None) -> Dataset:
    folder = _find(name, data_dir)
    if folder is None:
        import torchvision

        files = ", ".join(f"{part}-{what}-ubyte.gz" for part in _PARTS for what in ("images-idx3", "labels-idx1"))
        expected, title = f"the files {files} of {idx_set.title}", idx_set.title
        folder = _download(name, data_dir, getattr(torchvision.datasets, title), expected) / title / "raw"
    classes = idx_set.classes
    parts = [
        read_pair(_idx_file(folder, f"{part}-images", 3), _idx_file(folder, f"{part}-labels", 1), len(classes))
        for part in _PARTS
    ]
    train, validation = (_in_memory(*part) for part in parts)
    return Dataset(name, idx_set.source, classes, train, validation, light_on_dark=True, figure=idx_set.figure)


def _contains(idx_set: _IDXSet, folder: Path) -> bool:
    """Whether a folder contains this set, and not the other one under the same file names."""
    labels = _idx_file(folder, "train-labels", 1)
    if not labels.is_file():
        return False
    others = {other.first_labels for other in (_MNIST, _FASHION)} - {idx_set.first_labels}
    try:
        return tuple(read_idx(labels, 1)[:8].tolist()) not in others
    except DataError:
        return True  # damaged: the error comes when it is read


_CONTAINS: dict[str, Callable[[Path], bool]] = {
    "mnist": lambda folder: _contains(_MNIST, folder),
    "fashion-mnist": lambda folder: _contains(_FASHION, folder),
    "cifar10": lambda folder: (folder / "cifar-10-batches-py").is_dir(),
}
"""Whether a folder contains a set; the sets that are not listed come with a library."""
_TITLES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}
"""torchvision's names of the sets, where they are others: those of its folders."""


def _idx_file(folder: Path, stem: str, dimensions: int) -> Path:
    """The file, gzipped or not, with a dash or a dot in its name; the usual name if there is none."""
    names = [f"{stem}{joint}idx{dimensions}-ubyte{suffix}" for suffix in ("", ".gz") for joint in "-."]
    return next((folder / name for name in names if (folder / name).is_file()), folder / names[2])


def _find(name: str, data_dir: Path | None) -> Path | None:
    """The first folder that contains the set."""
    return next((folder for folder in _candidates(name, data_dir) if _CONTAINS[name](folder)), None)


def _candidates(name: str, data_dir: Path | None) -> Iterator[Path]:
    for root in _search_roots(data_dir):
        for folder in (root / name, root / _TITLES.get(name, name), root):
            yield from _places(name, folder)
    if name == "fashion-mnist":
        yield _DEBIAN


def _places(name: str, folder: Path) -> tuple[Path, ...]:
    """Where in a folder a set's files may be."""
    return folder, folder / "raw", folder / _TITLES.get(name, name) / "raw"


def _search_roots(data_dir: Path | None) -> list[Path]:
    """The folders that are searched, in order."""
    stated = [user_path(place, DataError) for place in (data_dir, os.environ.get("STRIATE_DATA")) if place]
    if data_dir is not None and not stated[0].is_dir():
        raise DataError(f"{stated[0]}: no such folder")
    return [*stated, cache_home()]


def _download(name: str, data_dir: Path | None, torchvision_class: Callable[..., Any], expected: str) -> Path:
    """The folder into which torchvision has downloaded a set, completely; DataError names the files and a folder."""
    target = cache_home() / name
    print(f"striate: downloading {name} into {target}", file=sys.stderr)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=target.parent, ignore_cleanup_errors=True) as partial:
            remove = functools.partial(shutil.rmtree, partial, ignore_errors=True)
            with before_exit(remove), _bar_on_a_terminal(), _socket_timeout():
                torchvision_class(partial, download=True)
            try:
                Path(partial).rename(target)
                Path(partial).mkdir()  # for TemporaryDirectory to remove
            except OSError:
                if not target.is_dir():  # else another process of the training was faster
                    raise
    except (OSError, RuntimeError) as error:
        roots = ", ".join(map(str, _search_roots(data_dir)))
        reason = " ".join(str(getattr(error, "reason", None) or error).split())
        raise DataError(
            f"{name}: not found in {roots}, and it cannot be downloaded ({reason}); put {expected} into"
            f" {target}, or name their folder with --data-dir or $STRIATE_DATA"
        ) from None
    return target


@contextlib.contextmanager
def _bar_on_a_terminal() -> Iterator[None]:
    """A context in which what torchvision prints, and its bar, go to a terminal on standard error, or nowhere."""
    shown = sys.stderr if sys.stderr.isatty() else io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        yield


@contextlib.contextmanager
def _socket_timeout() -> Iterator[None]:
    """A context in which a server that does not answer fails after a while instead of never."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
