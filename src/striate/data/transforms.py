"""Operations on decoded images, with nothing about a table in them: channels, ground, size, and warps.

One image is uint8 (height, width, channels) in NumPy, as it is decoded and stored; a batch is (N, channels, height,
width) in torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.data.pictures import Bytes

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in gray: ITU-R BT.601, as Pillow's mode "L"."""
FillMode = Literal["zeros", "border"]
"""What comes in from outside an image: zeros, or its border repeated."""
MID_GRAY = 128


def convert_channels(images_NCHW: Tensor, channels: int) -> Tensor:
    """Gray images as RGB, or RGB images as gray, uint8; or as they are if they have these channels (1 or 3).

    >>> convert_channels(torch.full((1, 3, 1, 1), 100, dtype=torch.uint8), 1).shape
    torch.Size([1, 1, 1, 1])
    """
    if images_NCHW.shape[1] == channels:
        return images_NCHW
    if images_NCHW.shape[1] == 1:
        return images_NCHW.expand(-1, channels, -1, -1)
    weights = torch.tensor(LUMA).view(3, 1, 1)
    return (images_NCHW * weights).sum(dim=1, keepdim=True).round().to(torch.uint8)


def has_light_border(images_NHWC: Bytes) -> NDArray[np.bool_]:
    """Which images of one size have a border lighter than mid-gray in the median (N,).

    >>> has_light_border(np.array([0, 255], np.uint8).repeat(16).reshape(2, 4, 4, 1))
    array([False,  True])
    """
    edges = (images_NHWC[:, 0], images_NHWC[:, -1], images_NHWC[:, :, 0], images_NHWC[:, :, -1])
    border = np.concatenate([edge.reshape(len(images_NHWC), -1) for edge in edges], axis=1)
    middle = (border.shape[1] - 1) // 2  # of two in the middle the lower
    light: NDArray[np.bool_] = np.partition(border, middle, axis=1)[:, middle] >= MID_GRAY
    return light


def invert_light_images(images_NCHW: Tensor) -> Tensor:
    """255 - value for those images that have a light border."""
    light = torch.from_numpy(has_light_border(images_NCHW.permute(0, 2, 3, 1).numpy()))
    return torch.where(light.view(-1, 1, 1, 1), 255 - images_NCHW, images_NCHW)


def convert_and_downscale(pixels_HWC: Bytes, channels: int, side: int | None) -> Bytes:
    """An image with these channels, scaled down to a shorter side of `side` pixels if it is larger: as it is stored."""
    if pixels_HWC.shape[2] != channels:
        image_CHW = torch.from_numpy(np.require(pixels_HWC, requirements=["C", "W"])).permute(2, 0, 1)
        pixels_HWC = convert_channels(image_CHW.unsqueeze(0), channels)[0].permute(1, 2, 0).numpy()
    return downscale(pixels_HWC, side)


def downscale(pixels_HWC: Bytes, side: int | None) -> Bytes:
    """An image scaled down to a shorter side of `side` pixels; or itself if it is no larger.

    >>> downscale(np.zeros((40, 50, 3), np.uint8), 20).shape, downscale(np.zeros((4, 5, 3), np.uint8), 20).shape
    ((20, 25, 3), (4, 5, 3))
    """
    height, width, _ = pixels_HWC.shape
    size = downscaled_size((height, width), side)
    return pixels_HWC if size == (height, width) else resize(pixels_HWC, size)


def downscaled_size(size: tuple[int, int], side: int | None) -> tuple[int, int]:
    """(height, width) scaled down to a shorter side of `side`; or as it is if it is no larger.

    >>> downscaled_size((40, 50), 20), downscaled_size((4, 5), 20)
    ((20, 25), (4, 5))
    """
    if side is None or min(size) <= side:
        return size
    scale = side / min(size)
    return max(side, round(size[0] * scale)), max(side, round(size[1] * scale))


def resize(pixels_HWC: Bytes, size: tuple[int, int]) -> Bytes:
    """An image at another size (height, width): bilinear, antialiased."""
    # torch warns of memory that is read-only, and copies what is not contiguous with threads that would wait.
    pixels_HWC = np.require(pixels_HWC, requirements=["C", "W"])
    # In torch's channels-last layout, which it scales in wide registers and returns in the same layout.
    image_NCHW = torch.from_numpy(pixels_HWC).unsqueeze(0).permute(0, 3, 1, 2)
    return np.ascontiguousarray(_interpolate(image_NCHW, size)[0].permute(1, 2, 0).numpy())


def resize_batch(images_NCHW: Tensor, size: tuple[int, int]) -> Tensor:
    """Images at another size (height, width): bilinear, antialiased; or themselves if they have it."""
    return images_NCHW if tuple(images_NCHW.shape[2:]) == size else _interpolate(images_NCHW, size)


def resample(images_NCHW: Tensor, sources: NDArray[np.float64], fill: FillMode) -> Tensor:
    """Each image, float, with its values taken from elsewhere in it, bilinearly; `fill` is what comes in from outside.

    `sources` (N, 2, 3) times the (x, y, 1) of a pixel, in pixels from the middle, is where its value comes from.
    """
    return resample_normalized(images_NCHW, normalized_sources(sources, images_NCHW.shape[2:]), fill)


def normalized_sources(sources: NDArray[np.float64], size: Sequence[int]) -> Tensor:
    """Sources as `resample` takes them for images of this (height, width), as torch does: float32 (N, 2, 3)."""
    height, width = size
    halves = [[1, height / width, 2 / width], [width / height, 1, 2 / height]]  # torch counts in halves of each side
    return torch.from_numpy((sources * halves).astype(np.float32))


def resample_normalized(images_NCHW: Tensor, sources: Tensor, fill: FillMode) -> Tensor:
    """As `resample`, on the device of both; the sources are `normalized_sources`."""
    grid = F.affine_grid(sources, list(images_NCHW.shape), align_corners=False)
    return F.grid_sample(images_NCHW, grid, mode="bilinear", padding_mode=fill, align_corners=False)


def _interpolate(images_NCHW: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(images_NCHW, size, mode="bilinear", antialias=True, align_corners=False)
