"""From decoded pictures to a network's input, as its table's `Preprocessing` says: one path for training and use."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.digit import center_digit
from striate.data.geometry import fit_window
from striate.data.pictures import Bytes
from striate.data.transforms import convert_channels, invert_light_images, resize_batch
from striate.errors import DataError
from striate.tables import Preprocessing, Table


def preprocess(images_NCHW: Tensor, table: Table) -> Tensor:
    """Pictures of one size, any size and 1 or 3 channels, uint8, as uint8 (N, channels, height, width) of the table's
    input.

    They get the digits, channels and ground `as_training_images`, then are fitted to the input by `fit_to_size`.
    DataError if the table's input has other than 1 or 3 channels.

    >>> from striate.tables import load_table
    >>> preprocess(torch.zeros(2, 3, 300, 400, dtype=torch.uint8), load_table("lenet5")).shape
    torch.Size([2, 1, 32, 32])
    """
    size = (table.input[1], table.input[2])
    return fit_to_size(as_training_images(images_NCHW, table), table.preprocessing, size)


def as_training_images(images_NCHW: Tensor, table: Table) -> Tensor:
    """Pictures of one size, any size, with the channels of the table's input and the ground of its training images.

    Where each training image holds one digit, that of a picture of another size is cut out and set as theirs were
    (`Preprocessing.figure`). A picture with a light border is inverted where the training images were light on dark.
    """
    check_channels(table)
    preprocessing = table.preprocessing
    images_NCHW = convert_channels(_set_digits(images_NCHW, preprocessing.figure), table.input[0])
    return invert_light_images(images_NCHW) if preprocessing.light_on_dark else images_NCHW


def set_digit(pixels_HWC: Bytes, figure: tuple[int, int] | None) -> Bytes:
    """A picture uint8 (height, width, channels) of which a table states that it holds one digit, as it is trained on:
    the digit set as `Preprocessing.figure` says, gray. One of the figure's size, or without a figure, as it is."""
    if figure is None or pixels_HWC.shape[:2] == (figure[1], figure[1]):
        return pixels_HWC
    image_CHW = torch.from_numpy(np.require(pixels_HWC, requirements=["C", "W"])).permute(2, 0, 1)
    return _set_digits(image_CHW.unsqueeze(0), figure)[0].permute(1, 2, 0).numpy()


def _set_digits(images_NCHW: Tensor, figure: tuple[int, int] | None) -> Tensor:
    """Pictures of one size with the digit of each cut out and set, gray; those of the figure's size as they are."""
    if figure is None or tuple(images_NCHW.shape[2:]) == (figure[1], figure[1]):
        return images_NCHW
    gray_NHW = convert_channels(images_NCHW, 1).squeeze(1)
    return torch.stack([center_digit(image_HW, *figure) for image_HW in gray_NHW]).unsqueeze(1)


def fit_to_size(images_NCHW: Tensor, preprocessing: Preprocessing, size: tuple[int, int]) -> Tensor:
    """Pictures of one size cut, scaled and padded with zeros to (height, width), by `geometry.fit_window`."""
    shape = (images_NCHW.shape[2], images_NCHW.shape[3])
    top, left, height, width, y, x, rows, columns = fit_window(*shape, preprocessing, size)
    if (height, width) != shape:
        images_NCHW = images_NCHW[:, :, top : top + height, left : left + width]
    images_NCHW = resize_batch(images_NCHW, (rows, columns))
    return F.pad(images_NCHW, (x, size[1] - columns - x, y, size[0] - rows - y)).contiguous()


def normalize(images_NCHW: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Pictures with values 0 to 255 as float32, channels last, on their device: (value / 255 - mean) / std for each
    channel."""
    mean, std = (
        torch.tensor(numbers).view(-1, 1, 1).to(images_NCHW.device, non_blocking=True)
        for numbers in (preprocessing.mean, preprocessing.std)
    )
    images_NCHW = images_NCHW.to(torch.float32, memory_format=torch.channels_last)
    return (images_NCHW / 255).sub_(mean).div_(std)


def check_channels(table: Table) -> None:
    """DataError if no picture has the channels of the table's input."""
    if table.input[0] not in (1, 3):
        raise DataError(
            f"table {table.name}: its input has {table.input[0]} channels, pictures have 1 (gray) or 3 (RGB)"
        )
