"""The patches that excite maps most, as a sheet: a line for each map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from striate.inspection.top_patches import MapPatches, Patch, TopPatches
from striate.inspection.views.sheet import caption, frame, name_line, new_sheet, short
from striate.inspection.views.style import COLOURS, show_picture
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_EDGE = "#b0b0b0"
_UNSEEN = (198, 219, 239)
"""Light blue: no picture is mistaken for it, gray ones least of all."""


def top_patches_view(found: TopPatches, classes: Sequence[str]) -> View:
    """The sheet, and how much the patches of a map have in common; `classes` are the names of the set's labels."""
    return View(
        f"exciting-{found.path}",
        f"What excites {found.path} most",
        tuple(filter(None, (_choice(found), _field(found), _silent(found), _tied(found), _selective(found, classes)))),
        top_patches_figure(found, classes),
        _numbers(found, classes),
    )


def top_patches_figure(found: TopPatches, classes: Sequence[str]) -> Figure:
    """A line for each map: the picture that excites it most with the place marked, then the patches, strongest first.

    Where a unit sees the whole picture there is no place to mark. Each patch has its value and its picture's class.
    """
    first = 0 if _whole(found) else 1
    columns = first + max((len(line.patches) for line in found.maps), default=1)
    title = f"What excites {found.path} most, of {found.images:,} pictures\nabove each patch its value and class"
    if _cut(found):
        title += "; light blue is what the unit does not see, or no picture"
    figure, axes = new_sheet(max(len(found.maps), 1), columns, title, named=True)
    for line, row in zip(found.maps, axes, strict=False):
        name_line(row[0], f"{found.unit} {line.number}")
        if first:
            _show_place(row[0], line)
        for patch, axis in zip(line.patches, row[first:], strict=False):
            show_picture(axis, _shown(patch))
            frame(axis, _EDGE, 0.6)
            caption(axis, f"{patch.value:.4g}\n{short(classes[patch.label])}")
    return figure


def _show_place(axis: Axes, line: MapPatches) -> None:
    from matplotlib.patches import Rectangle

    show_picture(axis, line.fitted_CHW)
    caption(axis, "place")
    top, left, bottom, right = line.patches[0].box
    place = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, edgecolor=COLOURS[0], lw=1.5)
    axis.add_patch(place)  # cut at the picture's border


def _shown(patch: Patch) -> NDArray[np.uint8]:
    rgb_CHW = np.broadcast_to(patch.pixels_CHW, (3, *patch.seen_HW.shape))
    return np.where(patch.seen_HW, rgb_CHW, np.array(_UNSEEN, np.uint8)[:, None, None])


def _whole(found: TopPatches) -> bool:
    """Whether a unit's receptive field is as large as the input, or larger."""
    return found.field[0] >= found.size[0] and found.field[1] >= found.size[1]


def _cut(found: TopPatches) -> bool:
    """Whether some patch has pixels that the unit does not see."""
    return any(not patch.seen_HW.all() for line in found.maps for patch in line.patches)


def _choice(found: TopPatches) -> str:
    total, shown = len(found.peaks), len(found.maps)
    if shown == total:
        chosen = f"All {total} {found.unit}s of row {found.path} are shown."
    else:
        numbers = ", ".join(str(line.number) for line in found.maps) or "none"
        chosen = f"Of the {total:,} {found.unit}s of row {found.path}, {shown} are shown, counted from 0: {numbers}."
    return (
        f"{chosen} Each line has the patches, out of {found.images:,} pictures and one of a picture at most, at which"
        f" the {found.unit}'s value is largest, strongest first."
    )


def _field(found: TopPatches) -> str:
    (height, width), (rows, columns) = found.field, found.size
    if _whole(found):
        whole = (
            f"The receptive field has {height}x{width} pixels, the input {rows}x{columns}: a patch is the whole picture"
        )
        return whole + (", less what the unit does not see of it from where it stands." if _cut(found) else ".")
    return (
        f"A unit of {found.path} sees {height}x{width} of the input's {rows}x{columns} pixels, its local receptive"
        " field. A patch is just that: nothing outside of it changes the value."
    )


def _silent(found: TopPatches) -> str:
    silent = int((found.peaks == 0).sum())
    if not silent:
        return ""
    return f"{silent:,} of the {len(found.peaks):,} {found.unit}s are 0 for every picture: nothing here excites them."


def _tied(found: TopPatches) -> str:
    equal = [str(line.number) for line in found.maps if len(line.patches) > 1 and _equal(line.patches)]
    if not equal:
        return ""
    return (
        f"All patches of {found.unit} {', '.join(equal)} have one value: either they are alike, or the activation is"
        " at its limit. Other pictures may have it too; shown are the first."
    )


def _equal(patches: Sequence[Patch]) -> bool:
    return patches[0].value == patches[-1].value


def _selective(found: TopPatches, classes: Sequence[str]) -> str:
    patches = sum(len(line.patches) for line in found.maps)
    if not patches:
        return ""
    agreeing = sum(_commonest(line) for line in found.maps)
    return (
        f"{agreeing} of the {patches} patches ({agreeing / patches:.0%}) come from the class that is commonest on their"
        f" line; the set has {len(classes)} classes. Compare an early row with a late one: a simple pattern, which many"
        " classes share, excites the early ones, what is put together from such patterns the late ones. Hubel and"
        " Wiesel found the same order in the visual cortex."
    )


def _commonest(line: MapPatches) -> int:
    return int(np.bincount([patch.label for patch in line.patches]).max())


def _numbers(found: TopPatches, classes: Sequence[str]) -> dict[str, Any]:
    return {
        "row": found.path,
        "images": found.images,
        "receptive_field": list(found.field),
        f"{found.unit}s": [
            {
                found.unit: line.number,
                "patches": [
                    {
                        "image": patch.picture,
                        "class": classes[patch.label],
                        "value": patch.value,
                        "position": list(patch.position),
                        "box": list(patch.box),
                    }
                    for patch in line.patches
                ],
            }
            for line in found.maps
        ],
    }
