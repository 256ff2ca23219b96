"""A filter that gradient descent finds, compared with autograd's gradient and with the least-squares solution."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from striate.errors import StriateError
from striate.inspection import CLASSIC_KERNELS, classic_kernel, learn_filter


def noise(count=4, side=20, seed=0):
    return torch.randint(256, (count, side, side), generator=torch.Generator().manual_seed(seed))


def windows_of(pictures):
    """Every 3x3 window of the pictures, less their mean, as a row."""
    before = pictures.double()[:, None] / 255
    return F.unfold(before - before.mean(), 3).transpose(1, 2).reshape(-1, 9).numpy()


@pytest.mark.parametrize("name", ["sobel_x", "sobel_y", "outline", "sharpen"])
def test_gradient_descent_finds_the_filter(name):
    learned = learn_filter(noise(), classic_kernel(name))
    assert learned.errors[0] > 0.5  # it starts elsewhere
    assert learned.errors[-1] < 1e-2
    assert learned.losses[-1] < 1e-6 < learned.losses[0]
    assert learned.kernels.shape == (501, 3, 3)


def test_sobel_is_learned_from_real_digits():
    """From 64 scanned digits of 8x8 pixels, whose detail is real."""
    from sklearn.datasets import load_digits

    pictures = torch.from_numpy(load_digits().images[:64] * 255 / 16)
    assert learn_filter(pictures, classic_kernel("sobel_x")).errors[-1] < 1e-2


def test_learning_a_filter_is_repeatable_by_its_seed():
    target = classic_kernel("emboss")
    first, again, other = (learn_filter(noise(), target, steps=5, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.kernels, again.kernels)
    assert not np.array_equal(first.kernels[0], other.kernels[0])


def test_flat_pictures_are_refused():
    with pytest.raises(StriateError, match="cannot be learned from pictures without contrast"):
        learn_filter(torch.full((2, 9, 9), 7), classic_kernel("sobel_x"))


@pytest.mark.parametrize("name", CLASSIC_KERNELS)
def test_it_ends_at_the_least_squares_solution(name):
    """Of the linear system that says: each window, times the kernel, is its filtered value."""
    pictures, target = noise(1, 12), classic_kernel(name)
    windows = windows_of(pictures)
    solution, _, rank, _ = np.linalg.lstsq(windows, windows @ target.ravel().astype(float), rcond=None)
    assert rank == 9
    np.testing.assert_allclose(learn_filter(pictures, target).kernels[-1].ravel(), solution, atol=1e-9)


def test_without_detail_it_ends_at_the_solution_that_is_nearest_to_the_start():
    """Columns that are all alike leave the differences within a row of the kernel free: the start keeps them."""
    pictures = noise(1, 14)[:, :, :1].expand(-1, -1, 14)
    target = classic_kernel("sobel_y")
    windows = windows_of(pictures)
    learned = learn_filter(pictures, target)
    start = learned.kernels[0].ravel()
    shortest, _, rank, _ = np.linalg.lstsq(windows, windows @ (target.ravel() - start), rcond=None)
    assert rank == 3
    np.testing.assert_allclose(learned.kernels[-1].ravel(), start + shortest, atol=1e-9)
    assert learned.errors[-1] > 0.1 and learned.losses[-1] < 1e-12


def test_every_step_is_that_of_autograd_and_nesterov():
    """torch's own optimizer, on the pictures themselves, with the inverse of the Hessian's largest eigenvalue."""
    pictures, target = noise(2, 9), classic_kernel("emboss")
    before = pictures.double()[:, None] / 255
    before = before - before.mean()
    after = F.conv2d(before, torch.from_numpy(target).double()[None, None])

    def loss_of(weights):
        return F.mse_loss(F.conv2d(before, weights.view(1, 1, 3, 3)), after)

    learned = learn_filter(pictures, target, steps=30, seed=3)
    kernel = torch.tensor(learned.kernels[0].ravel(), requires_grad=True)
    curvature = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss_of, kernel))[-1].item()
    optimizer = torch.optim.SGD([kernel], lr=1 / curvature, momentum=0.9, nesterov=True)
    for expected, loss_expected in zip(learned.kernels, learned.losses, strict=True):
        loss = loss_of(kernel)
        np.testing.assert_allclose(kernel.detach().numpy(), expected.ravel(), atol=1e-9)
        assert loss.item() == pytest.approx(loss_expected, rel=1e-9)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
