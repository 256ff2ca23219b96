"""The feature space in two dimensions, and pictures with their nearest neighbours in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.inspection.feature_space import ASTRAY, PIXELS, EmbeddedImages, FeatureSpace, Floats
from striate.inspection.views.sheet import caption, frame, new_sheet, short
from striate.inspection.views.style import COLOURS, SMALL, TEXT, label_axes, new_figure, show_picture
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Ten that the colour-blind tell apart: "muted" of Tol, "Colour schemes", SRON/EPS/TN/09-002, 2021, and black.
_TEN = (
    "#CC6677", "#332288", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933", "#AA4499", "#000000",
)  # fmt: skip
_MARKS = ("o", "^")
_REST = "#c8c8c8"
_LEGIBLE, _LISTED, _PANEL = 20, 20, 4.2
"""Classes that a legend tells apart; lines of the table; inches of a panel."""


def space_view(space: FeatureSpace) -> View:
    """The two projections, and whether nearest neighbours share a class, in this space and in pixels."""
    count, (first, second) = len(space.labels), space.projection.shares
    words = (
        f"Row {space.path} is the last before the classes are told apart: it makes {space.units:,} numbers of a"
        f" picture. {_of(count, space.validation)} validation images, which the network was not trained on, are laid"
        " out by these numbers alone; only the colours know the classes.",
        f"PCA looks at the space from the side where it is widest: the two axes hold {first:.0%} and {second:.0%} of"
        f" the variance, {first + second:.0%} together. What overlaps here may lie apart along the other"
        f" {space.units - 2:,} axes. t-SNE bends the space so that each picture keeps its neighbours, some"
        f" {_perplexity(space)} of them (its perplexity): who is near whom means something; the distances between"
        " clusters, their sizes and their places mean nothing.",
        _verdict(space),
    )
    numbers = {
        "row": space.path,
        "units": space.units,
        "images": count,
        "reference_images": len(space.reference_labels),
        "variance": [first, second],
        "same_class": {
            "features": float(space.same_class(space.in_features).mean()),
            "pixels": float(space.same_class(space.in_pixels).mean()),
        },
    }
    header = ("class", "pictures", "nearest has the class", "in pixels")
    return View("space", "Feature space", words, space_figure(space), numbers, header, _lines(space))


def neighbours_view(space: FeatureSpace) -> View:
    """Some pictures with those that the network takes for most alike."""
    wrong = int((~space.same_class(space.in_features)).sum())
    astray = min(wrong, ASTRAY)
    compared = _of(len(space.reference_labels), space.trained)
    words = (
        "Left, a held-out picture; beside it the training pictures nearest to it: those whose"
        f" {space.units:,} numbers in row {space.path} have the smallest Euclidean distance from its own, which stands"
        f" above each. {compared} training pictures were compared. A frame marks another class.",
        f"Of {len(space.labels):,} pictures, {wrong:,} have a nearest neighbour of another class."
        + (f" The last {astray} of this sheet are the first of those; the others were taken evenly." if astray else ""),
    )
    return View(
        "neighbours", "Nearest neighbours", words, neighbours_figure(space), {"row": space.path, "wrong": wrong}
    )


def space_figure(space: FeatureSpace) -> Figure:
    """PCA and t-SNE side by side, the classes by colour and by name."""
    figure = new_figure(
        5.4, f"{len(space.labels):,} held-out pictures in the {space.units:,} dimensions of {space.path}"
    )
    left, right = figure.subplots(1, 2)
    first, second = space.projection.shares
    label_axes(left, f"first axis: {first:.0%} of the variance", f"second axis: {second:.0%} of the variance", "PCA")
    _scatter(left, space.projection.pca, space)
    label_axes(right, "no unit: only who is near whom means something", "", f"t-SNE, perplexity {_perplexity(space)}")
    right.set(xticks=(), yticks=())
    _scatter(right, space.projection.tsne, space)
    handles, names = left.get_legend_handles_labels()
    columns = max(1, min(10, 100 // (5 + max(map(len, names)))))
    figure.legend(
        handles, names, loc="outside lower center", ncols=columns, fontsize=SMALL, frameon=False, markerscale=2
    )
    return figure


def neighbours_figure(space: FeatureSpace) -> Figure:
    """A line for each picture: itself, then its nearest neighbours with distances; another class's have a frame."""
    title = f"Held-out pictures, and the training pictures nearest to them in the space of {space.path}"
    figure, axes = new_sheet(len(space.sheet), 1 + len(space.sheet[0].nearest), title)
    for line, row in zip(space.sheet, axes, strict=True):
        _show(row[0], line.picture, space, "held out")
        for axis, neighbour, distance in zip(row[1:], line.nearest, line.distances, strict=True):
            other = neighbour.label != line.picture.label
            _show(axis, neighbour, space, f"{distance:.3g}" + (", other class" if other else ""))
            if other:
                frame(axis, COLOURS[3], 3)  # vermilion
    return figure


