"""Weight initialization by each paper's scheme, else by the activation that follows."""

from __future__ import annotations

import math
from typing import assert_never

import torch
from torch import Tensor, nn

from striate.nn import layers
from striate.nn.pooling import Subsample2D
from striate.tables import (
    LRN,
    RBF,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    ByActivation,
    Concat,
    Conv,
    Dense,
    Dropout,
    Gaussian,
    He,
    Identity,
    Initialization,
    LeCun,
    MaxPool,
    Plan,
    Subsample,
    Torch,
    Xavier,
)


def initialize(network: nn.Module, plan: Plan, generator: torch.Generator | None = None) -> None:
    """Initialize every weight of a plan's network by the table's scheme.

    A subsampling coefficient starts as the mean of its window, or as LeCun's scheme has it. Batch normalization
    starts as the identity.
    """
    scheme = plan.table.initialization
    with torch.no_grad():
        for step in plan.flat_with_heads:
            module = network.get_submodule(step.path)
            match step.row:
                case Conv() | Dense() | Subsample():
                    _draw_layer(module, step.path, scheme, generator)
                case BatchNorm():
                    assert isinstance(module, layers.BatchNorm)
                    module.norm.reset_parameters()
                case MaxPool() | AveragePool() | AdaptiveAveragePool() | Identity() | LRN() | Dropout() | RBF():
                    assert not list(module.parameters()), f"no initialization for {type(module).__name__}"
                case Concat() | Add():
                    pass  # the rows inside are steps of their own
                case row:
                    assert_never(row)


def _draw_layer(module: nn.Module, path: str, scheme: Initialization, generator: torch.Generator | None) -> None:
    fan_in: int | Tensor  # one for each map where they differ
    match module:
        case layers.Conv2D() | layers.Dense():
            fan_in = module.weight[0].numel()
            _draw(module.weight, fan_in, module.activation, scheme, generator)
        case layers.SparseConv2D():
            fan_in = module.fan_ins
            _draw(module.weight, fan_in[module.targets].view(-1, 1, 1), module.activation, scheme, generator)
        case Subsample2D():
            fan_in = module.area
            if isinstance(scheme, LeCun):
                _draw(module.weight, fan_in, module.activation, scheme, generator)
            else:
                module.weight.fill_(1 / fan_in)
        case _:
            raise AssertionError(f"row {path}: no initialization for {type(module).__name__}")
    if module.bias is not None:
        _draw_bias(module.bias, path, fan_in, module.activation, scheme, generator)


def _draw_bias(
    bias: Tensor,
    path: str,
    fan_in: int | Tensor,
    activation: nn.Module,
    scheme: Initialization,
    generator: torch.Generator | None,
) -> None:
    match scheme:
        case Gaussian(bias_one=bias_one):
            bias.fill_(1.0 if path in bias_one else 0.0)
        case Xavier(bias=value):
            bias.fill_(value if isinstance(activation, nn.ReLU) else 0.0)
        case Torch():
            bias.uniform_(-1.0, 1.0, generator=generator).div_(torch.as_tensor(fan_in).sqrt())
        case LeCun() | ByActivation() | He():
            bias.zero_()
        case _:
            assert_never(scheme)


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
        case Torch(weights="normal"):
            weight.normal_(0.0, 0.01, generator=generator)
        case Torch(weights="fan_out") if weight.dim() == 4:  # of all maps with all, as torchvision's convolutions are
            weight.normal_(0.0, math.sqrt(2.0 / weight[:, 0].numel()), generator=generator)
        case Torch():
            weight.uniform_(-1.0, 1.0, generator=generator).div_(root)
        case _:
            assert_never(scheme)
