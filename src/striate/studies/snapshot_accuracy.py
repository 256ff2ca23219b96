"""How many pictures of each class a network has right along its training, from the snapshots that its run keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data import ImageSet
from striate.nn import load_model
from striate.runtime import find_device
from striate.training import find_snapshots, predict_logits

_MOST_IMAGES = 2000
"""Each snapshot predicts all of them: a curve over a training needs no more."""


@dataclass(frozen=True)
class SnapshotAccuracy:
    """After each of `steps`, the share of right predictions of each class `recall` (steps, classes), NaN for a class
    without images, and of all `images` `accuracy` (steps,)."""

    steps: tuple[int, ...]
    images: int
    recall: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def snapshot_accuracy(
    run: Path,
    images: ImageSet,
    *,
    device: str | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> SnapshotAccuracy | None:
    """The accuracy of each snapshot in a run directory, on 2,000 of the images at most, at even distances; None if the
    run keeps no snapshots. ModelError if one cannot be used.

    snapshot_accuracy(Path("runs/first"), dataset.validation)
    """
    some, snapshots, where = images.subsample(_MOST_IMAGES), find_snapshots(run), find_device("float32", device=device)
    correct = []
    for path in snapshots.values():
        network = load_model(path).network.to(where.device)
        correct.append((predict_logits(network, some, where).argmax(dim=1) == some.labels).double())
        on_progress(len(correct), len(snapshots))
    if not correct:
        return None
    right, classes = torch.stack(correct), torch.nn.functional.one_hot(some.labels, network.table.classes).double()
    recall = (right @ classes / classes.sum(dim=0)).numpy()
    return SnapshotAccuracy(tuple(snapshots), len(some), recall, right.mean(dim=1).numpy())
