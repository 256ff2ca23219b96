"""Kernels: those that a network has, those that people made by hand, and one found by gradient descent.

The notes: "classic filters were thought out by people"; "nowadays filters are learned".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.errors import StriateError
from striate.nn import Network, SparseConv2D
from striate.tables import Conv, Padding, Step, Table

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ClassicKernel:
    """A filter that people thought out: its 3x3 kernel, and what it does."""

    does: str
    kernel: tuple[tuple[float, float, float], ...]


CLASSIC_KERNELS = {
    "gaussian_blur": ClassicKernel("means over neighbours, the nearer the heavier", ((1, 2, 1), (2, 4, 2), (1, 2, 1))),
    "sobel_x": ClassicKernel("light on the right of dark: upright edges", ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))),
    "sobel_y": ClassicKernel("light below dark: level edges", ((-1, -2, -1), (0, 0, 0), (1, 2, 1))),
    "outline": ClassicKernel("what differs from all around it", ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1))),
    "sharpen": ClassicKernel(
        "the picture, and what differs from its neighbours", ((0, -1, 0), (-1, 5, -1), (0, -1, 0))
    ),
    "emboss": ClassicKernel("as if lit from the upper left", ((-2, -1, 0), (-1, 1, 1), (0, 1, 2))),
}
"""The filters that the notes name, and those beside them in every course. The blur's kernel sums to 16, and is divided
by that where it is used. Sources: Sobel and Feldman 1968; setosa.io, "Image Kernels"."""


def classic_kernel(name: str) -> Floats:
    """The kernel of a hand-made filter (3, 3). StriateError names those that there are.

    >>> classic_kernel("gaussian_blur").sum()
    np.float32(1.0)
    """
    if name not in CLASSIC_KERNELS:
        raise StriateError(f"there is no filter {name!r}; the hand-made ones are {', '.join(CLASSIC_KERNELS)}")
    kernel = np.array(CLASSIC_KERNELS[name].kernel, dtype=np.float32)
    return kernel / np.float32(16) if name == "gaussian_blur" else kernel


def classic_table(height: int, width: int) -> Table:
    """The hand-made filters as a table of one row, a map for each, over one channel of a picture of this size."""
    row = Conv("filters", maps=len(CLASSIC_KERNELS), kernel=3, bias=False)
    return Table("hand-made filters", (1, height, width), (row,))


@dataclass(frozen=True)
class Filtered:
    """A kernel over one channel of a picture (1, 1, height, width): `network` computes it, `map_HW` is what it gives.

    `step` is the network's only row, `filter`, with the sizes and the window.
    """

    network: Network
    picture_NCHW: Tensor
    step: Step
    map_HW: Floats


def apply_kernel(picture_HW: Tensor, kernel: Floats, stride: int = 1, padding: Padding = "valid") -> Filtered:
    """Slide a kernel (height, width) over one channel of a picture, its values taken as they are.

    It is a table of one row, so its sizes are those of any convolution. TableError if the kernel does not fit.

        >>> apply_kernel(torch.ones(5, 7), np.ones((3, 3), np.float32), stride=2, padding="same").map_HW
        array([[4., 6., 6., 4.],
               [6., 9., 9., 6.],
               [4., 6., 6., 4.]], dtype=float32)
    """
    height, width = kernel.shape
    row = Conv("filter", maps=1, kernel=(height, width), stride=stride, padding=padding, bias=False)
    table = Table("kernel", (1, picture_HW.shape[0], picture_HW.shape[1]), (row,))
    network = _made(table, kernel[None])
    (step,) = network.plan.steps
    picture_NCHW = picture_HW.float()[None, None]
    with torch.no_grad():
        maps: Tensor = network(picture_NCHW)
    return Filtered(network, picture_NCHW, step, maps[0, 0].numpy())


def apply_classic_kernels(picture_CHW: Tensor) -> Floats:
    """Every hand-made filter over every channel of a picture: (filters, channels, height - 2, width - 2).

    The picture's values are taken as they are. It is the network of `classic_table` that computes it.

        >>> apply_classic_kernels(torch.ones(3, 5, 7)).shape
        (6, 3, 3, 5)
    """
    _, height, width = picture_CHW.shape
    network = _made(classic_table(height, width), np.stack([classic_kernel(name) for name in CLASSIC_KERNELS]))
    with torch.no_grad():
        maps: Tensor = network(picture_CHW.float().unsqueeze(1))
    return maps.transpose(0, 1).numpy()


def _made(table: Table, kernels: Floats) -> Network:
    """The network of a table of one row, a convolution of one channel, with these kernels (maps, height, width)."""
    network = Network(table.plan()).eval()
    network.load_state_dict({f"{table.rows[0].name}.weight": torch.from_numpy(kernels).unsqueeze(1)})
    return network


def kernels(network: Network, path: str) -> Floats:
    """The kernels of a convolution: (maps, input maps of a group, height, width).

    Those of a sparse convolution are zero where an output map does not see an input map. StriateError if the row is
    no convolution.

        >>> from striate.nn import build
        >>> kernels(build("lenet5", seed=0), "C3").shape
        (16, 6, 5, 5)
    """
    step = network.plan.step(path)
    if not isinstance(step.row, Conv):
        raise StriateError(f"row {path} ({type(step.row).__name__}): has no kernels; a convolution was expected")
    module = network.get_submodule(path)
    weight = module.dense_weight() if isinstance(module, SparseConv2D) else module.get_parameter("weight")
    return weight.detach().float().cpu().contiguous().numpy().copy()


@dataclass(frozen=True)
class Learned:
    """How a kernel was found: `kernels` (steps + 1, height, width) begins with the drawn one, `losses` (steps + 1,)."""

    wanted: Floats
    kernels: Floats
    losses: Floats

    @property
    def errors(self) -> Floats:
        """The largest difference of any weight from the wanted kernel's, after each step (steps + 1,)."""
        differences: Floats = np.abs(self.kernels - self.wanted).max(axis=(1, 2))
        return differences


