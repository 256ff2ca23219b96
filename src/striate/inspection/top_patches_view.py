"""The picture and the words of `top_patches`: a line of patches for each map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from striate.inspection.image_grid import caption, frame_axis, name_line, new_image_grid, shorten
from striate.inspection.plotting import COLOURS, draw_box, show_picture
from striate.inspection.top_patches import MapPatches, Patch, TopPatches
from striate.inspection.view import View

_EDGE_COLOUR = "#b0b0b0"
_HIDDEN_COLOUR = (198, 219, 239)
"""Light blue, which differs from most pictures, gray ones above all."""


def top_patches_view(top: TopPatches, classes: Sequence[str]) -> View:
    """The patches, and how often those of a map have the same class; `classes` are the names of the set's labels."""
    return View(
        f"exciting-{top.path}",
        f"Patches with the strongest activations of {top.path}",
        tuple(
            filter(
                None,
                (
                    _describe_choice(top),
                    _describe_field(top),
                    _describe_silent(top),
                    _describe_ties(top),
                    _describe_classes(top, classes),
                ),
            )
        ),
        top_patches_figure(top, classes),
        _numbers(top, classes),
    )


def top_patches_figure(top: TopPatches, classes: Sequence[str]) -> Figure:
    """A line for each map: the picture with its strongest activation and the place in it, then the patches.

    Where the receptive field is the whole picture there is no place to mark. Each patch has its value and its picture's
    class.
    """
    first = 0 if _is_whole_picture(top) else 1
    columns = first + max((len(top_map.patches) for top_map in top.maps), default=1)
    title = f"Strongest activations of {top.path} over {top.images:,} pictures\nabove each patch its value and class"
    if _has_hidden_pixels(top):
        title += "; light blue is outside the receptive field, or outside the picture"
    figure, axes = new_image_grid(max(len(top.maps), 1), columns, title, named=True)
    for top_map, line in zip(top.maps, axes, strict=False):
        name_line(line[0], f"{top.unit} {top_map.index}")
        if first:
            _show_place(line[0], top_map)
        for patch, axis in zip(top_map.patches, line[first:], strict=False):
            show_picture(axis, _with_hidden_pixels(patch))
            frame_axis(axis, _EDGE_COLOUR, 0.6)
            caption(axis, f"{patch.value:.4g}\n{shorten(classes[patch.label])}")
    return figure


def _show_place(axis: Axes, top_map: MapPatches) -> None:
    show_picture(axis, top_map.fitted_CHW)
    caption(axis, "place")
    draw_box(axis, top_map.patches[0].visible, COLOURS[0])


def _with_hidden_pixels(patch: Patch) -> NDArray[np.uint8]:
    rgb_CHW = np.broadcast_to(patch.pixels_CHW, (3, *patch.visible_HW.shape))
    return np.where(patch.visible_HW, rgb_CHW, np.array(_HIDDEN_COLOUR, np.uint8)[:, None, None])


def _is_whole_picture(top: TopPatches) -> bool:
    """Whether a unit's receptive field is as large as the input, or larger."""
    return top.field[0] >= top.size[0] and top.field[1] >= top.size[1]


def _has_hidden_pixels(top: TopPatches) -> bool:
    """Whether some patch has pixels outside the receptive field."""
    return any(not patch.visible_HW.all() for top_map in top.maps for patch in top_map.patches)


def _describe_choice(top: TopPatches) -> str:
    total, shown = len(top.peaks), len(top.maps)
    if shown == total:
        chosen = f"All {total} {top.unit}s of row {top.path} are shown."
    else:
        numbers = ", ".join(str(top_map.index) for top_map in top.maps) or "none"
        chosen = f"Of the {total:,} {top.unit}s of row {top.path}, {shown} are shown, counted from 0: {numbers}."
    return (
        f"{chosen} Each line has the patches of {top.images:,} pictures, at most one per picture, for which the"
        f" {top.unit}'s value is largest, strongest first."
    )


def _describe_field(top: TopPatches) -> str:
    (height, width), (rows, columns) = top.field, top.size
    if _is_whole_picture(top):
        whole = (
            f"The receptive field has {height}x{width} pixels, the input {rows}x{columns}: a patch is the whole picture"
        )
        return whole + (
            ", except the part outside the field of a unit near the border." if _has_hidden_pixels(top) else "."
        )
    return (
        f"The receptive field of {top.path} has {height}x{width} of the input's {rows}x{columns} pixels. A patch is"
        " this field: nothing outside it changes the value."
    )


def _describe_silent(top: TopPatches) -> str:
    silent = int((top.peaks == 0).sum())
    if not silent:
        return ""
    return f"{silent:,} of the {len(top.peaks):,} {top.unit}s are 0 for every picture."


def _describe_ties(top: TopPatches) -> str:
    equal = [str(top_map.index) for top_map in top.maps if len(top_map.patches) > 1 and _all_equal(top_map.patches)]
    if not equal:
        return ""
    return (
        f"All patches of {top.unit} {', '.join(equal)} have the same value: either they are equal, or the activation is"
        " at its limit. Other pictures may have it too; the first ones are shown."
    )


def _all_equal(patches: Sequence[Patch]) -> bool:
    return patches[0].value == patches[-1].value


def _describe_classes(top: TopPatches, classes: Sequence[str]) -> str:
    patches = sum(len(top_map.patches) for top_map in top.maps)
    if not patches:
        return ""
    same_class = sum(_most_common_count(top_map) for top_map in top.maps)
    return (
        f"{same_class} of the {patches} patches ({same_class / patches:.0%}) have the most common class of their line;"
        f" the set has {len(classes)} classes. Compare an early row with a late one: early rows respond to simple"
        " patterns, which many classes share, late rows to combinations of them. Hubel and Wiesel found the same"
        " order in the visual cortex."
    )


def _most_common_count(top_map: MapPatches) -> int:
    return int(np.bincount([patch.label for patch in top_map.patches]).max())


def _numbers(top: TopPatches, classes: Sequence[str]) -> dict[str, Any]:
    return {
        "row": top.path,
        "images": top.images,
        "receptive_field": list(top.field),
        f"{top.unit}s": [
            {
                top.unit: top_map.index,
                "patches": [
                    {
                        "image": patch.image_index,
                        "class": classes[patch.label],
                        "value": patch.value,
                        "position": list(patch.position),
                        "box": [patch.box.top, patch.box.left, patch.box.bottom, patch.box.right],
                    }
                    for patch in top_map.patches
                ],
            }
            for top_map in top.maps
        ],
    }
