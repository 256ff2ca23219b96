"""MNIST's IDX files for `mnist.py` and its peers, with NumPy alone: each peer is a script as its users write it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NAMES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


def unpacked(source: Path, folder: Path) -> Path:
    """Write the four files of `source`, gzipped or not, to folder/MNIST/raw, where torchvision looks; the folder."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in NAMES:
        path = source / name
        content = path.read_bytes() if path.exists() else gzip.decompress((source / f"{name}.gz").read_bytes())
        (raw / name).write_bytes(content)
    return folder


def read(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images (N, 28, 28) and labels (N,) of `train` or `t10k`."""
    images, labels = (
        (folder / "MNIST" / "raw" / f"{part}-{kind}-ubyte").read_bytes() for kind in ("images-idx3", "labels-idx1")
    )
    return np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=8)
