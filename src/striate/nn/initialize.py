"""First weights, as each paper draws them, else by the activation that follows."""

from __future__ import annotations

import math
from typing import assert_never

import torch
from torch import Tensor, nn

from striate.nn.layers import Conv2D, Dense, SparseConv2D, Subsample2D
from striate.tables.table import Initialization


def initialize(network: nn.Module, scheme: Initialization, generator: torch.Generator | None = None) -> None:
    """Draw every weight of a network anew, biases zero.

    "by_activation": normal, variance 2 / fan-in before a ReLU (He et al. 2015, equation 10), else 1 / fan-in (LeCun
    et al. 1998, "Efficient BackProp", 4.6). "lenet": uniform within 2.4 / fan-in (LeCun et al. 1998, appendix A).
    A subsampling coefficient starts as the mean of its window, or within 2.4 / fan-in by "lenet".
    """
    with torch.no_grad():
        for module in network.modules():
            match module:
                case Conv2D() | Dense():
                    _draw(module.weight, module.weight[0].numel(), module.activation, scheme, generator)
                case SparseConv2D():
                    fan_ins = module.fan_ins[module.targets].view(-1, 1, 1)
                    _draw(module.weight, fan_ins, module.activation, scheme, generator)
                case Subsample2D():
                    if scheme == "lenet":
                        _draw(module.weight, module.area, module.activation, scheme, generator)
                    else:
                        module.weight.fill_(1 / module.area)
                case nn.BatchNorm1d() | nn.BatchNorm2d():
                    module.reset_parameters()
                case _:
                    assert not list(module.parameters(recurse=False)), f"no first weights for {type(module).__name__}"
                    continue
            if module.bias is not None:
                module.bias.zero_()


def _draw(
    weight: Tensor,
    fan_in: int | Tensor,
    activation: nn.Module,
    scheme: Initialization,
    generator: torch.Generator | None,
) -> None:
    match scheme:
        case "lenet":
            weight.uniform_(-2.4, 2.4, generator=generator).div_(fan_in)
        case "by_activation":
            gain = 2.0 if isinstance(activation, nn.ReLU) else 1.0
            weight.normal_(0.0, math.sqrt(gain), generator=generator).div_(torch.as_tensor(fan_in).sqrt())
        case _:
            assert_never(scheme)
