"""The feature space: what a network makes of pictures just before it tells the classes apart.

There, pictures of one class should lie together, which in pixels they do not. Two ways to see it: the space in two
dimensions, and each picture's nearest neighbours.
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
"""The largest side of the pictures whose pixels are compared."""
EVEN, ASTRAY = 6, 4
"""Lines of the sheet of neighbours: taken evenly, and, if so many are, those whose nearest has another class."""
_FEWEST, _PERPLEXITY = 4, 30.0


@dataclass(frozen=True)
class Projection:
    """Pictures as points in two dimensions.

    `pca` and `tsne` are float32 (N, 2); `shares` is how much of the features' variance each axis of `pca` holds,
    `perplexity` how many neighbours of a picture t-SNE looks at, about.
    """

    pca: Floats
    shares: tuple[float, float]
    tsne: Floats
    perplexity: float


@dataclass(frozen=True)
class Neighbours:
    """The nearest of the reference pictures to each of N others, nearest first: indices and distances (N, k)."""

    indices: Integers
    distances: Floats


@dataclass(frozen=True)
class EmbeddedImages:
    """A picture as the network's input has it, uint8 (channels, height, width), its index in its set and its class."""

    index: int
    label: int
    fitted_CHW: NDArray[np.uint8]


@dataclass(frozen=True)
class Line:
    """A held-out picture, and the training pictures nearest to it with their distances."""

    picture: EmbeddedImages
    nearest: tuple[EmbeddedImages, ...]
    distances: tuple[float, ...]


@dataclass(frozen=True)
class FeatureSpace:
    """Held-out pictures, `labels` (N,), as row `path` has them, `units` numbers each.

    Of `validation` pictures N were taken evenly, of `trained` as many as `reference_labels`: they are the neighbours.
    `in_features` and `in_pixels` say for each picture which they are; `sheet` shows some of the former.
    """

    path: str
    units: int
    classes: tuple[str, ...]
    validation: int
    trained: int
    labels: Integers
    reference_labels: Integers
    projection: Projection
    in_features: Neighbours
    in_pixels: Neighbours
    sheet: tuple[Line, ...]

    def same_class(self, neighbours: Neighbours) -> NDArray[np.bool_]:
        """Whether the nearest neighbour of each picture has its class (N,)."""
        same: NDArray[np.bool_] = self.reference_labels[neighbours.indices[:, 0]] == self.labels
        return same