def learn_filter(
    pictures_NHW: Tensor,
    wanted: Floats,
    *,
    steps: int = 500,
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Learned:
    """Find a kernel from pairs of pictures, before and after it, by gradient descent on the mean squared difference.

    What is learned is never shown the kernel, only what it makes of the pictures (values 0 to 255). The descent
    begins at weights drawn by `seed`, with Nesterov's momentum, at the inverse of the loss's steepest curvature.
    Pictures without detail (enlarged ones) are changed alike by many kernels, and another than the wanted one is
    found. StriateError if all pictures are flat, for then nothing can be learned from them.
    """
    wanted = np.asarray(wanted, dtype=np.float32)
    kernel_size = (wanted.shape[0], wanted.shape[1])
    if not pictures_NHW.min() < pictures_NHW.max():
        raise StriateError("a filter cannot be learned from pictures without any contrast")
    before = pictures_NHW.double().unsqueeze(1) / 255
    before = before - before.mean()  # else one direction, the brightness, is far steeper than all others
    after = F.conv2d(before, torch.from_numpy(wanted).double()[None, None])
    kernel = torch.randn(1, 1, *kernel_size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    rate, velocity = 1 / _steepest_curvature(before, kernel_size), torch.zeros_like(kernel)
    seen, losses = [], []
    for step in range(steps + 1):
        kernel.requires_grad_()
        loss = F.mse_loss(F.conv2d(before, kernel), after)
        (gradient,) = torch.autograd.grad(loss, kernel)
        seen.append(kernel.detach()[0, 0].float().numpy())
        losses.append(loss.item())
        velocity = _MOMENTUM * velocity + gradient
        kernel = kernel.detach() - rate * (gradient + _MOMENTUM * velocity)
        on_progress(step, steps)
    return Learned(wanted, np.stack(seen), np.array(losses, dtype=np.float32))


_MOMENTUM = 0.9


def _steepest_curvature(pictures_NCHW: Tensor, kernel_size: tuple[int, int]) -> float:
    """The largest second derivative of the mean squared difference by the kernel: an eigenvalue of 2 E[x x^T]."""
    windows_NKP = F.unfold(pictures_NCHW, kernel_size)
    products = torch.einsum("nkp,nlp->kl", windows_NKP, windows_NKP) / (windows_NKP.shape[0] * windows_NKP.shape[2])
    return float(torch.linalg.eigvalsh(2 * products)[-1])
