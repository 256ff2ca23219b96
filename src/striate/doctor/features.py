"""What label suspects are looked for by: numbers of each picture that no label had a part in, or a model's features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data import LUMA, ArrayPictures, Bytes, DataOptions, DataSource, ImageSet, load_dataset, relative_path
from striate.doctor.collection import SIDE, Collection
from striate.errors import DataError
from striate.inference import Predictor
from striate.inspection import features, last_hidden

Floats = NDArray[np.float32]
ProgressCallback = Callable[[int, int], None]

PHOTOGRAPHS = "resnet20"
"""The model that ships whose features are taken for pictures in colour."""
_COMPONENTS = 64
_CELL, _BINS = 4, 9  # pixels of a cell's side; directions of gradients
_SOFTENING = 100.0  # added to the energy of a block of cells, so that noise in flat parts stays small
_COLOURED = 8.0  # levels between the channels, in the mean over all pictures, from which on a set is in colour
_CHUNK = 2048
_ANY = 10**9  # unreadable pictures: `check` has reported them


def own_features(collection: Collection, on_progress: ProgressCallback = lambda _done, _total: None) -> Floats:
    """Features (N, F) of thumbnails: directions of gradients, the pixels' principal components, and for pictures in
    colour those of the model `PHOTOGRAPHS`, which learned from other pictures."""
    thumbnails_NHWC = collection.thumbnails
    parts = [gradient_directions(thumbnails_NHWC), _principal_components(thumbnails_NHWC)]
    if is_in_colour(thumbnails_NHWC):
        network = Predictor.load(PHOTOGRAPHS).model.network
        images = ImageSet(ArrayPictures(thumbnails_NHWC), torch.from_numpy(collection.labels))
        parts.append(features(network, images, last_hidden(network.plan), on_progress))
    return np.concatenate(parts, axis=1)


def model_features(
    collection: Collection,
    data: DataSource,
    predictor: Predictor,
    data_dir: Path | None,
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> Floats:
    """The activations (N, F) of a model's last hidden layer for the pictures of a collection, in its order."""
    network = predictor.model.network
    dataset = load_dataset(data, network.table, DataOptions(data_dir=data_dir, max_bad=_ANY))
    images = dataset.part("all")
    values = features(network, images, last_hidden(network.plan), on_progress)
    if images.names is None:
        return values
    assert collection.root is not None
    places = {relative_path(Path(name), collection.root): row for row, name in enumerate(images.names)}
    return _in_order(values, [places.get(path) for path in collection.paths], collection)


def _in_order(values: Floats, rows: list[int | None], collection: Collection) -> Floats:
    missing = next((path for path, row in zip(collection.paths, rows, strict=True) if row is None), None)
    if missing is not None:
        raise DataError(f"{missing}: changed while the pictures were read")
    ordered: Floats = values[np.array(rows)]
    return ordered


def is_in_colour(thumbnails_NHWC: Bytes) -> bool:
    """Whether pictures are in colour, in the mean."""
    chosen = thumbnails_NHWC[:: max(1, len(thumbnails_NHWC) // 1000)].astype(np.float32)
    return bool(np.ptp(chosen, axis=3).mean() > _COLOURED)


def gradient_directions(thumbnails_NHWC: Bytes) -> Floats:
    """Histograms of oriented gradients (N, 576): of each block of 2 by 2 cells the directions of its gradients.

    Source: Dalal, Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005.

    >>> gradient_directions(np.zeros((3, 32, 32, 3), np.uint8)).shape
    (3, 576)
    """
    chunks = range(0, len(thumbnails_NHWC), _CHUNK)
    return np.concatenate([_gradient_directions(thumbnails_NHWC[begin : begin + _CHUNK]) for begin in chunks])


def _gradient_directions(thumbnails_NHWC: Bytes) -> Floats:
    gray_NHW = thumbnails_NHWC @ np.array(LUMA, np.float32)
    down, across = np.gradient(gray_NHW, axis=(1, 2))
    magnitude = np.hypot(across, down)
    angle = np.arctan2(down, across) % np.pi / np.pi * _BINS
    lower = np.floor(angle)
    share = angle - lower
    cells, count = SIDE // _CELL, len(gray_NHW)
    histograms = np.zeros((count, cells, cells, _BINS), np.float32)
    for direction in range(_BINS):
        weight = np.where(lower % _BINS == direction, 1 - share, 0) + np.where(
            (lower + 1) % _BINS == direction, share, 0
        )
        summed = (magnitude * weight).reshape(count, cells, _CELL, cells, _CELL).sum(axis=(2, 4))
        histograms[..., direction] = summed
    corners = [histograms[:, i : i + cells - 1 : 2, j : j + cells - 1 : 2] for i in (0, 1) for j in (0, 1)]
    blocks = np.concatenate(corners, axis=-1)
    blocks /= np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + _SOFTENING)
    directions: Floats = np.sqrt(blocks).reshape(count, -1)
    return directions


def _principal_components(thumbnails_NHWC: Bytes) -> Floats:
    from sklearn.decomposition import PCA

    pixels_NP = thumbnails_NHWC.reshape(len(thumbnails_NHWC), -1).astype(np.float32) / 255
    components = min(_COMPONENTS, *pixels_NP.shape)
    values: Floats = PCA(components, svd_solver="randomized", random_state=0).fit_transform(pixels_NP)
    return values.astype(np.float32)
