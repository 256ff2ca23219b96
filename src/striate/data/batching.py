"""Batches of bytes: each picture's window, copied or scaled to its place in the input.

Where a window has the size of its place, its rows are copied by one gather over the whole batch: a row is a run of
bytes in the pictures' flat memory, whatever the size of the picture. Only the others go picture by picture.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.data.decode import resize
from striate.data.geometry import CropGeometry
from striate.data.pictures import Bytes, Integers, Pictures

FillMode = Literal["zeros", "border"]
"""What comes in from outside a picture: zeros, or its border repeated."""

_MID_GRAY = 128
_SERIAL = 32768  # elements up to which torch stays in the calling thread, and waits for no other on a busy core


def gather_batch(
    pictures: Pictures,
    indices: Integers,
    views: CropGeometry,
    size: tuple[int, int],
    inverted: NDArray[np.bool_] | None,
) -> Bytes:
    """These pictures through their views, uint8 (N, height, width, channels), zeros where they show nothing.

    `inverted` (N,) says whose values become 255 - value. The views' warps are left to `warp`.
    """
    batch_NHWC, slow = _gather(pictures, indices, views, size, inverted)
    for slot in np.flatnonzero(slow).tolist():
        _place(batch_NHWC[slot], pictures[int(indices[slot])], views, slot, inverted is not None and inverted[slot])
    _flip(batch_NHWC, np.flatnonzero(views.flipped))
    return batch_NHWC


def has_light_border(pictures: Pictures) -> NDArray[np.bool_]:
    """Which pictures have a border lighter than mid-gray in the median, as `preprocess.fit` judges (N,)."""
    if len(pictures) and (pictures.shapes == pictures.shapes[0]).all():
        return _light(np.stack([pictures[i] for i in range(len(pictures))]))
    return np.array([_light(pictures[i][None])[0] for i in range(len(pictures))], dtype=np.bool_)


def warp(batch_NHWC: Bytes, warps: NDArray[np.float64]) -> NDArray[np.float32]:
    """Each picture rotated, scaled, sheared about its middle by `CropGeometry.warp`, zeros around it; 0 to 255."""
    images_NCHW = torch.from_numpy(batch_NHWC).permute(0, 3, 1, 2).float()
    sources = np.concatenate([warps, np.zeros((len(warps), 2, 1))], axis=2)
    return np.ascontiguousarray(resample(images_NCHW, sources, "zeros").permute(0, 2, 3, 1).numpy())


def resample(images_NCHW: Tensor, sources: NDArray[np.float64], ground: FillMode) -> Tensor:
    """Each picture, float, with its values taken from elsewhere in it, bilinearly; `ground` is what comes in.

    `sources` (N, 2, 3) times the (x, y, 1) of a pixel, in pixels from the middle, is where its value comes from.
    """
    _, _, height, width = images_NCHW.shape
    halves = [[1, height / width, 2 / width], [width / height, 1, 2 / height]]  # torch counts in halves of each side
    theta = torch.from_numpy((sources * halves).astype(np.float32))
    grid = F.affine_grid(theta, list(images_NCHW.shape), align_corners=False)
    return F.grid_sample(images_NCHW, grid, mode="bilinear", padding_mode=ground, align_corners=False)


def _gather(
    pictures: Pictures,
    indices: Integers,
    views: CropGeometry,
    size: tuple[int, int],
    inverted: NDArray[np.bool_] | None,
) -> tuple[Bytes, NDArray[np.bool_]]:
    """The batch with what can be copied in place, and which pictures cannot (N,); they are zeros."""
    (rows, columns), channels = size, pictures.channels
    run = columns * channels
    starts = pictures.offsets[indices] - (views.x - views.left) * channels
    starts = starts[:, None] + (np.arange(rows) - (views.y - views.top)[:, None]) * (
        pictures.shapes[indices, 1:] * channels
    )
    limit = len(pictures.pixels) - run
    hidden_rows, hidden_columns = _outside(views.y, views.rows, rows), _outside(views.x, views.columns, columns)
    # A row that hangs over reads its neighbours' bytes, which are blanked then; but not over the ends of the memory.
    unsafe = (((starts < 0) | (starts > limit)) & ~hidden_rows).any(axis=1)
    slow = (views.height != views.rows) | (views.width != views.columns) | unsafe
    if limit < 0 or slow.all():
        return np.zeros((len(indices), rows, columns, channels), dtype=np.uint8), np.ones_like(slow)
    runs = np.ndarray((limit + 1,), dtype=f"V{run}", buffer=pictures.pixels, strides=(1,))
    batch_NHWC = runs[np.clip(starts, 0, limit)].view(np.uint8).reshape(len(indices), rows, columns, channels)
    if inverted is not None and inverted.any():
        batch_NHWC[inverted] = 255 - batch_NHWC[inverted]
    if (hidden_rows := hidden_rows | slow[:, None]).any():
        batch_NHWC[hidden_rows] = 0
    if hidden_columns.any():
        batch_NHWC.transpose(0, 2, 1, 3)[hidden_columns] = 0
    return batch_NHWC, slow


def _outside(begin: Integers, length: Integers, size: int) -> NDArray[np.bool_]:
    """Which of `size` cells lie outside the part that begins at `begin` (N, size)."""
    cells = np.arange(size)
    return (cells < begin[:, None]) | (cells >= (begin + length)[:, None])


def _place(input_HWC: Bytes, picture_HWC: Bytes, views: CropGeometry, slot: int, inverted: bool) -> None:
    """One picture's window, scaled to its place, into an input of zeros."""
    top, left, height, width = (int(part[slot]) for part in (views.top, views.left, views.height, views.width))
    y, x, rows, columns = (int(part[slot]) for part in (views.y, views.x, views.rows, views.columns))
    window = picture_HWC[top : top + height, left : left + width]
    if (height, width) != (rows, columns):
        window = resize(window, (rows, columns))
    if inverted:
        window = 255 - window
    above, before = max(0, -y), max(0, -x)
    shown = window[above : max(above, input_HWC.shape[0] - y), before : max(before, input_HWC.shape[1] - x)]
    y, x = y + above, x + before
    input_HWC[y : y + shown.shape[0], x : x + shown.shape[1]] = shown


def _flip(batch_NHWC: Bytes, slots: Integers) -> None:
    """Change left and right. torch does it in wide registers, NumPy byte by byte."""
    if len(slots) == 0:
        return
    _, height, width, channels = batch_NHWC.shape
    rows = batch_NHWC[slots].reshape(-1, width, channels)
    at_once = max(1, _SERIAL // (width * channels))
    for begin in range(0, len(rows), at_once):
        some = rows[begin : begin + at_once]
        some[:] = torch.from_numpy(some).flip(1).numpy()
    batch_NHWC[slots] = rows.reshape(-1, height, width, channels)


def _light(pictures_NHWC: Bytes) -> NDArray[np.bool_]:
    edges = (pictures_NHWC[:, 0], pictures_NHWC[:, -1], pictures_NHWC[:, :, 0], pictures_NHWC[:, :, -1])
    border = np.concatenate([edge.reshape(len(pictures_NHWC), -1) for edge in edges], axis=1)
    middle = (border.shape[1] - 1) // 2  # torch's median: of two in the middle the lower
    light: NDArray[np.bool_] = np.partition(border, middle, axis=1)[:, middle] >= _MID_GRAY
    return light
