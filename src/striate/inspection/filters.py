"""Kernels: a network's own, and classic ones that were designed by hand.

The notes: "classic filters were thought out by people".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import StriateError
from striate.nn import Network, SparseConv2D
from striate.tables import Conv, Padding, Step, Table

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ClassicKernel:
    """A filter designed by hand: its 3x3 kernel, and what it does."""

    description: str
    kernel: tuple[tuple[float, float, float], ...]


CLASSIC_KERNELS = {
    "gaussian_blur": ClassicKernel("a mean over neighbours, weighted by distance", ((1, 2, 1), (2, 4, 2), (1, 2, 1))),
    "sobel_x": ClassicKernel(
        "vertical edges: positive where light is on the right of dark", ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
    ),
    "sobel_y": ClassicKernel(
        "horizontal edges: positive where light is below dark", ((-1, -2, -1), (0, 0, 0), (1, 2, 1))
    ),
    "outline": ClassicKernel("the difference from all neighbours", ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1))),
    "sharpen": ClassicKernel(
        "the picture plus the difference from its neighbours", ((0, -1, 0), (-1, 5, -1), (0, -1, 0))
    ),
    "emboss": ClassicKernel("relief, as if lit from the upper left", ((-2, -1, 0), (-1, 1, 1), (0, 1, 2))),
}
"""The filters of the notes, and others that are usual in courses. The blur's kernel sums to 16 and is divided by that
where it is used. Sources: Sobel and Feldman 1968; setosa.io, "Image Kernels"."""


def classic_kernel(name: str) -> Floats:
    """The kernel of a classic filter (3, 3). StriateError for another name.

    >>> classic_kernel("gaussian_blur").sum()
    np.float32(1.0)
    """
    if name not in CLASSIC_KERNELS:
        raise StriateError(f"there is no filter {name!r}; the classic ones are {', '.join(CLASSIC_KERNELS)}")
    kernel = np.array(CLASSIC_KERNELS[name].kernel, dtype=np.float32)
    return kernel / np.float32(16) if name == "gaussian_blur" else kernel


def classic_table(height: int, width: int) -> Table:
    """The classic filters as a table of one row, with a map for each, over one channel of a picture of this size."""
    row = Conv("filters", maps=len(CLASSIC_KERNELS), kernel=3, bias=False)
    return Table("classic filters", (1, height, width), (row,))


@dataclass(frozen=True)
class FilteredImage:
    """A channel of a picture (1, 1, height, width), and `map_HW`, its convolution with a kernel by `network`.

    `step` is the network's only row, `filter`, with the sizes and the window.
    """

    network: Network
    picture_NCHW: Tensor
    step: Step
    map_HW: Floats


def apply_kernel(picture_HW: Tensor, kernel: Floats, stride: int = 1, padding: Padding = "valid") -> FilteredImage:
    """Convolve one channel of a picture, whose values are not normalized, with a kernel (height, width).

    A table of one row computes it, so that its sizes are those of any convolution. TableError if the kernel does not
    fit.

        >>> apply_kernel(torch.ones(5, 7), np.ones((3, 3), np.float32), stride=2, padding="same").map_HW
        array([[4., 6., 6., 4.],
               [6., 9., 9., 6.],
               [4., 6., 6., 4.]], dtype=float32)
    """
    height, width = kernel.shape
    row = Conv("filter", maps=1, kernel=(height, width), stride=stride, padding=padding, bias=False)
    table = Table("kernel", (1, picture_HW.shape[0], picture_HW.shape[1]), (row,))
    network = _kernel_network(table, kernel[None])
    (step,) = network.plan.steps
    picture_NCHW = picture_HW.float()[None, None]
    with torch.no_grad():
        maps: Tensor = network(picture_NCHW)
    return FilteredImage(network, picture_NCHW, step, maps[0, 0].numpy())


def apply_classic_kernels(picture_CHW: Tensor) -> Floats:
    """Every classic filter over every channel of a picture: (filters, channels, height - 2, width - 2).

    The picture's values are not normalized. The network of `classic_table` computes it.

        >>> apply_classic_kernels(torch.ones(3, 5, 7)).shape
        (6, 3, 3, 5)
    """
    _, height, width = picture_CHW.shape
    network = _kernel_network(
        classic_table(height, width), np.stack([classic_kernel(name) for name in CLASSIC_KERNELS])
    )
    with torch.no_grad():
        maps: Tensor = network(picture_CHW.float().unsqueeze(1))
    return maps.transpose(0, 1).numpy()


def _kernel_network(table: Table, kernels: Floats) -> Network:
    """The network of a table of one row, a convolution of one channel, with these kernels (maps, height, width)."""
    network = Network(table.plan()).eval()
    network.load_state_dict({f"{table.rows[0].name}.weight": torch.from_numpy(kernels).unsqueeze(1)})
    return network


def kernels(network: Network, path: str) -> Floats:
    """The kernels of a convolution: (maps, input maps of a group, height, width).

    Those of a sparse convolution are zero where an output map does not read an input map. StriateError if the row is
    not a convolution.

        >>> from striate.nn import build
        >>> kernels(build("lenet5", seed=0), "C3").shape
        (16, 6, 5, 5)
    """
    step = network.plan.step(path)
    if not isinstance(step.row, Conv):
        raise StriateError(f"row {path} ({type(step.row).__name__}): has no kernels; expected a convolution")
    module = network.get_submodule(path)
    weight = module.dense_weight() if isinstance(module, SparseConv2D) else module.get_parameter("weight")
    return weight.detach().float().cpu().contiguous().numpy().copy()
