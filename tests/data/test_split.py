"""The split: a picture keeps its side for ever, copies are on one side, every class has images on both; linear."""

import hashlib
import itertools

import numpy as np
import pytest

from striate.data.digests import as_digests
from striate.data.split import balanced_sample, split, split_by_content, split_by_position
from striate.errors import DataError

CLASSES = {"ant": 40, "bee": 25, "cat": 9, "dog": 3, "elk": 2, "fox": 1}


def content(name):
    """The digest of a picture of this name."""
    return hashlib.md5(name.encode()).digest()


PICTURES = [(label, content(f"{label} {number}")) for label, count in CLASSES.items() for number in range(count)]


def sides(pictures, fraction=0.3):
    """For each picture whether it is for validation; the split is a partition in order."""
    labels, contents = zip(*pictures, strict=True)
    train, validation = split_by_content(labels, as_digests(contents), fraction)
    assert sorted(train + validation) == list(range(len(pictures)))
    assert (train, validation) == (sorted(train), sorted(validation))
    return {picture: index in set(validation) for index, picture in enumerate(pictures)}


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.5, 0.99])
def test_every_class_of_two_different_pictures_is_in_both_parts(fraction):
    validation = sides(PICTURES, fraction)
    for label, count in CLASSES.items():
        of_class = [side for (name, _), side in validation.items() if name == label]
        assert len(of_class) == count
        assert set(of_class) == ({True, False} if count > 1 else {False})


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5, 0.9])
def test_the_share_is_about_the_fraction(fraction):
    """Within five standard deviations of a binomial draw of 2,000."""
    pictures = [("a", content(str(number))) for number in range(2000)]
    share = sum(sides(pictures, fraction).values()) / 2000
    assert abs(share - fraction) < 5 * (fraction * (1 - fraction) / 2000) ** 0.5


CHANGES = {
    "others are added": PICTURES + [("ant", content(f"new {number}")) for number in range(60)],
    "a class is added": PICTURES + [("gnu", content(f"gnu {number}")) for number in range(20)],
    "some are gone": PICTURES[::2],
    "in another order": PICTURES[::-1],
    "a class is renamed": [("Ameise" if label == "ant" else label, digest) for label, digest in PICTURES],
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5])
def test_a_picture_keeps_its_side(change, fraction):
    """All but one of a class, which was needed where it was."""
    before = {digest: side for (_, digest), side in sides(PICTURES, fraction).items()}
    after = {digest: side for (_, digest), side in sides(CHANGES[change], fraction).items()}
    for label in CLASSES:
        of_class = [digest for name, digest in PICTURES if name == label and digest in after]
        drawn = [int.from_bytes(digest[:8], "big") / 2**64 < fraction for digest in of_class]
        changed = [digest for digest in of_class if before[digest] != after[digest]]
        assert len(changed) <= 1
        if len(set(drawn)) == 2:  # the draw itself gives the class both parts, before and after
            assert changed == []


def test_a_name_means_nothing():
    """The draw knows no names: labels that are numbers give the same sides."""
    numbers = {label: number for number, label in enumerate(CLASSES)}
    assert [*sides(PICTURES).values()] == [*sides([(numbers[label], digest) for label, digest in PICTURES]).values()]


@pytest.mark.parametrize("labels", list(itertools.product("ab", repeat=4)))
def test_copies_are_on_one_side(labels):
    """Of one class or of several, whatever else there is."""
    for start in range(20):
        copies = [(label, content(f"copied {start}")) for label in labels]
        others = [(label, content(f"{label} {number} {start}")) for label in "ab" for number in range(3)]
        pictures = [*copies, *others]
        train, validation = split_by_content(
            [label for label, _ in pictures], as_digests(digest for _, digest in pictures), 0.3
        )
        assert {0, 1, 2, 3} <= set(train) or {0, 1, 2, 3} <= set(validation)
        for part in (train, validation):
            assert {pictures[index][0] for index in part} == {"a", "b"}


def test_a_class_of_copies_is_trained_on():
    train, validation = split_by_content("aaabbb", as_digests([content("x")] * 3 + [content(c) for c in "pqr"]), 0.9999)
    assert {0, 1, 2} <= set(train)
    assert validation


def test_the_rule_of_version_0_1_stays():
    """Its runs are resumed and evaluated by it."""
    labels = ["a"] * 20 + ["b"] * 10 + ["c"] * 2 + ["d"]
    train, validation = split_by_position(labels, 0.2)
    assert validation == [2, 4, 6, 19, 22, 26, 30]
    assert sorted(train + validation) == list(range(33))
    nothing = as_digests([bytes(16)] * 33)
    assert split(labels, nothing, 0.2, "position") == (train, validation)
    assert split(labels, nothing, 0.2, "content") == split_by_content(labels, nothing, 0.2)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0, float("nan")])
@pytest.mark.parametrize("rule", ["content", "position"])
def test_a_fraction_that_is_none(fraction, rule):
    with pytest.raises(DataError, match="val_fraction must be between 0 and 1"):
        split(["a", "a"], np.zeros((2, 16), np.uint8), fraction, rule)


def test_many_classes():
    """As many classes as pictures: no work that is the product of both."""
    count = 100_000
    digests = np.random.default_rng(0).integers(0, 256, (count, 16), dtype=np.uint8)
    train, validation = split_by_content(list(range(count // 2)) * 2, digests, 0.2)
    assert len(train) + len(validation) == count
    assert len(validation) >= count // 2 * 0.2


@pytest.mark.parametrize("images", [6, 7, 13, 40, 79, 80, 1000])
def test_a_sample_has_as_many_of_each_class_as_there_are(images):
    labels, contents = zip(*PICTURES, strict=True)
    chosen = balanced_sample(labels, as_digests(contents), images)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(images, len(PICTURES))
    counts = {label: sum(labels[index] == label for index in chosen) for label in CLASSES}
    most = max(counts.values())
    assert all(count in (most, most - 1) or count == CLASSES[label] for label, count in counts.items())


def test_a_sample_depends_on_content_alone_and_more_images_include_it():
    def sample(pictures, images):
        labels, contents = zip(*pictures, strict=True)
        return {pictures[index] for index in balanced_sample(labels, as_digests(contents), images)}

    assert sample(PICTURES, 20) == sample(PICTURES[::-1], 20) < sample(PICTURES, 50)
