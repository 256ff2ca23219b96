"""From decoded pictures to a network's input, as its table's `Preprocessing` says: one path for training and use."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.digit import center_digit
from striate.errors import DataError
from striate.tables import Preprocessing, Table

_MID_GRAY = 128


def preprocess(images_NCHW: Tensor, table: Table) -> Tensor:
    """Pictures of one size as uint8 (N, channels, height, width) of the table's input.

    They are made `as_trained`, then scaled and padded, or cut, to the content, and zeros around it.
    """
    _, height, width = table.input
    preprocessing = table.preprocessing
    images_NCHW = as_trained(images_NCHW, table)
    content = preprocessing.content or (height, width)
    if preprocessing.fit == "crop":
        return _centre(scale_images(cut_to_ratio(images_NCHW, content, preprocessing.crop), content), height, width)
    return _centre(scale_images(images_NCHW, _inside(images_NCHW, content)), height, width)


def as_trained(images_NCHW: Tensor, table: Table) -> Tensor:
    """Pictures of one size, any size, with the figure, the channels and the ground of those that were trained on.

    Where the training pictures were made of a figure each, that of a picture of another size is set as theirs were.
    Gray becomes RGB, and back, as the input needs; a picture with a light border is inverted where the training
    pictures were light on dark.
    """
    preprocessing = table.preprocessing
    if preprocessing.figure and tuple(images_NCHW.shape[2:]) != (preprocessing.figure[1],) * 2:
        gray_NHW = _channels(images_NCHW, 1, table.name).squeeze(1)
        images_NCHW = torch.stack([center_digit(image_HW, *preprocessing.figure) for image_HW in gray_NHW]).unsqueeze(1)
    images_NCHW = _channels(images_NCHW, table.input[0], table.name)
    return _invert_light(images_NCHW) if preprocessing.light_on_dark else images_NCHW


def scale_images(images_NCHW: Tensor, size: tuple[int, int]) -> Tensor:
    """Pictures of another (height, width), each pixel a mean of those that it stands for."""
    if tuple(images_NCHW.shape[2:]) == size:
        return images_NCHW
    return F.interpolate(images_NCHW, size, mode="bilinear", antialias=True, align_corners=False)


def normalize(images_NCHW: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Pictures with values 0 to 255 as float32, channels last: (value / 255 - mean) / std for each channel."""
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (preprocessing.mean, preprocessing.std))
    images_NCHW = images_NCHW.to(torch.float32, memory_format=torch.channels_last)
    return (images_NCHW / 255).sub_(mean).div_(std)


def _channels(images_NCHW: Tensor, channels: int, table: str) -> Tensor:
    if channels not in (1, 3):
        raise DataError(f"table {table}: its input has {channels} channels, pictures have 1 (gray) or 3 (RGB)")
    if images_NCHW.shape[1] == channels:
        return images_NCHW
    if images_NCHW.shape[1] == 1:
        return images_NCHW.expand(-1, channels, -1, -1)
    weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)  # ITU-R BT.601, as Pillow's "L"
    return (images_NCHW * weights).sum(dim=1, keepdim=True).round().to(torch.uint8)


def _invert_light(images_NCHW: Tensor) -> Tensor:
    """255 - value for those pictures whose border is lighter than mid-gray in the median."""
    edges = (images_NCHW[:, :, 0], images_NCHW[:, :, -1], images_NCHW[:, :, :, 0], images_NCHW[:, :, :, -1])
    border = torch.cat([edge.flatten(1) for edge in edges], dim=1)
    light = border.median(dim=1).values >= _MID_GRAY
    return torch.where(light.view(-1, 1, 1, 1), 255 - images_NCHW, images_NCHW)


def cut_to_ratio(images_NCHW: Tensor, content: tuple[int, int], crop: float) -> Tensor:
    """The largest middle part that has the content's aspect ratio, and of it the share `crop` of each side."""
    height, width = images_NCHW.shape[2:]
    rows = max(1, round(crop * min(height, width * content[0] / content[1])))
    columns = max(1, round(crop * min(width, height * content[1] / content[0])))
    top, left = (height - rows) // 2, (width - columns) // 2
    return images_NCHW[:, :, top : top + rows, left : left + columns]


def _inside(images_NCHW: Tensor, content: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the pictures' own aspect ratio that fits into the content."""
    height, width = images_NCHW.shape[2:]
    scale = min(content[0] / height, content[1] / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _centre(images_NCHW: Tensor, height: int, width: int) -> Tensor:
    """Pictures in the middle of zeros (height, width)."""
    rows, columns = height - images_NCHW.shape[2], width - images_NCHW.shape[3]
    edges = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
    return F.pad(images_NCHW, edges).contiguous()
