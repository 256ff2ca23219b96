"""The feature space: the activations of the last hidden layer, from which the classes are computed.

There, pictures of one class should be near each other, which by their pixels they are not. Two ways to look at it: a
projection to two dimensions, and each picture's nearest neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data import (
    Dataset,
    ImageSet,
    ProgressCallback,
    normalize,
    preprocessed_batches,
    resize_batch,
    validation_batches,
)
from striate.errors import StriateError
from striate.inspection.hooks import record_activations
from striate.nn import Network
from striate.tables import RBF, Dense, Dropout, Plan, Table

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

PIXELS = 32
"""The largest side of the pictures for the comparison of pixels."""
EVENLY_SPACED, MISMATCHED = 6, 4
"""Examples of neighbours: so many evenly spaced, and at most so many whose nearest neighbour has another class."""
_MIN_IMAGES, _MAX_PERPLEXITY = 4, 30.0


@dataclass(frozen=True)
class Projection:
    """Pictures as points in two dimensions.

    `pca` and `tsne` are float32 (N, 2); `explained_variance` is each PCA axis's share of the features' variance,
    `perplexity` t-SNE's effective number of neighbours.
    """

    pca: Floats
    explained_variance: tuple[float, float]
    tsne: Floats
    perplexity: float


@dataclass(frozen=True)
class Neighbours:
    """The nearest of the reference pictures to each of N others, nearest first: indices and distances (N, k)."""

    indices: Integers
    distances: Floats


@dataclass(frozen=True)
class EmbeddedImage:
    """A picture as the network's input, uint8 (channels, height, width), with its index in its set and its class."""

    index: int
    label: int
    fitted_CHW: NDArray[np.uint8]


@dataclass(frozen=True)
class NeighbourExample:
    """A validation picture, and its nearest training pictures with their distances."""

    query: EmbeddedImage
    nearest: tuple[EmbeddedImage, ...]
    distances: tuple[float, ...]


@dataclass(frozen=True)
class FeatureSpace:
    """N validation pictures with `labels` (N,) as activations of row `path`, `units` numbers each.

    The N pictures are evenly spaced among `validation_count`; the training pictures, of `reference_labels`, among
    `training_count`. `feature_neighbours` and `pixel_neighbours` are the nearest training pictures of each, by features
    and by pixels; `examples` are some of the former.
    """

    path: str
    units: int
    classes: tuple[str, ...]
    validation_count: int
    training_count: int
    labels: Integers
    reference_labels: Integers
    projection: Projection
    feature_neighbours: Neighbours
    pixel_neighbours: Neighbours
    examples: tuple[NeighbourExample, ...]

    def same_class(self, neighbours: Neighbours) -> NDArray[np.bool_]:
        """Whether the nearest neighbour of each picture has its class (N,)."""
        same: NDArray[np.bool_] = self.reference_labels[neighbours.indices[:, 0]] == self.labels
        return same


