"""The feature space in two dimensions, and pictures with their nearest neighbours in it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from striate.inspection.feature_space import MISMATCHED, PIXELS, EmbeddedImage, FeatureSpace, Floats
from striate.inspection.image_grid import caption, frame_axis, new_image_grid, shorten
from striate.inspection.plotting import COLOURS, SMALL, TEXT, label_axes, new_figure, show_picture
from striate.inspection.view import View

# Ten that the colour-blind can distinguish: "muted" of Tol, "Colour schemes", SRON/EPS/TN/09-002, 2021, and black.
_CLASS_COLOURS = (
    "#CC6677", "#332288", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933", "#AA4499", "#000000",
)  # fmt: skip
_MARKS = ("o", "^")
_OTHER_COLOUR = "#c8c8c8"
_MAX_CLASSES, _MAX_ROWS, _PANEL_INCHES = 20, 20, 4.2
"""Classes with their own mark in the legend; rows of the table; inches of a panel."""


def feature_space_view(space: FeatureSpace) -> View:
    """The two projections, and how often nearest neighbours share a class, by features and by pixels."""
    count, (first, second) = len(space.labels), space.projection.explained_variance
    paragraphs = (
        f"Row {space.path} is the last before the classifier: its output for a picture is {space.units:,} numbers."
        f" {_count_of(count, space.validation_count)} validation images, which the network was not trained on, are"
        " placed by these numbers alone; only the colours show the classes.",
        f"PCA projects on the two axes with the largest variance: {first:.0%} and {second:.0%} of it,"
        f" {first + second:.0%} together. Points that overlap here may be apart along the other {space.units - 2:,}"
        f" axes. t-SNE keeps each picture near its neighbours, about {_perplexity(space)} of them (its perplexity):"
        " neighbourhoods mean something; the distances between clusters, their sizes and their places mean nothing.",
        _verdict(space),
    )
    numbers = {
        "row": space.path,
        "units": space.units,
        "images": count,
        "reference_images": len(space.reference_labels),
        "variance": [first, second],
        "same_class": {
            "features": float(space.same_class(space.feature_neighbours).mean()),
            "pixels": float(space.same_class(space.pixel_neighbours).mean()),
        },
    }
    header = ("class", "pictures", "nearest has the same class", "by pixels")
    return View("space", "Feature space", paragraphs, feature_space_figure(space), numbers, header, _rows(space))


def neighbours_view(space: FeatureSpace) -> View:
    """Some validation pictures with their nearest training pictures."""
    wrong = int((~space.same_class(space.feature_neighbours)).sum())
    mismatched = min(wrong, MISMATCHED)
    compared = _count_of(len(space.reference_labels), space.training_count)
    paragraphs = (
        "Left, a validation picture; beside it its nearest training pictures: those whose"
        f" {space.units:,} numbers in row {space.path} have the smallest Euclidean distance from its own; the distance"
        f" is above each. {compared} training pictures were compared. A frame marks another class.",
        f"Of {len(space.labels):,} pictures, {wrong:,} have a nearest neighbour of another class."
        + (
            f" The last {mismatched} of this sheet are the first of those; the others are evenly spaced."
            if mismatched
            else ""
        ),
    )
    return View(
        "neighbours", "Nearest neighbours", paragraphs, neighbours_figure(space), {"row": space.path, "wrong": wrong}
    )


def feature_space_figure(space: FeatureSpace) -> Figure:
    """PCA and t-SNE side by side, the classes by colour and by name."""
    figure = new_figure(
        5.4, f"{len(space.labels):,} validation pictures in the {space.units:,} dimensions of {space.path}"
    )
    left, right = figure.subplots(1, 2)
    first, second = space.projection.explained_variance
    label_axes(left, f"first axis: {first:.0%} of the variance", f"second axis: {second:.0%} of the variance", "PCA")
    _scatter(left, space.projection.pca, space)
    label_axes(right, "no unit: only neighbourhoods mean something", "", f"t-SNE, perplexity {_perplexity(space)}")
    right.set(xticks=(), yticks=())
    _scatter(right, space.projection.tsne, space)
    handles, names = left.get_legend_handles_labels()
    columns = max(1, min(10, 100 // (5 + max(map(len, names)))))
    figure.legend(
        handles, names, loc="outside lower center", ncols=columns, fontsize=SMALL, frameon=False, markerscale=2
    )
    return figure


def neighbours_figure(space: FeatureSpace) -> Figure:
    """A line for each picture and its nearest neighbours with distances; those of another class have a frame."""
    title = f"Validation pictures and their nearest training pictures in the feature space of {space.path}"
    figure, axes = new_image_grid(len(space.examples), 1 + len(space.examples[0].nearest), title)
    for example, line in zip(space.examples, axes, strict=True):
        _show_image(line[0], example.query, space, "validation")
        for axis, neighbour, distance in zip(line[1:], example.nearest, example.distances, strict=True):
            other = neighbour.label != example.query.label
            _show_image(axis, neighbour, space, f"{distance:.3g}" + (", other class" if other else ""))
            if other:
                frame_axis(axis, COLOURS[3], 3)  # vermilion
    return figure


def _scatter(axis: Axes, points: Floats, space: FeatureSpace) -> None:
    counts = np.bincount(space.labels, minlength=len(space.classes))
    present = np.flatnonzero(counts)
    coloured = (
        present if len(present) <= _MAX_CLASSES else np.sort(np.argsort(-counts, kind="stable")[: len(_CLASS_COLOURS)])
    )
    rest = points[~np.isin(space.labels, coloured)]
    if len(rest):
        name = f"the other {len(present) - len(coloured):,} classes"
        axis.scatter(rest[:, 0], rest[:, 1], s=6, color=_OTHER_COLOUR, label=name)
    for number, label in enumerate(coloured):
        own, name = points[space.labels == label], shorten(space.classes[label])
        colour, mark = _CLASS_COLOURS[number % len(_CLASS_COLOURS)], _MARKS[number // len(_CLASS_COLOURS)]
        axis.scatter(own[:, 0], own[:, 1], s=10, color=colour, marker=mark, linewidth=0, alpha=0.8, label=name)
    axis.set_aspect("equal", "datalim")
    if len(coloured) <= len(_CLASS_COLOURS):
        _name_classes(axis, points, space, coloured)


def _name_classes(axis: Axes, points: Floats, space: FeatureSpace, labels: NDArray[np.int64]) -> None:
    """The name of each class at the median of its points; names that would overlap are moved apart."""
    names = [shorten(space.classes[label]) for label in labels]
    per_inch = float(np.ptp(points, axis=0).max()) / _PANEL_INCHES
    medians = np.array([np.median(points[space.labels == label], axis=0) for label in labels], dtype=np.float64)
    widths = np.array([0.1 + 0.085 * len(name) for name in names])
    halo = [withStroke(linewidth=3, foreground="white")]
    for name, (x, y) in zip(names, _apart(medians / per_inch, widths, 0.17) * per_inch, strict=True):
        axis.text(x, y, name, fontsize=TEXT, weight="bold", ha="center", va="center", path_effects=halo)


def _apart(middles: NDArray[np.float64], widths: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """Centres of boxes (N, 2), moved up and down until almost no two overlap."""
    middles = middles.copy()
    for _ in range(200):
        for one in range(len(middles)):
            for other in range(one):
                across, down = middles[one] - middles[other]
                if abs(across) < (widths[one] + widths[other]) / 2 and abs(down) < height:
                    step = (height - abs(down)) / 2 * (1 if down >= 0 else -1)
                    middles[one, 1] += step
                    middles[other, 1] -= step
    return middles


def _show_image(axis: Axes, image: EmbeddedImage, space: FeatureSpace, text: str) -> None:
    show_picture(axis, image.fitted_CHW)
    caption(axis, f"{shorten(space.classes[image.label])}\n{text}")


def _perplexity(space: FeatureSpace) -> str:
    return f"{space.projection.perplexity:.0f}"


def _count_of(count: int, total: int) -> str:
    return f"All {total:,}" if count == total else f"{count:,} of {total:,}"


def _verdict(space: FeatureSpace) -> str:
    by_features, by_pixels = space.same_class(space.feature_neighbours), space.same_class(space.pixel_neighbours)
    gained, lost = int((by_features & ~by_pixels).sum()), int((by_pixels & ~by_features).sum())
    if abs(gained - lost) <= 2 * (gained + lost) ** 0.5:  # two standard deviations if both were equally likely
        meaning = "With so many pictures the difference is not significant."
    elif gained > lost:
        meaning = "In the feature space the pictures of a class are nearer to each other."
    else:
        meaning = "By pixels they are nearer more often: the network does not bring these classes together."
    return (
        f"The nearest of {len(space.reference_labels):,} training pictures has the same class for"
        f" {by_features.mean():.1%} of these pictures; by pixels, scaled down to at most {PIXELS}x{PIXELS}, for"
        f" {by_pixels.mean():.1%}. {meaning}"
    )


def _rows(space: FeatureSpace) -> list[tuple[str, ...]]:
    """The classes, first those whose pictures most often have a neighbour of another class."""
    by_features, by_pixels = space.same_class(space.feature_neighbours), space.same_class(space.pixel_neighbours)
    lines = []
    for label in np.unique(space.labels):
        own = space.labels == label
        lines.append((by_features[own].mean(), space.classes[label], int(own.sum()), by_pixels[own].mean()))
    lines.sort(key=lambda line: line[0])
    return [(name, f"{count:,}", f"{share:.1%}", f"{pixels:.1%}") for share, name, count, pixels in lines[:_MAX_ROWS]]