def _scatter(axis: Axes, points: Floats, space: FeatureSpace) -> None:
    counts = np.bincount(space.labels, minlength=len(space.classes))
    present = np.flatnonzero(counts)
    told_apart = present if len(present) <= _LEGIBLE else np.sort(np.argsort(-counts, kind="stable")[: len(_TEN)])
    rest = points[~np.isin(space.labels, told_apart)]
    if len(rest):
        name = f"the other {len(present) - len(told_apart):,} classes"
        axis.scatter(rest[:, 0], rest[:, 1], s=6, color=_REST, label=name)
    for number, label in enumerate(told_apart):
        mine, name = points[space.labels == label], short(space.classes[label])
        colour, mark = _TEN[number % len(_TEN)], _MARKS[number // len(_TEN)]
        axis.scatter(mine[:, 0], mine[:, 1], s=10, color=colour, marker=mark, linewidth=0, alpha=0.8, label=name)
    axis.set_aspect("equal", "datalim")
    if len(told_apart) <= len(_TEN):
        _name_classes(axis, points, space, told_apart)


def _name_classes(axis: Axes, points: Floats, space: FeatureSpace, labels: NDArray[np.int64]) -> None:
    """The name of each class at the median of its points, names that would overlap moved apart."""
    from matplotlib.patheffects import withStroke

    names = [short(space.classes[label]) for label in labels]
    per_inch = float(np.ptp(points, axis=0).max()) / _PANEL
    medians = np.array([np.median(points[space.labels == label], axis=0) for label in labels], dtype=np.float64)
    widths = np.array([0.1 + 0.085 * len(name) for name in names])
    halo = [withStroke(linewidth=3, foreground="white")]
    for name, (x, y) in zip(names, _apart(medians / per_inch, widths, 0.17) * per_inch, strict=True):
        axis.text(x, y, name, fontsize=TEXT, weight="bold", ha="center", va="center", path_effects=halo)


def _apart(middles: NDArray[np.float64], widths: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """Middles of boxes (N, 2), moved up and down until no two overlap, or almost."""
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


def _show(axis: Axes, shown: EmbeddedImages, space: FeatureSpace, text: str) -> None:
    show_picture(axis, shown.fitted_CHW)
    caption(axis, f"{short(space.classes[shown.label])}\n{text}")


def _perplexity(space: FeatureSpace) -> str:
    return f"{space.projection.perplexity:.0f}"


def _of(count: int, total: int) -> str:
    return f"All {total:,}" if count == total else f"{count:,} of {total:,}"


def _verdict(space: FeatureSpace) -> str:
    here, in_pixels = space.same_class(space.in_features), space.same_class(space.in_pixels)
    gained, lost = int((here & ~in_pixels).sum()), int((in_pixels & ~here).sum())
    if abs(gained - lost) <= 2 * (gained + lost) ** 0.5:  # two standard deviations, were either as likely
        meaning = "On so many pictures that is no clear difference."
    elif gained > lost:
        meaning = "The network has brought the pictures of a class together."
    else:
        meaning = "By their pixels they are together more often: the network does not bring these classes together."
    return (
        f"The nearest of {len(space.reference_labels):,} training pictures has the same class for {here.mean():.1%} of"
        f" these pictures; nearest by their pixels, scaled down to at most {PIXELS}x{PIXELS}, for"
        f" {in_pixels.mean():.1%}. {meaning}"
    )


def _lines(space: FeatureSpace) -> list[tuple[str, ...]]:
    """The classes, those first whose pictures most often have a neighbour of another class."""
    here, in_pixels = space.same_class(space.in_features), space.same_class(space.in_pixels)
    lines = []
    for label in np.unique(space.labels):
        mine = space.labels == label
        lines.append((here[mine].mean(), space.classes[label], int(mine.sum()), in_pixels[mine].mean()))
    lines.sort(key=lambda line: line[0])
    return [(name, f"{count:,}", f"{share:.1%}", f"{pixels:.1%}") for share, name, count, pixels in lines[:_LISTED]]
