"""The last hidden layer; its projections and neighbours compared with literal NumPy."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from networks import with_statistics
from untouched import untouched

from striate.data import ArrayPictures, Dataset, ImageSet, load_dataset, validation_batches
from striate.errors import StriateError
from striate.inspection.feature_space import (
    EVENLY_SPACED,
    MISMATCHED,
    feature_space,
    features,
    last_hidden,
    neighbours,
    pixels,
    project,
)
from striate.inspection.feature_space_view import feature_space_figure, feature_space_view, neighbours_view
from striate.nn import build, load_model
from striate.tables import ARCHITECTURES, Dense, Dropout, Table, load_table


def noise(table, count, classes=10, seed=0):
    """Pictures of the table's size, of as many classes, in turn."""
    channels, height, width = table.input
    array = np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), np.uint8)
    return ImageSet(ArrayPictures(array), torch.arange(count) % classes)


@pytest.mark.parametrize("name", ["lenet5:tiny", "alexnet:tiny", "googlenet:tiny", "resnet50:tiny", "minivggnet:tiny"])
def test_what_follows_the_last_hidden_row_makes_the_logits_of_its_features(name):
    network = with_statistics(build(name, seed=0))
    images = noise(network.table, 5)
    path = last_hidden(network.plan)
    with untouched(network):
        result = features(network, images, path)
    network.eval()
    with torch.no_grad():
        logits = network(next(validation_batches(images, network.table)))
        assert result.shape == (5, result.shape[1])
        torch.testing.assert_close(network[-1](torch.from_numpy(result)), logits)


def test_every_table_has_a_last_hidden_row_that_is_no_dropout():
    for table in ARCHITECTURES.values():
        names = [row.name for row in table.rows]
        between = table.rows[names.index(last_hidden(table.plan())) + 1 : -1]
        assert all(isinstance(row, Dropout) for row in between)
        assert not isinstance(table.rows[names.index(last_hidden(table.plan()))], Dropout)


def test_a_table_without_a_hidden_row():
    table = Table("flat", (1, 8, 8), (Dropout("D"), Dense("Out", units=10)))
    with pytest.raises(StriateError, match="table flat: has no row before its last Dense or RBF"):
        last_hidden(table.plan())


def test_features_come_in_batches_with_progress():
    network, progress = build("lenet5:tiny", seed=0), []
    images = noise(network.table, 1100)
    result = features(network, images, "S2", lambda *counts: progress.append(counts))
    assert result.shape == (1100, 6 * 7 * 7)
    assert progress == [(1024, 1100), (1100, 1100)]
    np.testing.assert_allclose(result[1099:], features(network, images.subset([1099]), "S2"), atol=1e-5)


def test_pixels_are_the_networks_input():
    small, large = load_table("lenet5"), load_table("alexnet")
    images = noise(small, 3)
    np.testing.assert_array_equal(pixels(images, small), next(validation_batches(images, small)).flatten(1))
    assert pixels(noise(large, 2), large).shape == (2, 3 * 32 * 32)


def test_even_choice():
    images = noise(load_table("lenet5:tiny"), 30, classes=3)
    in_order = images.subset(torch.argsort(images.labels, stable=True).tolist())
    assert torch.bincount(in_order.subsample(6).labels).tolist() == [2, 2, 2]
    assert torch.equal(in_order.subsample(99).labels, in_order.labels)


def test_pca_is_the_singular_value_decomposition():
    data = np.random.default_rng(0).normal(size=(40, 7)).astype(np.float32) * np.arange(1, 8, dtype=np.float32)
    result = project(data)
    centred = data.astype(np.float64) - data.mean(axis=0, dtype=np.float64)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    expected = u[:, :2] * s[:2]
    np.testing.assert_allclose(result.pca * np.sign((result.pca * expected).sum(axis=0)), expected, atol=1e-4)
    np.testing.assert_allclose(result.explained_variance, s[:2] ** 2 / (s**2).sum(), rtol=1e-5)


