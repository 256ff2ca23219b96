"""What a device cannot do, found out by a short trial: torch's kernels differ from one kind of device to another."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from striate.runtime.out_of_memory import is_out_of_memory

_MOVED = "fall back to run on the CPU"  # torch's words with PYTORCH_ENABLE_MPS_FALLBACK=1


@dataclass(frozen=True)
class Abilities:
    """What a device can do: numbers of double precision, products in bfloat16; and the kernels that it lacks.

    >>> Abilities(float64=False, missing=("ceil_mode pooling",)).lacking()
    ('no float64', 'no ceil_mode pooling')
    """

    float64: bool = True
    bfloat16: bool = True
    missing: tuple[str, ...] = ()
    """The kernels; with "(the CPU computes it)" those that torch moves there by itself."""

    def lacking(self) -> tuple[str, ...]:
        """What is lacking, in words."""
        kinds = (("float64", self.float64), ("bfloat16", self.bfloat16))
        return tuple(f"no {name}" for name in (*(name for name, has in kinds if not has), *self.missing))


@functools.cache
def probe_device(device: torch.device) -> Abilities:
    """What a device can do, by a trial of some milliseconds, once in a process. The CPU can do everything.

    >>> probe_device(torch.device("cpu"))
    Abilities(float64=True, bfloat16=True, missing=())
    """
    if device.type == "cpu":
        return Abilities()
    missing = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        has_float64, has_bfloat16 = _works(_sum_of_doubles, device), _works(_product_in_bfloat16, device)
        for name, kernel in _KERNELS.items():
            caught.clear()
            if not _works(functools.partial(_train, kernel), device):
                missing.append(name)
            elif any(_MOVED in str(warning.message) for warning in caught):
                missing.append(f"{name} (the CPU computes it)")
    return Abilities(has_float64, has_bfloat16, tuple(missing))


def missing_kernel(error: NotImplementedError) -> str:
    """That torch lacks a kernel on a device, in one line.

    >>> missing_kernel(NotImplementedError("The operator 'aten::x' is not implemented. If you"))
    "The operator 'aten::x' is not implemented; take device cpu"
    """
    return f"{str(error).partition('. ')[0].rstrip('.')}; take device cpu"


def _works(trial: Callable[[torch.device], object], device: torch.device) -> bool:
    try:
        trial(device)
    except (TypeError, RuntimeError) as error:  # NotImplementedError too, which is a RuntimeError
        if is_out_of_memory(error) or isinstance(error, torch.AcceleratorError):
            raise
        return False
    return True


def _sum_of_doubles(device: torch.device) -> None:
    torch.ones(2, device=device).double().sum().item()


def _product_in_bfloat16(device: torch.device) -> None:
    images_NCHW, weight = torch.ones(1, 1, 4, 4, device=device), torch.ones(1, 1, 3, 3, device=device)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        F.conv2d(images_NCHW, weight).float().sum().item()


def _train(kernel: Callable[[Tensor], Tensor], device: torch.device) -> None:
    """A kernel, forward and backward."""
    maps_NCHW = torch.ones(2, 4, 7, 7).to(device, memory_format=torch.channels_last).requires_grad_()
    kernel(maps_NCHW).sum().backward()  # type: ignore[no-untyped-call]
    assert maps_NCHW.grad is not None
    maps_NCHW.grad.sum().item()  # waits for the device, whose errors come late


def _convolution(maps_NCHW: Tensor) -> Tensor:
    return F.conv2d(maps_NCHW, maps_NCHW[:, :2, :3, :3].repeat(2, 1, 1, 1), stride=2, padding=1, groups=2)


def _sparse_convolution(maps_NCHW: Tensor) -> Tensor:
    index = torch.arange(4).to(maps_NCHW.device)
    kernels = maps_NCHW.new_zeros(4, 4, 3, 3).index_put((index, index), maps_NCHW[0, :, :3, :3])
    return F.conv2d(maps_NCHW, kernels)


def _response_normalization(maps_NCHW: Tensor) -> Tensor:
    return maps_NCHW * (2 + F.pad(maps_NCHW.square(), (0, 0, 0, 0, 1, 1)).narrow(1, 0, 4)) ** -0.75


def _batch_normalization(maps_NCHW: Tensor) -> Tensor:
    return F.batch_norm(maps_NCHW, None, None, training=True)


def _grid_sample(maps_NCHW: Tensor) -> Tensor:
    grid_NHWC = maps_NCHW.detach()[:, :2].permute(0, 2, 3, 1) / 2
    zeros, border = (
        F.grid_sample(maps_NCHW, grid_NHWC, padding_mode=mode, align_corners=False) for mode in ("zeros", "border")
    )
    return zeros + border


_KERNELS: dict[str, Callable[[Tensor], Tensor]] = {
    "grouped convolution in channels last": _convolution,
    "convolution with a connection table": _sparse_convolution,
    "max pooling with ceil_mode": lambda maps: F.max_pool2d(maps, 2, 2, ceil_mode=True),
    "average pooling with ceil_mode": lambda maps: F.avg_pool2d(maps, 2, 2, ceil_mode=True),
    "adaptive average pooling": lambda maps: F.adaptive_avg_pool2d(maps, 3),
    "batch normalization": _batch_normalization,
    "local response normalization": _response_normalization,
    "dropout": lambda maps: F.dropout(maps, 0.5),
    "antialiased interpolation": lambda maps: F.interpolate(maps, (3, 3), mode="bilinear", antialias=True),
    "grid_sample": _grid_sample,
}
"""What our networks and their augmentation compute, as far as a kind of device may lack it."""
