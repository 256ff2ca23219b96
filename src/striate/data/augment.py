"""Training pictures varied as a recipe says: whole batches at once, each picture with a draw of its own.

A picture's draw is a function of (seed, epoch, picture) alone. What moves pixels is gathered into one window on the
picture, and the window is sampled once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, assert_never

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.data.preprocess import fit
from striate.tables import Table
from striate.tables.augmentation import (
    Augmentation,
    Brightness,
    HorizontalFlip,
    PCAColour,
    RandomCrop,
    ScaleAndAspect,
    Shift,
)

_DRAWS: dict[type[Augmentation], int] = {
    RandomCrop: 3,
    ScaleAndAspect: 4,
    Shift: 2,
    HorizontalFlip: 1,
    Brightness: 1,
    PCAColour: 3,
}
_MARGIN = 256 / 224  # how much larger pictures are kept than the input, for crops that state no size
_ROUNDING = 1e-5
_ENOUGH_PICTURES, _ENOUGH_PIXELS = 1000, 32  # of the set, and of each side: for the covariance of three colours


def training_pictures(images_NCHW: Tensor, table: Table) -> Tensor:
    """Pictures of one size as uint8 (N, channels, height, width), as large as the table's augmentation cuts from.

    For crops that is the largest part of the input's own aspect ratio from the middle, at the least size that they
    ask for: a larger one is seen through a smaller window.
    """
    channels, *size = table.input
    larger = size
    for augmentation in table.recipe.augmentation:
        if isinstance(augmentation, RandomCrop):
            larger = [round(side * augmentation.range[0] / min(size)) for side in size]
        elif isinstance(augmentation, ScaleAndAspect):
            larger = [round(side * _MARGIN) for side in size]
    if larger == size:
        return fit(images_NCHW, table)
    whole = replace(table.preprocessing, content=None, crop=1.0)
    return fit(images_NCHW, replace(table, input=(channels, larger[0], larger[1]), preprocessing=whole))


@dataclass
class _Window:
    """For each picture the window that it is seen through: centre and size (N,), in pixels of the picture."""

    y: Tensor
    x: Tensor
    height: Tensor
    width: Tensor


def draw_seed(seed: int, epoch: int, purpose: Literal["order", "augmentation"]) -> int:
    """A seed for what is drawn in an epoch, far from those of its neighbours, of other runs and of other purposes.

    >>> draw_seed(0, 1, "order"), draw_seed(0, 1, "augmentation")
    (2, 3)
    """
    return (2 * (seed * 1_000_003 + epoch) + (purpose == "augmentation")) % 2**63


class Augmenter:
    """Carries out a table's augmentation on batches of `training_pictures`.

    >>> from striate.tables import load_table
    >>> pictures = torch.zeros(10, 3, 32, 32, dtype=torch.uint8)
    >>> Augmenter(load_table("resnet20"), pictures)(torch.tensor([3, 1]), epoch=1).shape
    torch.Size([2, 3, 32, 32])
    """

    def __init__(self, table: Table, pictures_NCHW: Tensor) -> None:
        self._pictures = pictures_NCHW
        self._steps, self._seed = table.recipe.augmentation, table.recipe.seed
        self._size = (table.input[1], table.input[2])
        colours = any(isinstance(step, PCAColour) for step in self._steps) and table.input[0] == 3
        self._components = _principal_components(pictures_NCHW) if colours else None
        self._epoch, self._drawn = -1, torch.empty(0)

    def __call__(self, indices: Tensor, epoch: int) -> Tensor:
        """The pictures of these indices, varied for this epoch: (N, channels, height, width), values 0 to 255."""
        pictures = self._pictures[indices]
        if not self._steps:
            return pictures
        draws = torch.split(self._draws(epoch)[indices], [_DRAWS[type(step)] for step in self._steps], dim=1)
        height, width = pictures.shape[2:]
        ones = torch.ones(len(pictures))
        window = _Window(ones * height / 2, ones * width / 2, ones * height, ones * width)
        for step, draw in zip(self._steps, draws, strict=True):
            self._move(step, draw.unbind(dim=1), window, (height, width))
        varied = _sample(pictures.to(torch.float32), window, self._size)
        for step, draw in zip(self._steps, draws, strict=True):
            varied = self._colour(step, draw, varied)
        return varied.clamp_(0, 255)

    def _draws(self, epoch: int) -> Tensor:
        """Uniform numbers for every picture of the set; one epoch's are kept."""
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(draw_seed(self._seed, epoch, "augmentation"))
            width = sum(_DRAWS[type(step)] for step in self._steps)
            self._epoch, self._drawn = epoch, torch.rand(len(self._pictures), width, generator=generator)
        return self._drawn

    def _move(self, step: Augmentation, draw: tuple[Tensor, ...], window: _Window, picture: tuple[int, int]) -> None:
        match step:
            case RandomCrop():
                least, most = step.range
                shorter = least + draw[0] * (most - least)
                scale = min(picture) / shorter  # picture pixels for one of the input
                window.height, window.width = scale * self._size[0], scale * self._size[1]
                _place(window, draw[1], draw[2], picture)
            case ScaleAndAspect(area=area, aspect=aspect):
                share = area[0] + draw[0] * (area[1] - area[0])
                ratio = torch.exp(math.log(aspect[0]) + draw[1] * math.log(aspect[1] / aspect[0]))
                side = (share * picture[0] * picture[1]).sqrt()
                window.height = (side / ratio.sqrt()).clamp(max=picture[0])
                window.width = (side * ratio.sqrt()).clamp(max=picture[1])
                _place(window, draw[2], draw[3], picture)
            case Shift(cells=cells):
                choices = 2 * cells + 1
                window.y = window.y + ((draw[0] * choices).floor() - cells) * window.height / self._size[0]
                window.x = window.x + ((draw[1] * choices).floor() - cells) * window.width / self._size[1]
            case HorizontalFlip():
                window.width = torch.where(draw[0] < 0.5, -window.width, window.width)
            case Brightness() | PCAColour():
                pass
            case _:
                assert_never(step)

    def _colour(self, step: Augmentation, draw: Tensor, varied: Tensor) -> Tensor:
        match step:
            case Brightness(by=by):
                return varied * (1 + by * (2 * draw - 1)).view(-1, 1, 1, 1)
            case PCAColour(sigma=sigma) if self._components is not None:
                normal: Tensor = torch.special.ndtri(draw.clamp(1e-6, 1 - 1e-6)) * sigma
                return varied + 255 * (normal @ self._components).view(-1, 3, 1, 1)
            case _:
                return varied