def feature_space(
    network: Network,
    dataset: Dataset,
    *,
    max_images: int = 1000,
    nearest: int = 8,
    seed: int = 0,
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> FeatureSpace:
    """A data set in the last hidden layer: up to `max_images` validation and as many training pictures, evenly spaced.

    Each picture gets its `nearest` neighbours. `on_progress(done, total)` counts pictures. StriateError if there is no
    hidden layer, or if there are too few pictures for a projection.
    """
    table = network.table
    path = last_hidden(network.plan)
    queries, reference = (images.subsample(max_images) for images in (dataset.validation, dataset.train))
    query_count, total = len(queries), len(queries) + len(reference)
    query_features = features(network, queries, path, lambda done, _: on_progress(done, total))
    projection = project(query_features, seed)
    reference_features = features(network, reference, path, lambda done, _: on_progress(query_count + done, total))
    feature_neighbours = neighbours(query_features, reference_features, nearest)
    labels, reference_labels = queries.labels.numpy(), reference.labels.numpy()
    mismatched = np.flatnonzero(reference_labels[feature_neighbours.indices[:, 0]] != labels)[:MISMATCHED].tolist()
    indices = (
        sorted({number * query_count // EVENLY_SPACED for number in range(EVENLY_SPACED)} - set(mismatched))
        + mismatched
    )
    return FeatureSpace(
        path,
        query_features.shape[1],
        dataset.classes,
        len(dataset.validation),
        len(dataset.train),
        labels,
        reference_labels,
        projection,
        feature_neighbours,
        neighbours(pixels(queries, table), pixels(reference, table), 1),
        _examples(indices, feature_neighbours, queries, reference, table),
    )


def last_hidden(plan: Plan) -> str:
    """The path of the row before the classifier, which is the last Dense or RBF.

    Dropout is skipped, since it does nothing in evaluation. StriateError if there is no such row.

    >>> from striate.tables import load_plan
    >>> [last_hidden(load_plan(name)) for name in ("lenet5", "alexnet", "googlenet", "resnet50", "minivggnet")]
    ['F6', 'F9', 'pool5', 'pool5', 'bn3']
    """
    rows = list(plan.table.rows)
    while rows and not isinstance(rows.pop(), Dense | RBF):
        pass
    while rows and isinstance(rows[-1], Dropout):
        rows.pop()
    if not rows:
        raise StriateError(f"table {plan.table.name}: has no row before its last Dense or RBF, so it has no features")
    return rows[-1].name


def features(
    network: Network, images: ImageSet, path: str, on_progress: ProgressCallback = lambda _done, _total: None
) -> Floats:
    """A row's activations for every picture, float32 (N, units); maps are flattened. A batch at a time."""
    parts: list[Floats] = []
    for images_NCHW in validation_batches(images, network.table):
        parts.append(record_activations(network, images_NCHW, [path])[path].output.flatten(1).numpy())
        on_progress(sum(map(len, parts)), len(images))
    return np.concatenate(parts)


def pixels(images: ImageSet, table: Table) -> Floats:
    """The network's input itself as features, float32 (N, values), scaled down to at most 32x32."""
    size = min(table.input[1], PIXELS), min(table.input[2], PIXELS)
    parts = [
        normalize(resize_batch(fitted_NCHW, size), table.preprocessing).flatten(1)
        for fitted_NCHW in preprocessed_batches(images, table)
    ]
    return torch.cat(parts).numpy()


def project(features_NU: Floats, seed: int = 0) -> Projection:
    """Features in two dimensions, by PCA and by t-SNE initialized with it; the same for one seed and number of threads.

    t-SNE takes about 5 s for 1,000 pictures on one core. StriateError for fewer than 4 pictures (t-SNE needs 3
    neighbours for each), a single unit, or pictures that all have the same features. Source: van der Maaten, Hinton,
    "Visualizing Data using t-SNE", JMLR 2008.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    count, units = features_NU.shape
    if count < _MIN_IMAGES or units < 2:
        raise StriateError(
            f"a projection needs at least {_MIN_IMAGES} pictures and 2 units: {count} pictures, {units} units"
        )
    if (features_NU == features_NU[0]).all():
        raise StriateError(f"all {count} pictures have the same {units} features")
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(features_NU)
    first, second = pca.explained_variance_ratio_.tolist()
    perplexity = min(_MAX_PERPLEXITY, (count - 1) / 3)
    tsne = TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(features_NU)
    return Projection(points, (first, second), tsne, perplexity)


def neighbours(features_NU: Floats, reference_MU: Floats, nearest: int) -> Neighbours:
    """The `nearest` reference pictures by Euclidean distance, for each of the features.

    An RBF output uses this distance itself. For a Dense output it bounds the difference of logits: two pictures at the
    distance d have logits that differ by |w| d at most, w a class's weights (Cauchy-Schwarz).

    >>> found = neighbours(np.array([[0, 0]], np.float32), np.array([[3, 4], [1, 0]], np.float32), 2)
    >>> found.indices.tolist(), found.distances.tolist()
    ([[1, 0]], [[1.0, 5.0]])
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(nearest, len(reference_MU)), algorithm="brute").fit(reference_MU)
    distances, indices = search.kneighbors(features_NU)
    return Neighbours(indices, distances.astype(np.float32))


def _examples(
    indices: list[int], neighbours: Neighbours, queries: ImageSet, reference: ImageSet, table: Table
) -> tuple[NeighbourExample, ...]:
    return tuple(
        NeighbourExample(
            _embedded_images(queries, [index], table)[0],
            _embedded_images(reference, neighbours.indices[index].tolist(), table),
            tuple(neighbours.distances[index].tolist()),
        )
        for index in indices
    )


def _embedded_images(images: ImageSet, indices: list[int], table: Table) -> tuple[EmbeddedImage, ...]:
    chosen = images.subset(indices)
    fitted_NCHW = torch.cat(list(preprocessed_batches(chosen, table))).numpy()
    return tuple(map(EmbeddedImage, indices, chosen.labels.tolist(), fitted_NCHW))
