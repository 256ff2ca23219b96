"""Data given from Python: arrays and torch Datasets, their layouts and types, their split, and what is refused."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import IterableDataset, TensorDataset

from striate.data.options import DataOptions
from striate.data.sources import load_dataset
from striate.errors import DataError
from striate.tables import load_table

GRAY, COLOUR = load_table("lenet5"), load_table("minivggnet")
GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (20, 12, 10, 3), dtype=np.uint8)
LABELS = np.arange(20) % 4


class Pairs(TorchDataset):
    """A map-style Dataset of these pairs."""

    def __init__(self, pairs, **attributes):
        self.pairs = list(pairs)
        vars(self).update(attributes)

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        return self.pairs[index]


def pixels(images):
    return [images.pictures[index] for index in range(len(images))]


def assert_same(one, other):
    assert one.classes == other.classes
    for some, others in ((one.train, other.train), (one.validation, other.validation)):
        assert torch.equal(some.labels, others.labels)
        assert all(np.array_equal(*pair) for pair in zip(pixels(some), pixels(others), strict=True))


EQUAL = {
    "channels first": (IMAGES.transpose(0, 3, 1, 2), LABELS),
    "torch": (torch.from_numpy(IMAGES), torch.from_numpy(LABELS)),
    "torch, channels first, small integers": (
        torch.from_numpy(IMAGES).permute(0, 3, 1, 2),
        torch.arange(20).byte() % 4,
    ),
    "floats": ((IMAGES / 255).astype(np.float32), LABELS),
    "torch, floats that need gradients": (torch.from_numpy(IMAGES / 255).requires_grad_(), torch.from_numpy(LABELS)),
    "a Dataset of Pillow images": Pairs(zip(map(Image.fromarray, IMAGES), LABELS.tolist(), strict=True)),
    "a Dataset of arrays": Pairs(zip(IMAGES, LABELS, strict=True)),
    "a TensorDataset": TensorDataset(torch.from_numpy(IMAGES).permute(0, 3, 1, 2) / 255, torch.from_numpy(LABELS)),
}


@pytest.mark.parametrize("kind", EQUAL)
def test_every_layout_and_type_gives_the_same_data_set(kind):
    expected = load_dataset((IMAGES, LABELS), COLOUR)
    assert expected.classes == ("0", "1", "2", "3")
    assert expected.train.pictures.channels == 3
    assert_same(load_dataset(EQUAL[kind], COLOUR), expected)


def test_gray_images_need_no_axis_for_channels():
    gray = IMAGES[..., 0]
    expected = load_dataset((gray, LABELS), GRAY)
    assert np.array_equal(expected.validation.pictures[0][..., 0], gray[next(iter(validation_indices(gray, expected)))])
    for images in (gray[..., None], gray[:, None], torch.from_numpy(gray)):
        assert_same(load_dataset((images, LABELS), GRAY), expected)


def validation_indices(images, dataset):
    for picture in pixels(dataset.validation):
        yield next(index for index, image in enumerate(images) if np.array_equal(image, picture[..., 0]))


def test_an_image_keeps_its_side_when_others_are_added():
    """The split is drawn by the pixels."""

    def sides(count):
        dataset = load_dataset((IMAGES[:count], LABELS[:count]), GRAY, DataOptions(val_fraction=0.4))
        parts = {"train": dataset.train, "validation": dataset.validation}
        return {bytes(digest): part for part, images in parts.items() for digest in images.digests}

    some, every = sides(len(IMAGES) // 2), sides(len(IMAGES))
    moved = [digest for digest, side in some.items() if every[digest] != side]
    assert len(some) == len(IMAGES) // 2
    assert len(moved) <= len(set(LABELS.tolist()))  # at most one of a class, which had none on one side


def test_images_get_the_tables_channels_and_are_no_larger_than_it_needs():
    large = GENERATOR.integers(0, 256, (4, 100, 60, 3), dtype=np.uint8)
    dataset = load_dataset((large, np.array([0, 0, 1, 1])), GRAY)
    assert dataset.train.pictures[0].shape == (62, 37, 1)
    assert load_dataset((large[..., 0], np.array([0, 0, 1, 1])), COLOUR).train.pictures.channels == 3


def test_a_dataset_may_have_images_of_many_sizes_and_modes_and_names_its_classes():
    images = [
        Image.new("RGBA", (9, 20), (255, 0, 0, 0)), Image.new("L", (30, 9), 7),
        torch.zeros(3, 11, 13, dtype=torch.uint8), np.full((5, 6), 0.5),
    ]  # fmt: skip
    progress = []
    dataset = load_dataset(
        Pairs(zip(images, [0, 0, 1, 1], strict=True), classes=["cat", "dog"]),
        COLOUR,
        on_progress=lambda *done: progress.append(done),
    )
    assert (dataset.name, dataset.classes) == ("Pairs", ("cat", "dog"))
    every = [*pixels(dataset.train), *pixels(dataset.validation)]
    assert sorted(picture.shape for picture in every) == [(5, 6, 3), (9, 30, 3), (11, 13, 3), (20, 9, 3)]
    assert {picture.shape[0]: int(picture[0, 0, 0]) for picture in every} == {20: 255, 9: 7, 11: 0, 5: 128}
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]


class Endless(IterableDataset):
    def __iter__(self):
        return iter([])


REFUSED = {
    "images: expected uint8, or floats from 0 to 1, got int64": (IMAGES.astype(np.int64), LABELS),
    r"images: expected uint8, or floats from 0 to 1 \(Striate normalizes them itself\), got float64 from 0 to 255": (
        np.array([[[0.0, 255.0]]] * 20),
        LABELS,
    ),
    r"images: expected each image as \(height, width\), .* got \(12, 10, 4\)": (np.zeros((20, 12, 10, 4), np.uint8), LABELS),
    r"images: expected each image as \(height, width\), .* got \(3, 10, 3\)": (np.zeros((20, 3, 10, 3), np.uint8), LABELS),
    r"images: expected each image as \(height, width\), .* got \(784,\)": (np.zeros((20, 784), np.uint8), LABELS),
    r"labels: expected whole numbers, one for each of 20 images, got int64 \(19,\)": (IMAGES, LABELS[1:]),
    r"labels: expected whole numbers, one for each of 20 images, got float64 \(20,\)": (IMAGES, LABELS / 1.0),
    r"labels: .* got int64 \(20, 1\)": (IMAGES, LABELS[:, None]),
    "arrays: labels go from -1 to 2, expected 0 to 2": (IMAGES, LABELS - 1),
    "arrays: class 1 has no image to train on": (IMAGES, LABELS * 2),
    "arrays: no images": (IMAGES[:0], LABELS[:0]),
    "arrays: no image is left for validation": (IMAGES[:4], LABELS[:4]),
    r"data: expected \(images, labels\), NumPy arrays or torch tensors, got \(ndarray\)": (IMAGES,),
    r"data: expected \(images, labels\), NumPy arrays or torch tensors, got \(ndarray, list\)": (IMAGES, LABELS.tolist()),
    "data: expected a name, a folder, arrays .* or a torch Dataset, got list": [(IMAGES[0], 0)],
    "data: Endless has no length; expected a map-style torch Dataset": Endless(),
    r"item 1 of Pairs: expected \(image, label\), got dict": Pairs([(IMAGES[0], 0), {"image": IMAGES[1]}]),
    "item 0 of Pairs: expected a whole number as label, got 'cat'": Pairs([(IMAGES[0], "cat")]),
    "item 0 of Pairs: expected a Pillow image, a NumPy array or a torch tensor, got str": Pairs([("cat.png", 0)]),
    "item 0 of Pairs: expected uint8, or floats from 0 to 1 .* got float32 from -1 to 1": Pairs(
        [(torch.tensor([[-1.0, 1.0]]), 0)]
    ),
    "Pairs: labels go from 0 to 3, expected 0 to 1": Pairs(zip(IMAGES, LABELS, strict=True), classes=("a", "b")),
    "Pairs: class e has no image to train on": Pairs(zip(IMAGES, LABELS, strict=True), classes=tuple("abcde")),
    "Pairs: no images": Pairs([]),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_not_understood_is_refused_in_one_line(message):
    with pytest.raises(DataError, match=f"^{message}") as caught:
        load_dataset(REFUSED[message], COLOUR)
    assert "\n" not in str(caught.value)
