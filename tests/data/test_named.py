"""The named sets: found where they lie, fixed splits, and one clear line where they cannot be had."""

import gzip
import hashlib
import os
import pickle
import socket
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from striate.data.named import _DEBIAN, NAMED, is_available, load_named
from striate.data.options import DataOptions
from striate.data.sources import load_dataset
from striate.errors import DataError
from striate.runtime import cache_home
from striate.tables import load_table

REAL = os.environ.get("STRIATE_DATA") or None
MNIST, FASHION = (5, 0, 4, 1, 9, 2, 1, 3), (9, 0, 0, 3, 0, 2, 7, 2)


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """No data of this machine, and no network."""
    monkeypatch.delenv("STRIATE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("striate.data.named._DEBIAN", tmp_path / "no-debian")

    def refuse(*_):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def idx(array):
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def small_set(folder, begins=MNIST, packed=True, joint="-"):
    """Twelve training pictures and three validation pictures, as MNIST's four files."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, labels in (("train", (*begins, 6, 7, 8, 9)), ("t10k", (1, 2, 3))):
        pictures = np.random.default_rng(len(labels)).integers(0, 256, (len(labels), 28, 28), dtype=np.uint8)
        for what, array in ((f"images{joint}idx3", pictures), (f"labels{joint}idx1", np.array(labels, dtype=np.uint8))):
            content = idx(array)
            path = folder / f"{part}-{what}-ubyte{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(content) if packed else content)
    return folder


def test_the_split_is_fixed_and_no_image_is_in_both_parts():
    digits = load_named("digits")
    rows = [{part.pictures[i].tobytes() for i in range(len(part))} for part in (digits.train, digits.validation)]
    assert not rows[0] & rows[1]
    assert torch.bincount(digits.validation.labels).min() >= 34


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("joint", ["-", "."])
@pytest.mark.parametrize("inside", ["", "mnist", "MNIST/raw", "raw"])
def test_idx_files_are_found_as_they_lie(tmp_path, packed, joint, inside):
    small_set(tmp_path / "data" / inside, packed=packed, joint=joint)
    mnist = load_named("mnist", tmp_path / "data")
    assert (len(mnist.train), len(mnist.validation)) == (12, 3)
    assert mnist.train.labels.tolist() == [*MNIST, 6, 7, 8, 9]
    assert mnist.light_on_dark
    assert mnist.classes == tuple("0123456789")


def test_the_places_in_their_order(tmp_path, monkeypatch):
    def found():
        return len(load_named("mnist", data_dir).train.labels.unique()), load_named("mnist", data_dir).train.labels[
            8
        ].item()

    data_dir = None
    with pytest.raises(DataError):
        found()
    small_set(cache_home() / "mnist")
    assert found()
    monkeypatch.setenv("STRIATE_DATA", str(tmp_path / "stated"))
    small_set(tmp_path / "stated")
    (tmp_path / "stated" / "t10k-images-idx3-ubyte.gz").write_bytes(b"stated")
    with pytest.raises(DataError, match=r"stated/t10k-images-idx3-ubyte.gz: not an IDX file"):
        found()
    data_dir = small_set(tmp_path / "given")
    assert found()
    with pytest.raises(DataError, match=r"nowhere: no such folder"):
        load_named("mnist", tmp_path / "nowhere")


def test_mnist_is_told_from_fashion_mnist(tmp_path, monkeypatch):
    """The files of both have the same names."""
    monkeypatch.setenv("STRIATE_DATA", str(small_set(tmp_path / "data", MNIST)))
    with pytest.raises(DataError, match="fashion-mnist: not found"):
        load_named("fashion-mnist")
    monkeypatch.setattr("striate.data.named._DEBIAN", small_set(tmp_path / "debian", FASHION))
    assert load_named("fashion-mnist").classes[9] == "Ankle boot"
    assert load_named("mnist").train.labels[0] == 5


def test_what_is_here_needs_no_download(tmp_path, monkeypatch):
    assert is_available("digits")
    assert not any(is_available(name) for name in ("mnist", "fashion-mnist", "cifar10"))
    given = small_set(tmp_path / "given", MNIST)
    assert is_available("mnist", given)
    assert not is_available("fashion-mnist", given)
    monkeypatch.setenv("STRIATE_DATA", str(small_set(tmp_path / "stated" / "fashion-mnist", FASHION).parent))
    assert is_available("fashion-mnist")
    (tmp_path / "stated" / "cifar10" / "cifar-10-batches-py").mkdir(parents=True)
    assert is_available("cifar10")
    with pytest.raises(DataError, match="no such folder"):
        is_available("mnist", tmp_path / "nowhere")


def test_damaged_files_are_named(tmp_path):
    folder = small_set(tmp_path / "data")
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz: truncated"):
        load_named("mnist", folder)
    path.unlink()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz: cannot be read: No such file"):
        load_named("mnist", folder)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("mnist", "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz"),
        ("fashion-mnist", "of FashionMNIST"),
        ("cifar10", "cifar-10-batches-py of https://"),
    ],
)
def test_offline_one_line_says_what_to_put_where(name, wanted, capfd):
    with pytest.raises(DataError) as caught:
        load_named(name)
    words = str(caught.value)
    assert words.startswith(f"{name}: not found in {cache_home()}, and it cannot be downloaded (")
    assert wanted in words
    assert f"into {cache_home() / name}, or name their folder with --data-dir or $STRIATE_DATA" in words
    assert "\n" not in words
    assert list(cache_home().iterdir()) == []  # nothing half done is left
    printed = capfd.readouterr()
    assert printed.out == ""
    assert f"downloading {name} into" in printed.err


def test_a_download_is_atomic(monkeypatch, capfd):
    def fetch(root, download):
        assert download
        print("loud")
        small_set(Path(root) / "MNIST" / "raw")

    monkeypatch.setattr(torchvision.datasets, "MNIST", fetch)
    assert len(load_named("mnist").train) == 12
    assert [path.name for path in cache_home().iterdir()] == ["mnist"]
    assert "loud" not in capfd.readouterr().out
    monkeypatch.setattr(torchvision.datasets, "MNIST", None)
    assert len(load_named("mnist").train) == 12  # found, not fetched again


def small_cifar(folder, monkeypatch):
    """A set of two pictures in each file, as torchvision's class keeps and checks them."""
    base = folder / "cifar-10-batches-py"
    base.mkdir(parents=True)
    kind = torchvision.datasets.CIFAR10

    def write(name, value):
        (base / name).write_bytes(pickle.dumps(value))
        return name, hashlib.md5((base / name).read_bytes()).hexdigest()

    pictures = np.arange(2 * 3072, dtype=np.int64).astype(np.uint8).reshape(2, 3072)
    names = [name for name, _ in kind.train_list]
    monkeypatch.setattr(kind, "train_list", [write(name, {"data": pictures, "labels": [3, 1]}) for name in names])
    monkeypatch.setattr(kind, "test_list", [write("test_batch", {"data": pictures, "labels": [0, 9]})])
    name, checksum = write("batches.meta", {"label_names": [f"c{i}" for i in range(10)]})
    monkeypatch.setattr(kind, "meta", {"filename": name, "key": "label_names", "md5": checksum})
    return base


@pytest.mark.filterwarnings("ignore::Warning")  # NumPy of pickles that other versions wrote
@pytest.mark.parametrize("inside", ["", "cifar10"])
def test_cifar10_as_torchvision_keeps_it(tmp_path, monkeypatch, inside):
    base = small_cifar(tmp_path / "data" / inside, monkeypatch)
    cifar = load_named("cifar10", tmp_path / "data")
    assert (len(cifar.train), len(cifar.validation), cifar.classes[9], cifar.light_on_dark) == (10, 2, "c9", False)
    assert cifar.train.pictures[0].shape == (32, 32, 3)
    assert cifar.train.pictures[0][0, :3, 0].tolist() == [0, 1, 2]  # red first, row by row
    (base / "data_batch_2").write_bytes(pickle.dumps("something else, which must not be unpickled"))
    with pytest.raises(DataError, match=r"cifar-10-batches-py: incomplete or damaged"):
        load_named("cifar10", tmp_path / "data")


def test_a_loaded_set_has_the_tables_channels_and_size(tmp_path):
    folder = small_set(tmp_path / "data")
    colour = load_dataset("mnist", load_table("minivggnet"), DataOptions(data_dir=folder))
    assert colour.train.pictures[0].shape == (28, 28, 3)
    gray = load_dataset("mnist", load_table("lenet5"), DataOptions(data_dir=folder))
    assert np.array_equal(colour.train.pictures[3], np.repeat(gray.train.pictures[3], 3, axis=2))
    small = replace(load_table("lenet5"), input=(1, 14, 14))
    assert load_dataset("mnist", small, DataOptions(data_dir=folder)).train.pictures[0].shape == (16, 16, 1)


def test_an_unknown_name():
    with pytest.raises(DataError, match="no folder and no data set 'digit'; did you mean 'digits'"):
        load_dataset("digit", table=load_table("lenet5"))
    with pytest.raises(DataError, match="its input has 2 channels, pictures have 1"):
        load_dataset("digits", table=replace(load_table("lenet5"), input=(2, 32, 32)))
    assert list(NAMED) == ["digits", "mnist", "fashion-mnist", "cifar10"]


@pytest.mark.skipif(REAL is None, reason="$STRIATE_DATA does not say where MNIST lies")
def test_the_real_mnist():
    mnist = load_named("mnist", Path(REAL))
    assert (len(mnist.train), len(mnist.validation)) == (60_000, 10_000)
    assert torch.bincount(mnist.train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


@pytest.mark.skipif(not _DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_the_real_fashion_mnist(monkeypatch):
    monkeypatch.setattr("striate.data.named._DEBIAN", _DEBIAN)
    fashion = load_named("fashion-mnist")
    assert (len(fashion.train), len(fashion.validation)) == (60_000, 10_000)
    assert torch.bincount(fashion.validation.labels).tolist() == [1000] * 10
