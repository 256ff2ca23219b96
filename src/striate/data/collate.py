"""A batch of bytes from stored pictures: each picture's window, copied or scaled to its place in the input.

Where a window has the size of its place, its rows are copied by one gather over the whole batch: a row is a run of
bytes in the pictures' flat memory, whatever the size of the picture. Only the others are handled picture by picture.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.geometry import CropGeometry
from striate.data.pictures import Bytes, Integers, Pictures
from striate.data.transforms import has_light_border, normalized_sources, resample_normalized, resize

_SERIAL = 32768  # elements up to which torch stays in the calling thread, and waits for no other on a busy core


def collate(
    pictures: Pictures,
    indices: Integers,
    geometry: CropGeometry,
    size: tuple[int, int],
    inverted: NDArray[np.bool_] | None,
) -> Bytes:
    """These pictures by their geometry, uint8 (N, height, width, channels), zeros outside of the pictures.

    `inverted` (N,) marks those whose values become 255 - value. What is done to whole inputs is left to `flip` and
    `warp`.
    """
    batch_NHWC, uncopied = _gather(pictures, indices, geometry, size, inverted)
    for slot in np.flatnonzero(uncopied).tolist():
        _place(batch_NHWC[slot], pictures[int(indices[slot])], geometry, slot, inverted is not None and inverted[slot])
    return batch_NHWC


def light_pictures(pictures: Pictures) -> NDArray[np.bool_]:
    """Which stored pictures have a light border, and are inverted as by `preprocess` (N,)."""
    if len(pictures) and (pictures.shapes == pictures.shapes[0]).all():
        return has_light_border(np.stack([pictures[i] for i in range(len(pictures))]))
    return np.array([has_light_border(pictures[i][None])[0] for i in range(len(pictures))], dtype=np.bool_)


def flip(batch_NHWC: Bytes, flipped: NDArray[np.bool_]) -> None:
    """Swap left and right of these (N,), in place. torch does it in wide registers, NumPy byte by byte."""
    slots = np.flatnonzero(flipped)
    if len(slots) == 0:
        return
    _, height, width, channels = batch_NHWC.shape
    rows = batch_NHWC[slots].reshape(-1, width, channels)
    at_once = max(1, _SERIAL // (width * channels))
    for begin in range(0, len(rows), at_once):
        some = rows[begin : begin + at_once]
        some[:] = torch.from_numpy(some).flip(1).numpy()
    batch_NHWC[slots] = rows.reshape(-1, height, width, channels)


def warp(batch_NHWC: Bytes, warps: NDArray[np.float64]) -> NDArray[np.float32]:
    """Each picture rotated, scaled, sheared about its middle by `CropGeometry.warp`, zeros around it; 0 to 255."""
    images_NCHW = torch.from_numpy(batch_NHWC).permute(0, 3, 1, 2).float()
    sources = warp_sources(warps, (batch_NHWC.shape[1], batch_NHWC.shape[2]))
    return np.ascontiguousarray(resample_normalized(images_NCHW, sources, "zeros").permute(0, 2, 3, 1).numpy())


def warp_sources(warps: NDArray[np.float64], size: tuple[int, int]) -> Tensor:
    """`CropGeometry.warp` of inputs of this (height, width) as `resample_normalized` takes it: float32 (N, 2, 3)."""
    return normalized_sources(np.concatenate([warps, np.zeros((len(warps), 2, 1))], axis=2), size)


def _gather(
    pictures: Pictures,
    indices: Integers,
    geometry: CropGeometry,
    size: tuple[int, int],
    inverted: NDArray[np.bool_] | None,
) -> tuple[Bytes, NDArray[np.bool_]]:
    """The batch with what can be copied in place, and which pictures cannot (N,); they are zeros."""
    (rows, columns), channels = size, pictures.channels
    run = columns * channels
    starts = pictures.offsets[indices] - (geometry.x - geometry.left) * channels
    starts = starts[:, None] + (np.arange(rows) - (geometry.y - geometry.top)[:, None]) * (
        pictures.shapes[indices, 1:] * channels
    )
    limit = len(pictures.pixels) - run
    hidden_rows = _outside(geometry.y, geometry.rows, rows)
    hidden_columns = _outside(geometry.x, geometry.columns, columns)
    # A row that reaches beyond its picture reads its neighbours' bytes, which are blanked then; but it must not reach
    # beyond the ends of the memory.
    unsafe = (((starts < 0) | (starts > limit)) & ~hidden_rows).any(axis=1)
    uncopied = (geometry.height != geometry.rows) | (geometry.width != geometry.columns) | unsafe
    if limit < 0 or uncopied.all():
        return np.zeros((len(indices), rows, columns, channels), dtype=np.uint8), np.ones_like(uncopied)
    runs = np.ndarray((limit + 1,), dtype=f"V{run}", buffer=pictures.pixels, strides=(1,))
    batch_NHWC = runs[np.clip(starts, 0, limit)].view(np.uint8).reshape(len(indices), rows, columns, channels)
    if inverted is not None and inverted.any():
        batch_NHWC[inverted] = 255 - batch_NHWC[inverted]
    if (hidden_rows := hidden_rows | uncopied[:, None]).any():
        batch_NHWC[hidden_rows] = 0
    if hidden_columns.any():
        batch_NHWC.transpose(0, 2, 1, 3)[hidden_columns] = 0
    return batch_NHWC, uncopied


def _outside(begin: Integers, length: Integers, size: int) -> NDArray[np.bool_]:
    """Which of `size` cells lie outside the part that begins at `begin` (N, size)."""
    cells = np.arange(size)
    return (cells < begin[:, None]) | (cells >= (begin + length)[:, None])


def _place(input_HWC: Bytes, picture_HWC: Bytes, geometry: CropGeometry, slot: int, inverted: bool) -> None:
    """One picture's window, scaled to its place, into an input of zeros."""
    (top, left, height, width), (y, x, rows, columns) = geometry.window(slot), geometry.place(slot)
    window = picture_HWC[top : top + height, left : left + width]
    if (height, width) != (rows, columns):
        window = resize(window, (rows, columns))
    if inverted:
        window = 255 - window
    above, before = max(0, -y), max(0, -x)
    shown = window[above : max(above, input_HWC.shape[0] - y), before : max(before, input_HWC.shape[1] - x)]
    y, x = y + above, x + before
    input_HWC[y : y + shown.shape[0], x : x + shown.shape[1]] = shown