def feature_space(
    network: Network,
    dataset: Dataset,
    *,
    at_most: int = 1000,
    nearest: int = 8,
    seed: int = 0,
    on_progress: ProgressCallback = lambda _done, _total: None,
) -> FeatureSpace:
    """The last hidden layer's view of a data set: up to `at_most` held-out and as many training pictures, taken evenly.

    `on_progress` is told how many pictures of how many have gone through the network. StriateError if there is no
    hidden layer, or if there are too few pictures to lay out.
    """
    table = network.table
    path = last_hidden(network.plan)
    queries, reference = (images.subsample(at_most) for images in (dataset.validation, dataset.train))
    asked, total = len(queries), len(queries) + len(reference)
    query_features = features(network, queries, path, lambda done, _: on_progress(done, total))
    projection = projected(query_features, seed)
    reference_features = features(network, reference, path, lambda done, _: on_progress(asked + done, total))
    found = neighbours(query_features, reference_features, nearest)
    labels, reference_labels = queries.labels.numpy(), reference.labels.numpy()
    astray = np.flatnonzero(reference_labels[found.indices[:, 0]] != labels)[:ASTRAY].tolist()
    lines = sorted({number * asked // EVEN for number in range(EVEN)} - set(astray)) + astray
    return FeatureSpace(
        path,
        query_features.shape[1],
        dataset.classes,
        len(dataset.validation),
        len(dataset.train),
        labels,
        reference_labels,
        projection,
        found,
        neighbours(pixels(queries, table), pixels(reference, table), 1),
        _sheet(lines, found, queries, reference, table),
    )


def last_hidden(plan: Plan) -> str:
    """The path of the row whose output goes into the row that tells the classes apart: the last Dense or RBF.

    Dropout is passed over, for in use it does nothing. StriateError if there is no such row.

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
        raise StriateError(f"table {plan.table.name}: no row stands before a last Dense or RBF, so it has no features")
    return rows[-1].name


def features(
    network: Network, images: ImageSet, path: str, on_progress: ProgressCallback = lambda _done, _total: None
) -> Floats:
    """What a row makes of every picture, float32 (N, units); maps are flattened. A batch at a time."""
    parts: list[Floats] = []
    for images_NCHW in validation_batches(images, network.table):
        parts.append(record_activations(network, images_NCHW, [path])[path].output.flatten(1).numpy())
        on_progress(sum(map(len, parts)), len(images))
    return np.concatenate(parts)


def pixels(images: ImageSet, table: Table) -> Floats:
    """The network's input itself as features, float32 (N, values), scaled down to at most 32x32: the space before."""
    size = min(table.input[1], PIXELS), min(table.input[2], PIXELS)
    parts = [
        normalize(resize_batch(fitted_NCHW, size), table.preprocessing).flatten(1)
        for fitted_NCHW in preprocessed_batches(images, table)
    ]
    return torch.cat(parts).numpy()


def projected(features_NU: Floats, seed: int = 0) -> Projection:
    """Features in two dimensions, by PCA and by t-SNE begun there; the same for one seed and one number of threads.

    1,000 pictures take t-SNE some 5 s on one core. StriateError where there is nothing to lay out: under 4 pictures
    (t-SNE needs 3 neighbours for each), a single unit, or all pictures at one point. Source: van der Maaten, Hinton,
    "Visualizing Data using t-SNE", JMLR 2008.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    count, units = features_NU.shape
    if count < _FEWEST or units < 2:
        raise StriateError(f"a plane needs {_FEWEST} pictures and 2 units at least: {count} pictures, {units} units")
    if (features_NU == features_NU[0]).all():
        raise StriateError(f"the network makes the same {units} numbers of all {count} pictures")
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(features_NU)
    first, second = pca.explained_variance_ratio_.tolist()
    perplexity = min(_PERPLEXITY, (count - 1) / 3)
    tsne = TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(features_NU)
    return Projection(points, (first, second), tsne, perplexity)


def neighbours(features_NU: Floats, reference_MU: Floats, nearest: int) -> Neighbours:
    """The nearest of the reference by Euclidean distance, for each of the features.

    That is the measure of an RBF output itself, and before a Dense one it bounds what counts: two pictures at the
    distance d have logits that differ by |w| d at most, w a class's weights (Cauchy-Schwarz).

    >>> found = neighbours(np.array([[0, 0]], np.float32), np.array([[3, 4], [1, 0]], np.float32), 2)
    >>> found.indices.tolist(), found.distances.tolist()
    ([[1, 0]], [[1.0, 5.0]])
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(nearest, len(reference_MU)), algorithm="brute").fit(reference_MU)
    distances, indices = search.kneighbors(features_NU)
    return Neighbours(indices, distances.astype(np.float32))


def _sheet(
    lines: list[int], found: Neighbours, queries: ImageSet, reference: ImageSet, table: Table
) -> tuple[Line, ...]:
    return tuple(
        Line(
            _shown(queries, [line], table)[0],
            _shown(reference, found.indices[line].tolist(), table),
            tuple(found.distances[line].tolist()),
        )
        for line in lines
    )


def _shown(images: ImageSet, indices: list[int], table: Table) -> tuple[EmbeddedImages, ...]:
    chosen = images.subset(indices)
    fitted_NCHW = torch.cat(list(preprocessed_batches(chosen, table))).numpy()
    return tuple(map(EmbeddedImages, indices, chosen.labels.tolist(), fitted_NCHW))
