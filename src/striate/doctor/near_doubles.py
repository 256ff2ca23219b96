"""Near-doubles: pictures that are one picture, saved again, moved by pixels, mirrored, brighter, or cut a little.

Candidates are neighbours by a fingerprint that neither a small shift nor a mirror changes: the magnitudes of the
Fourier transform, u and -u together. Each candidate is then laid over the picture, mirrored and not, at the shift where
both agree best, and their details (the picture without its soft shades) are correlated on what they share. How high two
pictures come that are only alike differs between photographs and line drawings. So the bound is taken from the set: it
is what hardly any of the farther neighbours reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from striate.data import Bytes, convert_channels
from striate.doctor.collection import SIDE

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

_FREQUENCIES = 9  # of each axis, in the fingerprint
_NEIGHBOURS = 5
_FAR = 3  # from this neighbour on, a candidate counts as only alike
_LEAST, _MOST = 0.6, 0.97  # of the bound
_ALIKE = 0.999  # share of farther neighbours below the bound
_ALIKE_FINGERPRINTS = 0.93  # correlation that a copy's fingerprint has in 99 of 100 cases
_SHIFT = 3  # pixels of 32
_SOFT = 2.0  # standard deviation, in pixels, of what counts as soft shade
_BLOCK, _PAIRS = 512, 4096
_PLAIN = 1.0  # standard deviation of the details below which a picture has none to compare


@dataclass(frozen=True)
class NearDouble:
    """Two pictures by index, the first before the second, and the correlation of their details."""

    first: int
    second: int
    correlation: float


@dataclass(frozen=True)
class NearDoubles:
    """All pairs found, the surest first, and the bound of the correlation that was taken from the set."""

    pairs: tuple[NearDouble, ...]
    bound: float


def find_near_doubles(
    thumbnails_NHWC: Bytes, on_progress: Callable[[int, int], None] = lambda _done, _total: None
) -> NearDoubles:
    """The near-doubles among thumbnails uint8 (N, 32, 32, 3). Time grows with the square of N.

    >>> noise = np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    >>> found = find_near_doubles(np.concatenate([noise, noise[4:5, :, ::-1]]))
    >>> [(pair.first, pair.second) for pair in found.pairs]
    [(4, 9)]
    """
    gray_NHW = _gray(thumbnails_NHWC)
    details_NHW = gray_NHW - gaussian_filter(gray_NHW, (0, _SOFT, _SOFT))
    pairs, ranks = _candidates(_fingerprints(gray_NHW), on_progress)
    has_details = details_NHW.std(axis=(1, 2)) > _PLAIN
    chosen = has_details[pairs].all(axis=1)
    pairs, ranks = pairs[chosen], ranks[chosen]
    if len(pairs) == 0:
        return NearDoubles((), _LEAST)
    correlation = np.maximum(*(_correlate(details_NHW, pairs, mirrored=mirrored) for mirrored in (False, True)))
    far = correlation[ranks >= _FAR]
    bound = float(np.clip(np.quantile(far, _ALIKE), _LEAST, _MOST)) if len(far) else _LEAST
    found = np.flatnonzero(correlation >= bound)
    ordered = found[np.argsort(-correlation[found], kind="stable")]
    return NearDoubles(
        tuple(NearDouble(int(pairs[i, 0]), int(pairs[i, 1]), float(correlation[i])) for i in ordered.tolist()), bound
    )


def _gray(thumbnails_NHWC: Bytes) -> Floats:
    images_NCHW = torch.from_numpy(thumbnails_NHWC).permute(0, 3, 1, 2)
    gray_NHW: Floats = np.concatenate(
        [convert_channels(part, 1).squeeze(1).numpy().astype(np.float32) for part in torch.split(images_NCHW, _PAIRS)]
    )
    return gray_NHW


def _fingerprints(gray_NHW: Floats) -> Tensor:
    """Unit vectors (N, 81): magnitudes at low frequencies of each picture, under a window that hides its border."""
    window = np.hanning(SIDE + 2)[1:-1].astype(np.float32)
    parts = []
    for part in torch.split(torch.from_numpy(gray_NHW), _PAIRS):
        centred = (part - part.mean(dim=(1, 2), keepdim=True)) * torch.from_numpy(np.outer(window, window))
        magnitudes = torch.fft.rfft2(centred).abs()[:, :, :_FREQUENCIES]
        mirrored = magnitudes[:, -torch.arange(SIDE) % SIDE]
        roots = (magnitudes + mirrored)[:, :_FREQUENCIES].sqrt().flatten(1)
        parts.append(roots - roots.mean(dim=1, keepdim=True))
    return torch.nn.functional.normalize(torch.cat(parts))


def _candidates(prints_ND: Tensor, on_progress: Callable[[int, int], None]) -> tuple[Integers, Integers]:
    """Pairs (P, 2) of neighbours by fingerprint, each once, and the rank (P,) of the nearer view."""
    total, found = len(prints_ND), []
    nearest = min(_NEIGHBOURS, total - 1)
    for begin in range(0, total if nearest > 0 else 0, _BLOCK):
        rows = torch.arange(begin, min(begin + _BLOCK, total))
        similar = prints_ND[rows] @ prints_ND.T
        similar[torch.arange(len(rows)), rows] = -1
        values, indices = similar.topk(nearest, dim=1)
        row, rank = (values >= _ALIKE_FINGERPRINTS).nonzero(as_tuple=True)
        found.append(torch.stack([rows[row], indices[row, rank], rank]).T)
        on_progress(len(rows) + begin, total)
    if not found:
        return np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    all_found = torch.cat(found).numpy()
    pairs, ranks = np.sort(all_found[:, :2], axis=1), all_found[:, 2]
    order = np.lexsort((ranks, pairs[:, 1], pairs[:, 0]))
    _, first = np.unique(pairs[order], axis=0, return_index=True)
    return pairs[order][first], ranks[order][first]


def _correlate(details_NHW: Floats, pairs: Integers, *, mirrored: bool) -> Floats:
    """The correlation (P,) of each pair's details on what they share, at the shift where it is best by the cross
    correlation; the second picture may be mirrored."""
    parts = []
    for begin in range(0, len(pairs), _PAIRS):
        first, second = (torch.from_numpy(details_NHW[pairs[begin : begin + _PAIRS, side]]) for side in (0, 1))
        second = second.flip(2) if mirrored else second
        shifts = _best_shifts(first, second)
        correlation = torch.empty(len(first))
        for shift in sorted(set(shifts.tolist())):
            chosen = shifts == shift
            correlation[chosen] = _overlap_correlation(first[chosen], second[chosen], shift)
        parts.append(correlation.numpy())
    return np.concatenate(parts)


def _best_shifts(first_NHW: Tensor, second_NHW: Tensor) -> Tensor:
    """By how much to move the second pictures (P,), as one number: row times 64 plus column, each from 0 for -3."""
    padded = (2 * SIDE, 2 * SIDE)
    product = torch.fft.rfft2(first_NHW, padded) * torch.fft.rfft2(second_NHW, padded).conj()
    cross_NHW = torch.fft.irfft2(product, padded)
    near = torch.arange(-_SHIFT, _SHIFT + 1)
    width = len(near)
    best: Tensor = cross_NHW[:, near % (2 * SIDE)][:, :, near % (2 * SIDE)].flatten(1).argmax(dim=1)
    return best // width * 64 + best % width


def _overlap_correlation(first_NHW: Tensor, second_NHW: Tensor, shift: int) -> Tensor:
    rows, columns = shift // 64 - _SHIFT, shift % 64 - _SHIFT
    ours, theirs = (
        images[:, max(0, y) : SIDE + min(0, y), max(0, x) : SIDE + min(0, x)].flatten(1)
        for images, y, x in ((first_NHW, rows, columns), (second_NHW, -rows, -columns))
    )
    ours, theirs = (part - part.mean(dim=1, keepdim=True) for part in (ours, theirs))
    correlation: Tensor = torch.cosine_similarity(ours, theirs)
    return correlation
