"""The ten crops of a picture that the papers average over: four corners and the middle, and their reflections.

Source: Krizhevsky et al. 2012, section 4.1; He et al. 2016, section 4.1, test by the same ten.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from striate.data.preprocessing import as_training_images, fit_to_size
from striate.errors import TableError
from striate.tables import Table


def ten_crops(images_NCHW: Tensor, table: Table) -> Tensor:
    """Ten crops (N, 10, channels, height, width), uint8, of pictures of one size, any size: corners, middle, reflected.

    The middle part of the input's aspect ratio is scaled so that a crop is the share of it that the table's
    preprocessing says: 224x224 of 256x256, as in section 2 of the paper. The fifth crop is what `preprocess` returns.
    TableError as from `check_ten_crops`.

        >>> from striate.tables import load_table
        >>> ten_crops(torch.zeros(2, 3, 300, 400, dtype=torch.uint8), load_table("alexnet")).shape
        torch.Size([2, 10, 3, 224, 224])
    """
    check_ten_crops(table)
    _, height, width = table.input
    crop = table.preprocessing.crop
    size = (round(height / crop), round(width / crop))
    whole_NCHW = fit_to_size(as_training_images(images_NCHW, table), replace(table.preprocessing, crop=1.0), size)
    bottom, right = size[0] - height, size[1] - width
    corners = ((0, 0), (0, right), (bottom, 0), (bottom, right), (round(bottom / 2), round(right / 2)))
    five = [whole_NCHW[:, :, top : top + height, left : left + width] for top, left in corners]
    return torch.stack([*five, *(crop_NCHW.flip(3) for crop_NCHW in five)], dim=1)


def check_ten_crops(table: Table) -> None:
    """TableError if the table's pictures are not cut out of larger ones, so that there are no ten places to cut at."""
    preprocessing = table.preprocessing
    if preprocessing.fit == "pad" or preprocessing.content is not None or preprocessing.crop == 1:
        raise TableError(
            f"table {table.name}: has no ten crops, for its preprocessing keeps the whole picture or fills all of it;"
            f' expected fit "crop", a crop below 1 and no content'
        )
