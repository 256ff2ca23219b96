"""Shortcuts: classes that one simple number of a picture gives away, such as its size, its border, its file type.

For each number and class: how well a decision stump of two cuts tells the class from all others, on pictures that it
was not fitted on. A network learns such a number before it learns what the pictures show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from striate.data import LUMA
from striate.doctor.collection import SIDE, Collection

Floats = NDArray[np.float64]

BOUND = 0.8
"""The F1 of a stump out of fold from which on a number gives a class away."""
FOLDS = 5
_BINS = 64
_FEWEST = 10  # pictures of a class
_CORNER = 4  # pixels of 32


@dataclass(frozen=True)
class Shortcut:
    """A number that gives a class away: pictures whose value is from `low` to `high` are of the class `label`.

    `precision` is the share of the class among them, `recall` their share of the class, both out of fold, and `f1`
    their harmonic mean; `chance` is what the F1 is if every picture is taken for the class. For a file type `low` and
    `high` are its suffix.
    """

    label: int
    statistic: str
    low: float | str
    high: float | str
    precision: float
    recall: float
    f1: float
    chance: float


def statistics(collection: Collection) -> dict[str, Floats]:
    """The simple numbers (N,) of each picture by name; those that are the same for all are left out."""
    width, height = collection.sizes.T.astype(np.float64)
    numbers = {"width": width, "height": height, "aspect ratio": width / height, "file size": _as_floats(collection)}
    numbers["bytes per pixel"] = numbers["file size"] / (width * height)
    numbers.update(_pixel_statistics(collection))
    return {name: values for name, values in numbers.items() if np.ptp(values) > 0}


def _as_floats(collection: Collection) -> Floats:
    return collection.file_bytes.astype(np.float64)


def _pixel_statistics(collection: Collection) -> dict[str, Floats]:
    images = collection.thumbnails
    gray = images @ np.array(LUMA, np.float32)
    edges = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]
    border = np.concatenate(edges, axis=1).astype(np.float32)
    gray_border = border @ np.array(LUMA, np.float32)
    ends = (slice(None, _CORNER), slice(SIDE - _CORNER, None))
    places = {"top left": (0, 0), "top right": (0, 1), "bottom left": (1, 0), "bottom right": (1, 1)}
    numbers = {
        "brightness": gray.mean(axis=(1, 2)),
        "contrast": gray.std(axis=(1, 2)),
        "colourfulness": np.ptp(images, axis=3).mean(axis=(1, 2)),
        "border brightness": gray_border.mean(axis=1),
        "border contrast": gray_border.std(axis=1),
        **{
            f"border {name}": border[..., channel].mean(axis=1) for channel, name in enumerate(("red", "green", "blue"))
        },
        **{f"corner {name}": gray[:, ends[y], ends[x]].mean(axis=(1, 2)) for name, (y, x) in places.items()},
    }
    return {name: values.astype(np.float64) for name, values in numbers.items()}


def find_shortcuts(collection: Collection, bound: float = BOUND) -> tuple[Shortcut, ...]:
    """For each class the number that gives it away best, if its F1 out of fold is at least the bound; best first."""
    folds = np.random.default_rng(0).permutation(len(collection)) % FOLDS
    best: dict[int, Shortcut] = {}
    for shortcut in [*_of_numbers(statistics(collection), collection, folds), *_of_file_types(collection)]:
        if shortcut.f1 >= bound and (shortcut.label not in best or shortcut.f1 > best[shortcut.label].f1):
            best[shortcut.label] = shortcut
    return tuple(sorted(best.values(), key=lambda shortcut: -shortcut.f1))


def _of_numbers(numbers: Mapping[str, Floats], collection: Collection, folds: NDArray[np.int64]) -> list[Shortcut]:
    found = []
    counts = np.bincount(collection.labels, minlength=len(collection.classes))
    for name, values in numbers.items():
        cuts = np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1], method="nearest"))
        bins = np.searchsorted(cuts, values, side="left")
        for label in np.flatnonzero(counts >= _FEWEST).tolist():
            of_class = collection.labels == label
            if of_class.all():
                continue
            predicted = np.zeros(len(values), bool)
            for fold in range(FOLDS):
                low, high = _stump(bins[folds != fold], of_class[folds != fold], len(cuts) + 1)
                predicted[folds == fold] = (bins[folds == fold] >= low) & (bins[folds == fold] <= high)
            if predicted.any():
                inside = values[predicted]
                found.append(_scored(label, name, float(inside.min()), float(inside.max()), predicted, of_class))
    return found


def _stump(bins: NDArray[np.int64], of_class: NDArray[np.bool_], count: int) -> tuple[int, int]:
    """The first and last bin of the range that has the highest F1 for a class."""
    inside = np.cumsum(np.bincount(bins[of_class], minlength=count))
    everything = np.cumsum(np.bincount(bins, minlength=count))
    before = np.arange(-1, count - 1)
    hits = inside[None, :] - np.where(before >= 0, inside[before], 0)[:, None]
    taken = everything[None, :] - np.where(before >= 0, everything[before], 0)[:, None]
    scores = np.where(np.tri(count).T > 0, 2 * hits / np.maximum(taken + of_class.sum(), 1), -1)
    low, high = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(low), int(high)


def _of_file_types(collection: Collection) -> list[Shortcut]:
    types = np.array([PurePosixPath(path).suffix.lower() for path in collection.paths])
    if collection.root is None:
        return []
    counts = np.bincount(collection.labels, minlength=len(collection.classes))
    return [
        _scored(label, "file type", str(suffix), str(suffix), types == suffix, collection.labels == label)
        for suffix in np.unique(types)
        for label in np.flatnonzero((counts >= _FEWEST) & (counts < len(types))).tolist()
    ]


def _scored(
    label: int,
    name: str,
    low: float | str,
    high: float | str,
    predicted: NDArray[np.bool_],
    of_class: NDArray[np.bool_],
) -> Shortcut:
    hits = float((predicted & of_class).sum())
    precision, recall = hits / max(1, predicted.sum()), hits / max(1, of_class.sum())
    f1 = 2 * hits / max(1, predicted.sum() + of_class.sum())
    share = float(of_class.mean())
    return Shortcut(label, name, low, high, precision, recall, f1, 2 * share / (1 + share))
