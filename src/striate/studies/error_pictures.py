"""The pictures of a page of errors: small, inside the page; and what speaks for a class, drawn over them."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from striate.data import ImageSet, preprocessed_batches
from striate.inspection import AttributionMethod, Sample, attribute, attribution_methods, evident_pixels, sample_of
from striate.nn import Model

Cell = tuple[int, int]
"""A true and a predicted class."""
_SIDE = 112  # pixels of the longer side in the page
_PALETTE_SIDE = 64  # pixels: what is no larger is kept as it is
_OF_MISTAKES, _OF_RIGHT = 12, 6
"""Pictures that a cell of the confusion matrix shows."""
_IN_ALL = 800
"""Pictures in a page: about 3 MB."""
_WHYS = 48
"""Mistakes that are explained: one backward pass for each of two classes, 20 s for the largest networks on a CPU."""


def chosen_pictures(cells: Mapping[Cell, Sequence[int]]) -> dict[Cell, list[int]]:
    """The pictures of each cell that a page shows: one of each cell first, then another of each, mistakes before right
    answers, until the page has enough.

    >>> chosen_pictures({(0, 0): [5, 6], (0, 1): [7]})
    {(0, 0): [5, 6], (0, 1): [7]}
    """
    shown: dict[Cell, list[int]] = {cell: [] for cell in cells}
    for _, _, cell, image in _by_turns(cells)[:_IN_ALL]:
        shown[cell].append(image)
    return shown


def chosen_for_why(cells: Mapping[Cell, Sequence[int]]) -> list[tuple[int, int, int]]:
    """The mistakes that a page explains, as (image, true class, predicted class): the surest of each cell first."""
    return [(image, *cell) for _, is_right, cell, image in _by_turns(cells) if not is_right][:_WHYS]


def _by_turns(cells: Mapping[Cell, Sequence[int]]) -> list[tuple[int, bool, Cell, int]]:
    """(place in its cell, whether the cell is of right answers, cell, image), by place."""
    every = [
        (place, true == predicted, (true, predicted), image)
        for (true, predicted), images in cells.items()
        for place, image in enumerate(images[: _OF_RIGHT if true == predicted else _OF_MISTAKES])
    ]
    return sorted(every)


def picture_address(pixels_HWC: NDArray[np.uint8]) -> str:
    """A picture as the address of an <img>: a PNG if it is small, else a JPEG scaled down."""
    image = Image.fromarray(pixels_HWC.squeeze(2) if pixels_HWC.shape[2] == 1 else pixels_HWC)
    kind = "PNG" if max(image.size) <= _PALETTE_SIDE else "JPEG"
    if kind == "JPEG":
        image.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"optimize": True} if kind == "PNG" else {"quality": 80}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def inputs_of(images: ImageSet, model: Model, indices: Sequence[int]) -> dict[int, Sample]:
    """What the network reads of these pictures, by their index."""
    if not indices:
        return {}
    table = model.network.table
    inputs = torch.cat(list(preprocessed_batches(images.subset(list(indices)), table)))
    return {index: sample_of("", fitted_CHW, table) for index, fitted_CHW in zip(indices, inputs, strict=True)}


def evidence(model: Model, sample: Sample, target: int) -> NDArray[np.uint8]:
    """A picture (height, width, 3) with what speaks for a class drawn over it: by Grad-CAM, which takes one backward
    pass; by occlusion where a network has no maps."""
    network, methods = model.network, attribution_methods(model.network.plan)
    method: AttributionMethod = "grad_cam" if "grad_cam" in methods else "occlusion"
    values_HW = attribute(network, sample.input_NCHW, target, method).summed.clip(min=0)
    if method == "grad_cam":
        values_HW = values_HW * evident_pixels(network, sample.input_NCHW)
    strength = values_HW / (float(values_HW.max()) or 1.0)
    gray = sample.fitted_CHW.float().mean(dim=0).numpy()[:, :, None]
    colours = colormaps["inferno"](strength)[:, :, :3] * 255
    blended: NDArray[np.uint8] = (0.35 * gray + 0.65 * colours).round().astype(np.uint8)
    return blended
