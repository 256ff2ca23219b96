"""Laying one thumbnail over another: how alike two pictures are where both lie best on each other.

First by whole pixels: the shift, and mirrored or not, where the cross correlation is highest. Where that is promising,
the second picture is then moved and stretched along its height and width by parts of pixels until both agree best, by
least squares (Lucas, Kanade, 1981; Baker, Matthews, 2004, section 2.2): a picture that was cut at its sides and scaled
again is larger by some per cent, and a scaled one lies between the pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

_SHIFT = 3  # whole pixels, at most
_PROMISING = 0.3  # correlation at whole pixels from which on parts of pixels are worth their time
_STEPS = 4  # of least squares; with eight no more pairs are found
_DAMPING = 1e-3  # of the least squares, as a share of the mean of its diagonal
_STRETCH = 1.25  # at most, and 1 / 1.25 at least
_SHARED = 0.6  # of the pixels, at least, that both pictures must have for a correlation to count
_PAIRS = 4096  # at once


def best_correlations(
    details_NHW: Floats, pairs: Integers, on_progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Floats:
    """The correlation (P,) of the details of each pair (P, 2) on what they share, where it is best.

    >>> noise = np.random.default_rng(0).normal(size=(2, 32, 32)).astype(np.float32)
    >>> moved = np.roll(noise[0], 1, axis=1)[:, ::-1]
    >>> best_correlations(np.stack([*noise, moved]), np.array([[0, 1], [0, 2]])) > 0.99
    array([False,  True])
    """
    parts = [np.zeros(0, np.float32)]
    for begin in range(0, len(pairs), _PAIRS):
        first, second = (torch.from_numpy(details_NHW[pairs[begin : begin + _PAIRS, side]]) for side in (0, 1))
        parts.append(_best_correlations(first, second).numpy())
        on_progress(min(begin + _PAIRS, len(pairs)), len(pairs))
    return np.concatenate(parts)


def _best_correlations(first_PHW: Tensor, second_PHW: Tensor) -> Tensor:
    plain_P, mirrored_P = (_correlate_shifted(first_PHW, images) for images in (second_PHW, second_PHW.flip(2)))
    is_mirrored = mirrored_P[0] > plain_P[0]
    second_PHW = torch.where(is_mirrored[:, None, None], second_PHW.flip(2), second_PHW)
    correlation_P, shift_P2 = (
        torch.where(is_mirrored.view(-1, *[1] * (plain.dim() - 1)), mirrored, plain)
        for plain, mirrored in zip(plain_P, mirrored_P, strict=True)
    )
    promising = (correlation_P >= _PROMISING).nonzero().squeeze(1)
    refined = _correlate_refined(first_PHW[promising], second_PHW[promising], shift_P2[promising])
    correlation_P[promising] = torch.maximum(correlation_P[promising], refined)
    return correlation_P


def _correlate_shifted(first_PHW: Tensor, second_PHW: Tensor) -> tuple[Tensor, Tensor]:
    """Correlations (P,) at the shifts (P, 2), in rows and columns, of the highest cross correlation."""
    shifts_P2 = _best_shifts(first_PHW, second_PHW)
    correlation_P = torch.empty(len(first_PHW))
    for down, right in {(down, right) for down, right in shifts_P2.tolist()}:
        chosen = (shifts_P2 == torch.tensor([down, right])).all(dim=1)
        correlation_P[chosen] = _overlap_correlation(first_PHW[chosen], second_PHW[chosen], down, right)
    return correlation_P, shifts_P2


def _best_shifts(first_PHW: Tensor, second_PHW: Tensor) -> Tensor:
    padded = [2 * side for side in first_PHW.shape[1:]]
    product = torch.fft.rfft2(first_PHW, padded) * torch.fft.rfft2(second_PHW, padded).conj()
    cross_PHW = torch.fft.irfft2(product, padded)
    near = torch.arange(-_SHIFT, _SHIFT + 1)
    best = cross_PHW[:, near % padded[0]][:, :, near % padded[1]].flatten(1).argmax(dim=1)
    return torch.stack([best // len(near), best % len(near)], dim=1) - _SHIFT


def _overlap_correlation(first_PHW: Tensor, second_PHW: Tensor, down: int, right: int) -> Tensor:
    height, width = first_PHW.shape[1:]
    ours, theirs = (
        images[:, max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)].flatten(1)
        for images, y, x in ((first_PHW, down, right), (second_PHW, -down, -right))
    )
    ours, theirs = (part - part.mean(dim=1, keepdim=True) for part in (ours, theirs))
    return torch.cosine_similarity(ours, theirs)


def _correlate_refined(first_PHW: Tensor, second_PHW: Tensor, shifts_P2: Tensor) -> Tensor:
    """Correlations (P,) after the second picture was moved and stretched to lie best on the first, from the shift on.

    A place (y, x) of the first picture, measured from its middle, is met by (a y + b, c x + d) of the second.
    """
    places_2K = _places(*first_PHW.shape[1:])
    stretch_P2, move_P2 = torch.ones(shifts_P2.shape), -shifts_P2.float()
    channels_PCHW = torch.stack([second_PHW, *torch.gradient(second_PHW, dim=(1, 2))], dim=1)
    ours_PK = first_PHW.flatten(1)
    best = torch.full((len(first_PHW),), -1.0)
    for step in range(_STEPS + 1):
        met_P2K = stretch_P2[:, :, None] * places_2K + move_P2[:, :, None]
        theirs_PK, slopes_P2K, inside_PK = _sample(channels_PCHW, met_P2K)
        ours, theirs = _standard(ours_PK, inside_PK), _standard(theirs_PK, inside_PK)
        correlation = (ours * theirs).sum(dim=1)
        best = torch.where(inside_PK.mean(dim=1) >= _SHARED, torch.maximum(best, correlation), best)
        if step < _STEPS:
            scale = (theirs_PK * theirs).sum(dim=1, keepdim=True).clamp(min=1e-6)
            slopes = slopes_P2K * inside_PK[:, None]
            columns_P4K = torch.cat([slopes * places_2K, slopes], dim=1)
            change_P4 = _least_squares(columns_P4K, (ours - theirs) * scale)
            stretch_P2 = (stretch_P2 + change_P4[:, :2]).clamp(1 / _STRETCH, _STRETCH)
            move_P2 = move_P2 + change_P4[:, 2:]
    return best


def _places(height: int, width: int) -> Tensor:
    """Row and column (2, HW) of each pixel, from the middle."""
    rows, columns = torch.meshgrid(
        torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2, indexing="ij"
    )
    return torch.stack([rows.flatten(), columns.flatten()])


def _sample(channels_PCHW: Tensor, met_P2K: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Values (P, K) and slopes (P, 2, K) of pictures between their pixels, and which places are inside."""
    half_2 = torch.tensor([side / 2 for side in channels_PCHW.shape[2:]])[:, None]
    grid = (met_P2K / half_2).flip(1).transpose(1, 2)[:, :, None]
    sampled = torch.nn.functional.grid_sample(channels_PCHW, grid, padding_mode="border", align_corners=False)
    inside_PK = (met_P2K.abs() <= half_2 - 0.5).all(dim=1).float()
    return sampled[:, 0, :, 0], sampled[:, 1:, :, 0], inside_PK


def _standard(values_PK: Tensor, inside_PK: Tensor) -> Tensor:
    """Values inside, less their mean, at length 1; 0 outside."""
    mean = (values_PK * inside_PK).sum(dim=1, keepdim=True) / inside_PK.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.nn.functional.normalize((values_PK - mean) * inside_PK)


def _least_squares(columns_PMK: Tensor, target_PK: Tensor) -> Tensor:
    """The weights (P, M) of the columns that come nearest to the target, damped."""
    normal = columns_PMK @ columns_PMK.transpose(1, 2)
    diagonal = normal.diagonal(dim1=1, dim2=2)
    damping = _DAMPING * diagonal + 1e-6 * diagonal.mean(dim=1, keepdim=True) + 1e-6
    solution: Tensor = torch.linalg.solve(
        normal + torch.diag_embed(damping), (columns_PMK @ target_PK[:, :, None]).squeeze(2)
    )
    return solution
