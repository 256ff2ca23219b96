"""Pictures laid on each other: the correlation of copies is found again, wherever they were moved to."""

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter

from striate.doctor.alignment import best_correlations


def blurred_noise(generator, count):
    noise = gaussian_filter(generator.normal(size=(count, 32, 32)), (0, 1.2, 1.2))
    return (noise / noise.std() * 40).astype(np.float32)


def laid(image, stretch, move):
    """The picture where the place (y, x), from the middle, shows what was at (a y + b, c x + d)."""
    middle = np.full(2, 15.5)
    moved = affine_transform(image, np.array(stretch), middle - np.array(stretch) * middle + move, mode="nearest")
    return moved.astype(np.float32)


@pytest.mark.parametrize(
    ("stretch", "move"),
    [((1, 1), (0, 0)), ((1, 1), (2.5, -1.4)), ((0.93, 0.9), (0.3, -0.6)), ((1.06, 1), (-1, 0.5))],
    ids=["the same", "moved between pixels", "cut at its sides", "taller"],
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_copy_is_met_where_it_lies(stretch, move, mirrored):
    generator = np.random.default_rng(5)
    images = blurred_noise(generator, 16)
    copies = np.stack([laid(image, stretch, move) for image in images])
    copies = copies[:, :, ::-1] if mirrored else copies
    both = np.concatenate([images, copies])
    of_copies = best_correlations(both, np.stack([np.arange(16), np.arange(16) + 16], axis=1))
    of_others = best_correlations(both, np.stack([np.arange(16), 16 + (np.arange(16) + 1) % 16], axis=1))
    assert of_copies.min() > 0.95
    assert of_others.max() < 0.7


def test_progress_and_nothing_to_do():
    seen = []
    assert len(best_correlations(np.zeros((2, 32, 32), np.float32), np.zeros((0, 2), np.int64), print)) == 0
    images = blurred_noise(np.random.default_rng(6), 2)
    best_correlations(images, np.array([[0, 1]]), lambda *done: seen.append(done))
    assert seen == [(1, 1)]


def test_pictures_without_anything_do_not_divide_by_zero():
    flat = np.zeros((2, 32, 32), np.float32)
    assert np.isfinite(best_correlations(flat, np.array([[0, 1]]))).all()
