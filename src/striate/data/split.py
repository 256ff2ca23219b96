"""The fixed draw that splits a data set into training and validation images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from striate.errors import DataError

_SEED = 0


Label = TypeVar("Label", str, int)


def stratified_split(
    labels: Sequence[Label], classes: Sequence[Label], val_fraction: float
) -> tuple[list[int], list[int]]:
    """Indices of the images for training and for validation, which get `val_fraction` of each class.

    The draw depends only on the number of images of each class. A class of two images or more has at least one in
    each part; a class of one has it in training. DataError if `val_fraction` is not between 0 and 1.

    >>> stratified_split([0, 0, 1, 0, 1], [0, 1], 0.5)
    ([1, 2], [0, 3, 4])
    """
    if not 0 < val_fraction < 1:
        raise DataError(f"val_fraction must be between 0 and 1: {val_fraction}")
    members: dict[Label, list[int]] = {name: [] for name in classes}
    for index, label in enumerate(labels):
        members[label].append(index)
    generator = np.random.default_rng(_SEED)
    validation: list[int] = []
    for indices in members.values():
        count = min(max(1, round(len(indices) * val_fraction)), len(indices) - 1)
        validation += generator.permutation(indices)[: max(0, count)].tolist()
    chosen = set(validation)
    return [index for index in range(len(labels)) if index not in chosen], sorted(validation)
