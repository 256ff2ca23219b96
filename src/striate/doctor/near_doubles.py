"""Near-doubles: pictures that are one picture, saved again, moved by pixels, mirrored, brighter, or cut a little.

Candidates are neighbours by a fingerprint that neither a small shift nor a mirror changes: the magnitudes of the
Fourier transform, u and -u together. Each candidate is then laid over the picture where both agree best
(`doctor.alignment`), and their details (the picture without its soft shades) are correlated on what they share. How
high two pictures come that are only alike differs between photographs and line drawings. So the bound is taken from the
set: it is what hardly any of the farther neighbours reaches. A pair below it is found if it stands alone: if its
distance, 1 less the correlation, is at most a fourth of that of any other pair of the two (the ratio of Lowe, 2004,
section 7.1).
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
from striate.doctor.alignment import Floats, Integers, best_correlations
from striate.doctor.collection import SIDE

OnStage = Callable[[str, int, int], None]
"""What is being done, and how much of how much of it is done."""

_FREQUENCIES = 9  # of each axis, in the fingerprint
_NEIGHBOURS = 5
_FAR = 3  # from this neighbour on, a candidate counts as only alike
_LEAST, _MOST = 0.6, 0.98  # of the bound
_ALIKE = 0.9999  # share of farther neighbours below the bound
_ALONE = 0.25  # of the next distance, for a pair below the bound
_UNKNOWN = 0.3  # correlation of a next pair where there is none
_ALIKE_FINGERPRINTS = 0.93  # correlation that a copy's fingerprint has in 99 of 100 cases
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


def find_near_doubles(thumbnails_NHWC: Bytes, on_stage: OnStage = lambda _stage, _done, _total: None) -> NearDoubles:
    """The near-doubles among thumbnails uint8 (N, 32, 32, 3). Time grows with the square of N.

    >>> noise = np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    >>> found = find_near_doubles(np.concatenate([noise, noise[4:5, :, ::-1]]))
    >>> [(pair.first, pair.second) for pair in found.pairs]
    [(4, 9)]
    """
    gray_NHW = _gray(thumbnails_NHWC)
    details_NHW = gray_NHW - gaussian_filter(gray_NHW, (0, _SOFT, _SOFT))
    pairs, ranks = _candidates(_fingerprints(gray_NHW), lambda *done: on_stage("comparing", *done))
    has_details = details_NHW.std(axis=(1, 2)) > _PLAIN
    chosen = has_details[pairs].all(axis=1)
    pairs, ranks = pairs[chosen], ranks[chosen]
    correlations = best_correlations(details_NHW, pairs, lambda *done: on_stage("aligning", *done))
    far = correlations[ranks >= _FAR]
    bound = float(np.clip(np.quantile(far, _ALIKE), _LEAST, _MOST)) if len(far) else _LEAST
    found = np.flatnonzero((correlations >= bound) | _stands_alone(pairs, correlations))
    ordered = found[np.argsort(-correlations[found], kind="stable")]
    return NearDoubles(
        tuple(NearDouble(int(pairs[i, 0]), int(pairs[i, 1]), float(correlations[i])) for i in ordered.tolist()), bound
    )


def _stands_alone(pairs: Integers, correlations: Floats) -> NDArray[np.bool_]:
    """Which pairs (P,) are far nearer than each of their two pictures is to any other."""
    pictures, of_each = pairs.T.ravel(), np.tile(correlations, 2)
    best, next_best = (np.full(pairs.max(initial=0) + 1, _UNKNOWN, np.float32) for _ in range(2))
    np.maximum.at(best, pictures, of_each)
    others = of_each < best[pictures]
    np.maximum.at(next_best, pictures[others], of_each[others])
    alone: NDArray[np.bool_] = 1 - correlations <= _ALONE * (1 - next_best[pairs].max(axis=1))
    return alone


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
