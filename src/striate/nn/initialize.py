"""First weights, as each paper draws them, else by the activation that follows."""

from __future__ import annotations

import math
from typing import assert_never

import torch
from torch import Tensor, nn

from striate.nn.layers import Conv2D, Dense, SparseConv2D
from striate.nn.pooling import Subsample2D
from striate.tables.initialization import ByActivation, Gaussian, He, Initialization, LeCun, Xavier


def initialize(network: nn.Module, scheme: Initialization, generator: torch.Generator | None = None) -> None:
    """Draw every weight of a network anew, as the scheme says (`striate.tables.initialization`).

    A subsampling coefficient starts as the mean of its window, or as LeCun's scheme has it. Batch normalization
    starts as the identity.
    """
    with torch.no_grad():
        for path, module in network.named_modules():
            match module:
                case Conv2D() | Dense():
                    _draw(module.weight, module.weight[0].numel(), module.activation, scheme, generator)
                case SparseConv2D():
                    fan_ins = module.fan_ins[module.targets].view(-1, 1, 1)
                    _draw(module.weight, fan_ins, module.activation, scheme, generator)
                case Subsample2D():
                    if isinstance(scheme, LeCun):
                        _draw(module.weight, module.area, module.activation, scheme, generator)
                    else:
                        module.weight.fill_(1 / module.area)
                case nn.BatchNorm1d() | nn.BatchNorm2d():
                    module.reset_parameters()
                    continue
                case _:
                    assert not list(module.parameters(recurse=False)), f"no first weights for {type(module).__name__}"
                    continue
            if module.bias is not None:
                module.bias.fill_(_bias(path, scheme, module))


def _bias(path: str, scheme: Initialization, module: nn.Module) -> float:
    match scheme:
        case Gaussian(bias_one=bias_one):
            return 1.0 if path in bias_one else 0.0
        case Xavier(bias=bias):
            return bias if isinstance(module.activation, nn.ReLU) else 0.0
        case _:
            return 0.0


def _draw(
    weight: Tensor,
    fan_in: int | Tensor,
    activation: nn.Module,
    scheme: Initialization,
    generator: torch.Generator | None,
) -> None:
    root = torch.as_tensor(fan_in).sqrt()
    match scheme:
        case LeCun():
            weight.uniform_(-2.4, 2.4, generator=generator).div_(fan_in)
        case ByActivation():
            gain = 2.0 if isinstance(activation, nn.ReLU) else 1.0
            weight.normal_(0.0, math.sqrt(gain), generator=generator).div_(root)
        case He():
            weight.normal_(0.0, math.sqrt(2.0), generator=generator).div_(root)
        case Gaussian(std=std):
            weight.normal_(0.0, std, generator=generator)
        case Xavier():
            weight.uniform_(-math.sqrt(3.0), math.sqrt(3.0), generator=generator).div_(root)
        case _:
            assert_never(scheme)
