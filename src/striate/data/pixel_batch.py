"""A batch in two halves: the CPU's threads cut and scale bytes, the device flips, warps, colours and normalizes them.

On the CPU the threads do both halves, the second in NumPy, which is faster there and takes no thread of torch's
(`collate.flip`, `collate.warp`, `color_jitter.scale_values`). `to_images` is the second half for any device.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from striate.data.transforms import resample_normalized


class PixelBatch(NamedTuple):
    """What is sent to a device of a batch, three or four bytes for a pixel; None is what the recipe does not have.

    `bytes_NHWC` uint8; `labels` int64 (N,); `flipped` bool (N,): left and right are swapped; `sources` float32 (N, 2,
    3), `collate.warp_sources`; `scale`, `shift` (N or 1, channels), `least`, `most` (channels,) float32,
    `color_jitter.ValueScaling`.
    """

    bytes_NHWC: Tensor
    labels: Tensor
    scale: Tensor
    shift: Tensor
    flipped: Tensor | None = None
    sources: Tensor | None = None
    least: Tensor | None = None
    most: Tensor | None = None

    @staticmethod
    def of(tensors: Iterable[Tensor | None]) -> PixelBatch:
        """The batch of these tensors, in the order of its fields: its own, each of them moved."""
        return PixelBatch(*tensors)  # type: ignore[arg-type]


def to_images(batch: PixelBatch) -> Tensor:
    """Images float32 (N, channels, height, width), channels last in memory, computed on the batch's device."""
    values_NCHW = batch.bytes_NHWC.permute(0, 3, 1, 2)
    if batch.flipped is not None:
        values_NCHW = torch.where(batch.flipped.view(-1, 1, 1, 1), values_NCHW.flip(3), values_NCHW)
    if batch.sources is not None:
        values_NCHW = resample_normalized(values_NCHW.float(), batch.sources, "zeros")
    images_NCHW = values_NCHW * _by_channel(batch.scale) + _by_channel(batch.shift)
    if batch.least is not None and batch.most is not None:
        images_NCHW = images_NCHW.clamp(_by_channel(batch.least), _by_channel(batch.most))
    return images_NCHW.contiguous(memory_format=torch.channels_last)


def _by_channel(numbers: Tensor) -> Tensor:
    """(N, channels) or (channels,), to be broadcast over (N, channels, height, width)."""
    return numbers[..., None, None]