def test_tsne_keeps_groups_and_is_the_same_for_one_seed():
    groups = np.arange(60) % 3
    data = (np.random.default_rng(0).normal(size=(60, 5)) + 20 * np.eye(3, 5)[groups]).astype(np.float32)
    state = np.random.get_state()[1].copy()
    first, second = project(data, seed=3), project(data, seed=3)
    np.testing.assert_array_equal(first.tsne, second.tsne)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    distances = np.linalg.norm(first.tsne[:, None] - first.tsne, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (groups[distances.argmin(axis=1)] == groups).all()
    assert first.perplexity == pytest.approx(59 / 3)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_pictures_for_a_projection(count):
    with pytest.raises(
        StriateError, match=f"a projection needs at least 4 pictures and 2 units: {count} pictures, 5 units"
    ):
        project(np.eye(count, 5, dtype=np.float32))


def test_four_pictures_are_enough_and_four_of_one_are_not():
    assert np.isfinite(project(np.eye(4, 5, dtype=np.float32)).tsne).all()
    with pytest.raises(StriateError, match="all 4 pictures have the same 5 features"):
        project(np.ones((4, 5), np.float32))
    with pytest.raises(StriateError, match="at least 4 pictures and 2 units: 4 pictures, 1 units"):
        project(np.eye(4, 1, dtype=np.float32))


def test_neighbours_are_those_of_the_smallest_distance():
    generator = np.random.default_rng(0)
    some, reference = (generator.normal(size=(count, 9)).astype(np.float32) for count in (11, 23))
    result = neighbours(some, reference, 4)
    for picture, indices, distances in zip(some, result.indices, result.distances, strict=True):
        literal = [sum((a - b) ** 2 for a, b in zip(picture, other, strict=True)) ** 0.5 for other in reference]
        assert indices.tolist() == sorted(range(23), key=literal.__getitem__)[:4]
        np.testing.assert_allclose(distances, sorted(literal)[:4], rtol=1e-5)
    assert neighbours(some, reference[:2], 4).indices.shape == (11, 2)


def test_the_feature_space_of_digits():
    """MNIST's network on another set of digits: the pictures of the examples are those of the indices."""
    model = load_model(Path("lenet5"))
    data, progress = load_dataset("digits", table=model.network.table), []
    with untouched(model.network):
        space = feature_space(model.network, data, max_images=120, on_progress=lambda *counts: progress.append(counts))
    assert (space.path, space.units, space.validation_count, space.training_count) == ("F6", 84, 360, 1437)
    assert progress == [(120, 240), (240, 240)]
    same = space.same_class(space.feature_neighbours)
    assert 0.7 < same.mean() < 1
    assert len(space.examples) <= EVENLY_SPACED + MISMATCHED
    reference = data.train.subsample(120)
    for example in space.examples:
        assert [neighbour.index for neighbour in example.nearest] == space.feature_neighbours.indices[
            example.query.index
        ].tolist()
        assert example.query.label == space.labels[example.query.index]
        for neighbour in example.nearest:
            assert neighbour.label == reference.labels[neighbour.index]
            inside = reference.pictures[neighbour.index][..., 0]
            np.testing.assert_array_equal(neighbour.fitted_CHW[0, 2:30, 2:30], inside)
    assert [same[example.query.index] for example in space.examples[-MISMATCHED:]] == [False] * MISMATCHED
    view = feature_space_view(space)
    assert f"{same.mean():.1%}" in view.paragraphs[2]
    assert view.numbers["same_class"]["features"] == same.mean()
    shares = [float(row[2].rstrip("%")) for row in view.rows]
    assert shares == sorted(shares)
    assert "120 of 1,437 training pictures were compared" in neighbours_view(space).paragraphs[0]


@pytest.fixture(scope="module")
def drawn():
    """A feature space of noise, and how it is with another number of classes."""
    network = build("lenet5:tiny", seed=0)
    table = network.table
    space = feature_space(
        network, Dataset("noise", "", tuple("0123456789"), noise(table, 60, seed=1), noise(table, 60))
    )

    def with_classes(count):
        names = tuple(f"class {number}" for number in range(count))
        labels = np.arange(60) % count
        return replace(space, classes=names, labels=labels, reference_labels=labels)

    return with_classes


@pytest.mark.parametrize("count", [1, 2, 13, 30])
def test_any_number_of_classes_is_drawn(drawn, count):
    figure = feature_space_figure(drawn(count))
    (legend,) = figure.legends
    expected = [f"class {number}" for number in range(count)]
    names = [text.get_text() for text in legend.get_texts()]
    assert sorted(names) == sorted(expected if count <= 20 else [*expected[:10], "the other 20 classes"])
    written = {text.get_text() for text in figure.axes[0].texts}
    assert written == set([] if 10 < count <= 20 else expected[:10])


def test_names_of_classes_do_not_overlap(drawn):
    figure = feature_space_figure(drawn(8))
    figure.canvas.draw()
    for axis in figure.axes:
        boxes = [text.get_window_extent() for text in axis.texts]
        assert len(boxes) == 8
        assert not any(one.shrunk(0.9, 0.6).overlaps(two.shrunk(0.9, 0.6)) for one, two in combinations(boxes, 2))


@pytest.mark.parametrize(
    "by_features, by_pixels, meaning",
    [
        (60, 20, "In the feature space the pictures of a class are nearer to each other."),
        (30, 50, "By pixels they are nearer more often"),
        (40, 42, "With so many pictures the difference is not significant."),
    ],
)
def test_the_verdict_on_neighbours(drawn, by_features, by_pixels, meaning):
    """So many of 60 pictures have a nearest neighbour of their class: the first, or the last."""
    space = drawn(2)
    number = np.arange(60)
    result = [
        number[:, None] + wrong[:, None] for wrong in ((number >= by_features) * -1, (number < 60 - by_pixels) * 1)
    ]
    space = replace(
        space,
        feature_neighbours=replace(space.feature_neighbours, indices=result[0]),
        pixel_neighbours=replace(space.pixel_neighbours, indices=result[1]),
    )
    words = feature_space_view(space).paragraphs[-1]
    assert f"the same class for {by_features / 60:.1%} of these pictures" in words
    assert f"at most 32x32, for {by_pixels / 60:.1%}. {meaning}" in words
