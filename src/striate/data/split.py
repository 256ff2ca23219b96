"""The split of a data set into training and validation images: drawn by what the images hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from striate.data.digests import Digests, as_bytes
from striate.errors import DataError

SplitRule: TypeAlias = Literal["content", "position"]
"""What the draw depends on: each picture's content; or, as in version 0.1, its position among those of its class."""
_SEED = 0

Label = TypeVar("Label", str, int)


def split(
    labels: Sequence[Label], digests: Digests, val_fraction: float, rule: SplitRule
) -> tuple[list[int], list[int]]:
    """Indices of the images for training and for validation, by a rule. Errors as of the rules."""
    return (
        split_by_position(labels, val_fraction)
        if rule == "position"
        else split_by_content(labels, digests, val_fraction)
    )


def split_by_content(labels: Sequence[Label], digests: Digests, val_fraction: float) -> tuple[list[int], list[int]]:
    """Indices of the images for training and for validation, which gets about `val_fraction` of each class.

    A picture is for validation if its digest, uint8 (N, 16), read as a number from 0 to 1, is below `val_fraction`. So
    it keeps its side whatever else is added, removed or renamed, and all its copies are on that side.

    A class that this leaves without validation images gives its picture of the smallest number, if it has two different
    ones; one that is left without training images gets back that of the largest. These are the only pictures, one of a
    class, that may change sides when pictures are added. DataError if `val_fraction` is not between 0 and 1.

    >>> digests = np.zeros((4, 16), np.uint8)
    >>> digests[:, 0] = 10, 200, 30, 200  # of 256
    >>> split_by_content(["cat", "cat", "dog", "dog"], digests, 0.1)
    ([1, 3], [0, 2])
    """
    _check(val_fraction)
    numbers, pictures = _numbers(digests).tolist(), as_bytes(digests)
    classes: dict[Label, dict[bytes, float]] = defaultdict(dict)  # the different pictures of each, with their numbers
    classes_of: dict[bytes, set[Label]] = defaultdict(set)
    for label, picture, number in zip(labels, pictures, numbers, strict=True):
        classes[label][picture] = number
        classes_of[picture].add(label)
    validation = {picture for picture, number in zip(pictures, numbers, strict=True) if number < val_fraction}
    for members in classes.values():
        own = [picture for picture in members if len(classes_of[picture]) == 1]
        if len(members) > 1 and own and validation.isdisjoint(members):
            validation.add(min(own, key=members.__getitem__))
    for members in classes.values():
        if validation.issuperset(members):
            validation.remove(max(members, key=lambda picture: (len(classes_of[picture]) == 1, members[picture])))
    return (
        [index for index, picture in enumerate(pictures) if picture not in validation],
        [index for index, picture in enumerate(pictures) if picture in validation],
    )


def balanced_sample(labels: Sequence[Label], digests: Digests, images: int) -> list[int]:
    """Indices of so many images, in order: of each class as many as of the others, as far as it has them.

    Those whose digests, read as numbers, are smallest in their class: the same ones whatever the order, and more images
    include them. All if there are no more.

    >>> digests = np.arange(80, dtype=np.uint8).reshape(5, 16)
    >>> balanced_sample(["cat", "cat", "dog", "cat", "dog"], digests, 4)
    [0, 1, 2, 4]
    """
    numbers = _numbers(digests)
    members: dict[Label, list[int]] = defaultdict(list)
    for index in np.argsort(numbers, kind="stable").tolist():
        members[labels[index]].append(index)
    by_rank = sorted((rank, label, index) for label, own in members.items() for rank, index in enumerate(own))
    return sorted(index for _rank, _label, index in by_rank[:images])


def _numbers(digests: Digests) -> NDArray[np.float64]:
    """Each digest read as a number from 0 to 1."""
    numbers: NDArray[np.float64] = digests[:, :8].copy().view(">u8").ravel() / 2.0**64
    return numbers


def split_by_position(labels: Sequence[Label], val_fraction: float) -> tuple[list[int], list[int]]:
    """The split of version 0.1, for its runs: indices for training and for validation, `val_fraction` of each class.

    The draw depends only on the number of images of each class. A class of two images or more has at least one in
    each part; a class of one has it in training. DataError if `val_fraction` is not between 0 and 1.

    >>> split_by_position([0, 0, 1, 0, 1], 0.5)
    ([1, 2], [0, 3, 4])
    """
    _check(val_fraction)
    members: dict[Label, list[int]] = {label: [] for label in sorted(set(labels))}
    for index, label in enumerate(labels):
        members[label].append(index)
    generator = np.random.default_rng(_SEED)
    validation: list[int] = []
    for indices in members.values():
        count = min(max(1, round(len(indices) * val_fraction)), len(indices) - 1)
        validation += generator.permutation(indices)[: max(0, count)].tolist()
    chosen = set(validation)
    return [index for index in range(len(labels)) if index not in chosen], sorted(validation)


def _check(val_fraction: float) -> None:
    if not 0 < val_fraction < 1:
        raise DataError(f"val_fraction must be between 0 and 1: {val_fraction}")
