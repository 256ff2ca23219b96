"""How a picture becomes a network's input, as data: a table states it, `striate.data` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Preprocessing:
    """From a picture of any size to the input of a table; channels and size are the table's.

    `content` is the part of the input that the picture fills, (height, width), zero padding around it; None is
    all of it. `fit` says how another aspect ratio gets there: "pad" keeps the whole picture, "crop" fills the
    content and cuts the rest. Then x = (value / 255 - mean) / std, one number or one for each channel.
    `light_on_dark` says that the training pictures were light on dark, so a picture with a light border is
    inverted first.
    """

    content: tuple[int, int] | None = None
    fit: Literal["pad", "crop"] = "crop"
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    light_on_dark: bool = False