def _sample(pictures_NCHW: Tensor, window: _Window, size: tuple[int, int]) -> Tensor:
    """What each picture's window shows, at one size, zeros where it looks past the picture's edges."""
    height, width = pictures_NCHW.shape[2:]
    theta = torch.zeros(len(pictures_NCHW), 2, 3)
    theta[:, 0, 0], theta[:, 0, 2] = window.width / width, 2 * window.x / width - 1
    theta[:, 1, 1], theta[:, 1, 2] = window.height / height, 2 * window.y / height - 1
    grid = F.affine_grid(theta, [len(pictures_NCHW), 1, *size], align_corners=False)
    # Sampled with zeros around it, a picture would darken over its last half pixel, on the inside.
    seen = F.grid_sample(pictures_NCHW, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return seen * (grid.abs() <= 1 + _ROUNDING).all(dim=3).unsqueeze(1)


def _place(window: _Window, down: Tensor, across: Tensor, picture: tuple[int, int]) -> None:
    """Put the window anywhere inside the picture; `down` and `across` are uniform."""
    window.y = window.height / 2 + down * (picture[0] - window.height)
    window.x = window.width / 2 + across * (picture[1] - window.width)


def _principal_components(pictures_NCHW: Tensor) -> Tensor:
    """Rows: each principal component of RGB values in [0, 1], times its eigenvalue (3, 3)."""
    pictures, _, height, width = pictures_NCHW.shape
    # All through the set, which may be in the order of its classes.
    some = pictures_NCHW[:: -(-pictures // _ENOUGH_PICTURES)]
    some = some[:, :, :: -(-height // _ENOUGH_PIXELS), :: -(-width // _ENOUGH_PIXELS)]
    values = some.transpose(0, 1).flatten(1).double() / 255
    eigenvalues, eigenvectors = torch.linalg.eigh(values.cov())
    components: Tensor = (eigenvectors * eigenvalues).T
    return components.float()
