"""Stimuli as arrays: the bars of Hubel and Wiesel, and sinusoidal gratings.

Values are luminances from 0 (black) to 255 (white), float32 (height, width), around mid-gray. An orientation is that of
a bar's long axis, or of a grating's stripes, in degrees from 0 to 180, counterclockwise from horizontal. A position is
a distance across the bar, in pixels: downwards at 0 degrees, to the right at 90. A contrast is Michelson's, (light -
dark) / (light + dark); below 0 light and dark are exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data import normalize
from striate.tables import Table

Picture = NDArray[np.float32]
"""Luminance from 0 to 255, (height, width)."""

MID_GRAY = 127.5


def blank(size: tuple[int, int]) -> Picture:
    """Mid-gray, (height, width)."""
    return np.full(size, MID_GRAY, np.float32)


def grating(
    size: tuple[int, int], orientation_deg: float, wavelength: float, phase_deg: float = 0.0, contrast: float = 1.0
) -> Picture:
    """Stripes (height, width): the luminance is a cosine of the distance from the picture's middle across the stripes.

    `wavelength` is the distance between two stripes in pixels, above 2 since pixels cannot show finer ones; at phase 0
    a light stripe goes through the middle.

        >>> grating((1, 5), 90, wavelength=4).round()
        array([[  0., 128., 255., 128.,   0.]], dtype=float32)
    """
    across_HW = _across(size, orientation_deg, _middle(size))
    return _light(contrast * np.cos(2 * np.pi * across_HW / wavelength - np.deg2rad(phase_deg)))


def bar(
    size: tuple[int, int],
    orientation_deg: float,
    width: float,
    position: float = 0.0,
    contrast: float = 1.0,
    centre: tuple[float, float] | None = None,
) -> Picture:
    """A bar across the picture (height, width): light on a dark background, or dark on a light one for contrast < 0.

    Its middle line passes `centre` (row, column; the picture's middle) at the distance `position`. The luminance of a
    pixel at its edge is in proportion to the part that the bar covers, measured across the bar.

        >>> bar((1, 5), 90, width=2)
        array([[  0. , 127.5, 255. , 127.5,   0. ]], dtype=float32)
    """
    across_HW = _across(size, orientation_deg, centre or _middle(size)) - position
    first_HW, last_HW = np.maximum(across_HW - 0.5, -width / 2), np.minimum(across_HW + 0.5, width / 2)
    covered_HW = np.maximum(last_HW - first_HW, 0)
    return _light(contrast * (2 * covered_HW - 1))


def as_input(pictures: Sequence[Picture], table: Table) -> Tensor:
    """Pictures of the table's size as its network's input: the same luminance in each channel, normalized (N, C, H, W).

    >>> from striate.tables import load_table
    >>> as_input([blank((32, 32))], load_table("lenet5")).shape
    torch.Size([1, 1, 32, 32])
    """
    channels, _, _ = table.input
    light_NCHW = torch.from_numpy(np.stack(pictures)).unsqueeze(1).expand(-1, channels, -1, -1)
    return normalize(light_NCHW, table.preprocessing)


def _light(wave_HW: NDArray[np.float64]) -> Picture:
    """From -1 (black) to 1 (white)."""
    light_HW: Picture = (MID_GRAY * (1 + wave_HW)).astype(np.float32)
    return light_HW


def _middle(size: tuple[int, int]) -> tuple[float, float]:
    return (size[0] - 1) / 2, (size[1] - 1) / 2


def _across(size: tuple[int, int], orientation_deg: float, centre: tuple[float, float]) -> NDArray[np.float64]:
    """The signed distance of every pixel's middle from the line of this orientation through the centre."""
    angle = np.deg2rad(orientation_deg)
    rows, columns = np.ogrid[: size[0], : size[1]]
    across: NDArray[np.float64] = np.cos(angle) * (rows - centre[0]) + np.sin(angle) * (columns - centre[1])
    return across
