"""By which way the gradient comes back through each residual unit: its shortcut, or its convolutions.

A unit is y = relu(F(x) + s(x)), so that dE/dx = F'(x)^T g + s'(x)^T g, where g is the gradient at the sum. The second
term is g itself where the shortcut is the identity: no weight multiplies it. Source: He et al. 2016, equation 1.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import StriateError
from striate.nn import Network, layers
from striate.tables import Add
from striate.training import eval_loss


@dataclass(frozen=True)
class UnitFlow:
    """Norms of the loss's gradient in a residual unit: at its sum, and at its input by either way and together.

    `identity` says that the shortcut is the input as it is; else it strides, pads with zeros, or projects.
    Two ways that agree add up, two that cross at a right angle do so in the square, two that oppose each other cancel:
    `together` is that of the sum, not the sum of the norms.
    """

    path: str
    identity: bool
    at_sum: float
    shortcut: float
    body: float
    together: float


@dataclass(frozen=True)
class _Passage:
    input: Tensor
    body: Tensor
    shortcut: Tensor
    sum: Tensor


def shortcut_flow(network: Network, images_NCHW: Tensor, labels: Tensor) -> tuple[UnitFlow, ...]:
    """The two parts of the gradient at the input of each unit of the table's top level, in its order.

    Of the network's own loss for normalized images (N, channels, height, width) and labels (N,), in training mode, so
    that batch normalization takes the batch's own statistics. A copy computes; the network is left as it was.
    StriateError if there is no residual unit.

        >>> from striate.nn import build
        >>> network = build("resnet18:tiny", seed=0)
        >>> [unit.path for unit in shortcut_flow(network, torch.randn(4, 3, 64, 64), torch.arange(4))]
        ['conv2_1', 'conv3_1', 'conv4_1', 'conv5_1']
    """
    table = network.table
    units = [row for row in table.rows if isinstance(row, Add)]
    if not units:
        raise StriateError(f"table {table.name}: has no residual unit (a row Add at its top level)")
    copied = copy.deepcopy(network).train()
    for parameter in copied.parameters():
        parameter.requires_grad_(False)
    passages = []
    x = images_NCHW.detach().requires_grad_()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # what dropout draws
        for row in table.rows:
            module = copied.get_submodule(row.name)
            if isinstance(module, layers.Add):
                passages.append(_pass(module, x))
                x = module.activation(passages[-1].sum)
            else:
                x = module(x)
    loss = eval_loss(table.recipe)(x, labels)
    wanted = [tensor for passage in passages for tensor in (passage.sum, passage.input)]
    gradients = torch.autograd.grad(loss, wanted, retain_graph=True)
    return tuple(
        _flow(row, passage, at_sum, at_input)
        for row, passage, at_sum, at_input in zip(units, passages, gradients[::2], gradients[1::2], strict=True)
    )


def _pass(unit: layers.Add, x: Tensor) -> _Passage:
    body, shortcut = unit.body(x), unit.shortcut(x)
    return _Passage(x, body, shortcut, body + shortcut)


def _flow(row: Add, passage: _Passage, at_sum: Tensor, at_input: Tensor) -> UnitFlow:
    body, shortcut = (
        torch.autograd.grad(part, passage.input, at_sum, retain_graph=True)[0].norm().item()
        for part in (passage.body, passage.shortcut)
    )
    return UnitFlow(row.name, not row.shortcut, at_sum.norm().item(), shortcut, body, at_input.norm().item())
