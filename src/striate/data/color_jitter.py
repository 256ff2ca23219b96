"""Colours varied and values normalized: for each picture and channel one factor and one number added.

Brightness, colours moved along the principal components, and (value / 255 - mean) / std are all of that form, so they
are applied to the pixels together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data.geometry import Reals, split_draws
from striate.data.pictures import Bytes, Pictures
from striate.tables import Brightness, PCAColour, Preprocessing, Table

_SAMPLED_PICTURES, _SAMPLED_PIXELS = 1000, 32  # of the set, and of each side: enough for three colours' covariance
_LONGEST_ROW = 2**14  # values
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ColorJitter:
    """For each of N pictures, on values 0 to 255: times `gains` (N, 1), plus `offsets` (N, channels), then clamped."""

    gains: Reals
    offsets: Reals


def color_jitter(table: Table, draws: Reals, components: Reals | None) -> ColorJitter | None:
    """The augmentation's change of colours for uniform draws (N, draws in all); None if it has none.

    `components` are the set's `principal_components`; without them (gray pictures) PCA colour changes nothing.
    """
    steps = table.recipe.augmentation
    if not any(isinstance(step, Brightness | PCAColour) for step in steps):
        return None
    gains, offsets = np.ones((len(draws), 1)), np.zeros((len(draws), table.input[0]))
    for step, numbers in zip(steps, split_draws(table, draws), strict=True):
        match step:
            case Brightness(by=by):
                factor = (1 + by * (2 * numbers[0] - 1))[:, None]
                gains, offsets = gains * factor, offsets * factor
            case PCAColour(sigma=sigma) if components is not None:
                normal = torch.special.ndtri(torch.from_numpy(numbers.T.clip(1e-6, 1 - 1e-6))).numpy() * sigma
                # Summed by hand: a matrix product may round a row differently in another batch.
                offsets = offsets + 255 * (normal[:, :, None] * components).sum(axis=1)
            case _:
                pass
    return ColorJitter(gains, offsets)


def principal_components(pictures: Pictures) -> Reals:
    """Rows: each principal component of RGB values in [0, 1], times its eigenvalue (3, 3). Pictures have 3 channels."""
    some = range(0, len(pictures), -(-len(pictures) // _SAMPLED_PICTURES))  # all through the set, which may be sorted
    values = np.concatenate([_thin_out(pictures[i]).reshape(-1, 3) for i in some]) / 255
    eigenvalues, eigenvectors = np.linalg.eigh(np.cov(values.T))
    components: Reals = (eigenvectors * eigenvalues).T
    return components


@dataclass(frozen=True)
class ValueScaling:
    """How a batch's values 0 to 255 become a network's numbers: times `scale`, plus `shift`, both float32 (N or 1,
    channels), then within `least` and `most` (channels,), if there are any."""

    scale: Floats
    shift: Floats
    least: Floats | None = None
    most: Floats | None = None


def value_scaling(preprocessing: Preprocessing, channels: int, jitter: ColorJitter | None) -> ValueScaling:
    """Colours changed, clamped to 0 to 255, then normalized, (value / 255 - mean) / std, as one scaling."""
    mean, std = (np.broadcast_to(np.array(part), channels) for part in (preprocessing.mean, preprocessing.std))
    scale, shift = 1 / (255 * std), -mean / std
    if jitter is None:
        return ValueScaling(_single(scale)[None], _single(shift)[None])
    return ValueScaling(
        _single(jitter.gains * scale),
        _single(jitter.offsets * scale + shift),
        _single(shift),
        _single(255 * scale + shift),
    )


def scale_values(batch_NHWC: Bytes | Floats, scaling: ValueScaling) -> Floats:
    """A batch of values 0 to 255 as a network's numbers, float32."""
    count, height, width, channels = batch_NHWC.shape
    # One factor for each value of a row, or of a small picture, makes a longer inner loop than one for each channel.
    repeats = height * width if height * width * channels <= _LONGEST_ROW else width

    def rows(numbers: Floats) -> Floats:
        return np.tile(numbers, repeats)

    values = batch_NHWC.reshape(count, height * width // repeats, repeats * channels)
    out = np.empty(values.shape, dtype=np.float32)
    np.multiply(values, rows(scaling.scale)[:, None], out=out)
    out += rows(scaling.shift)[:, None]
    if scaling.least is not None and scaling.most is not None:
        np.maximum(out, rows(scaling.least), out=out)
        np.minimum(out, rows(scaling.most), out=out)
    return out.reshape(batch_NHWC.shape)


def _single(numbers: Reals) -> Floats:
    return numbers.astype(np.float32)


def _thin_out(picture_HWC: Bytes) -> Bytes:
    height, width, _ = picture_HWC.shape
    return picture_HWC[:: -(-height // _SAMPLED_PIXELS), :: -(-width // _SAMPLED_PIXELS)]
